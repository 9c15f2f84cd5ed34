"""A link: the session with one peer, which outlives the connections that carry it.

Messages of one wake-up are batched into one frame. Frames are numbered; each says the last one received from the
other side, and is kept until the other side says the same of it. When a connection breaks, both sides say in their
next greeting what they have, the rest is sent again, and what comes twice is dropped: nothing is lost, repeated or
reordered.
"""

import socket
from collections import deque
from typing import Any

import msgspec

from mxbench.net.wire import Garbage, Unframer, frame

MAX_UNACKNOWLEDGED = 32  # frames received before an acknowledgement goes out on its own
BATCH_BYTES = 1024 * 1024  # a batch that has grown past this becomes a frame
UNSET = -1


class Link:
    """The session with one peer. `connection` is None while there is none; sending goes on regardless."""

    __slots__ = (
        "_acknowledged",
        "_kept",
        "_outgoing",
        "_sent",
        "_unframer",
        "batch",
        "batch_bytes",
        "completed",
        "connection",
        "lost_at",
        "next_message",
        "peer",
        "received",
        "version",
        "wire_bytes",
    )

    def __init__(self, peer: int, frame_type: Any) -> None:
        self.peer = peer
        self.connection: socket.socket | None = None
        self.lost_at: int | None = None  # ns, when the last connection broke
        self.batch: list[msgspec.Raw] = []
        self.batch_bytes = 0
        self.completed = UNSET  # of the batch, once it holds a message of the algorithm
        self.version = UNSET
        self.received = 0  # number of the last frame received
        self.next_message = 0  # sequence number of the next message to be delivered
        self.wire_bytes = 0
        self._sent = 0  # number of the last frame made
        self._acknowledged = 0  # number that our last frame said we had received
        self._kept: deque[tuple[int, bytes]] = deque()  # frames that the peer has not yet said it received
        self._outgoing: bytes | bytearray = b""  # what the kernel has not yet taken
        self._unframer = Unframer(frame_type)

    def post(self, message: msgspec.Raw, completed: int, version: int) -> None:
        """Add an encoded message of the algorithm to the batch, sent while the node knows these counters."""
        if self.completed != completed or self.version != version or self.batch_bytes > BATCH_BYTES:
            if self.completed != UNSET or self.batch_bytes > BATCH_BYTES:
                self.seal()
            self.completed, self.version = completed, version
        self.batch.append(message)
        self.batch_bytes += len(message)

    def post_workload(self, message: msgspec.Raw) -> None:
        """Add an encoded message of the workload to the batch; it has no part in the counters."""
        if self.batch_bytes > BATCH_BYTES:
            self.seal()
        self.batch.append(message)
        self.batch_bytes += len(message)

    def seal(self) -> None:
        """Make the batch a numbered frame, to be sent at the next flush."""
        self._sent += 1
        self._acknowledged = self.received
        if self.completed == UNSET:
            self.completed = self.version = 0
        data = frame((self._sent, self.received, self.completed, self.version, self.batch))
        self._kept.append((self._sent, data))
        if self.connection is not None:
            if self._outgoing:
                self._outgoing += data
            else:
                self._outgoing = data
        self.batch.clear()
        self.batch_bytes = 0
        self.completed = self.version = UNSET

    def flush(self) -> bool:
        """Send what there is; return False if the kernel would not take it all. Raises OSError if the link broke."""
        if self.batch:
            self.seal()
        elif self.acknowledgement_due and self.connection is not None:
            self._outgoing += frame((0, self.received, 0, 0, []))
            self._acknowledged = self.received
        data = self._outgoing
        if self.connection is None or not data:
            return True
        try:
            taken = self.connection.send(data)
        except BlockingIOError:
            return False
        self.wire_bytes += taken
        if taken == len(data):
            self._outgoing = b""
            return True
        if isinstance(data, bytearray):
            del data[:taken]
        else:
            self._outgoing = bytearray(data[taken:])  # more will gather behind it: from now on without a copy each
        return False

    def take(self, data: bytes) -> list[tuple[int, int, int, int, list[Any]]]:
        """Return the new frames in `data`, in order; raise Garbage for what is none."""
        fresh = []
        for item in self._unframer.feed(data):
            number, acknowledged = item[0], item[1]
            kept = self._kept
            while kept and kept[0][0] <= acknowledged:
                kept.popleft()
            if number == 0 or number <= self.received:
                continue
            if number != self.received + 1:
                raise Garbage(f"frame {number} after frame {self.received}")
            self.received = number
            fresh.append(item)
        return fresh

    @property
    def acknowledgement_due(self) -> bool:
        """True if the peer keeps many frames for want of hearing that they came; a flush tells it, with a batch or
        without."""
        return self.received - self._acknowledged >= MAX_UNACKNOWLEDGED

    def connected(self, connection: socket.socket, peer_has: int) -> None:
        """Go on over a new connection: send again all frames after the one numbered `peer_has`."""
        self.connection = connection
        self.lost_at = None
        self._unframer.reset()
        while self._kept and self._kept[0][0] <= peer_has:
            self._kept.popleft()
        self._outgoing = b"".join(data for _, data in self._kept)

    def disconnected(self, now: int) -> None:
        """Close the connection; what was not acknowledged is kept for the next one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
            self.lost_at = now
        self._outgoing = b""
