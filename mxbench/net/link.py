"""A link: the session with one peer, which outlives the connections that carry it.

Messages of one wake-up are batched into one frame. Frames are numbered; each says the last one received from the
other side, and is kept until the other side says the same of it. When a connection breaks, both sides say in their
next greeting what they have, the rest is sent again, and what comes twice is dropped: nothing is lost, repeated or
reordered.

A frame is a header of 28 bytes, big-endian, and a msgpack array of messages:

    length of the array (4), frame number (4), last frame received (4), completed (8), version (8)

Frames count from 1; number 0 marks one that only acknowledges. The messages of a frame were all sent while the sender
knew the same `completed` and `version`, so one header speaks for each of them. It is of fixed size, and the array is
put together from messages that are encoded already: a frame is made and read in two calls.
"""

import socket
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from struct import Struct
from typing import Any

import msgspec

from mxbench.net.wire import MAX_FRAME, RECEIVE, Garbage

MAX_UNACKNOWLEDGED = 32  # frames received before an acknowledgement goes out on its own
BATCH_BYTES = 1024 * 1024  # a batch that has grown past this becomes a frame
UNSET = -1
_HEADER = Struct("!IIIQQ")
_SIZE = _HEADER.size
_SHORT = tuple(bytes([0x90 | count]) for count in range(16))  # what a msgpack array of so few items begins with
Frame = tuple[int, int, list[Any]]  # completed, version, messages


@cache  # a node has as many links as there are peers, and all of them carry the same messages
def decoder(message_type: Any) -> Callable[[bytes], list[Any]]:
    """Return what decodes the body of a frame."""
    return msgspec.msgpack.Decoder(list[message_type]).decode


def frame(number: int, received: int, completed: int, version: int, messages: Sequence[bytes]) -> bytes:
    """Return the bytes of a frame; the messages are encoded already."""
    count = len(messages)
    head = _SHORT[count] if count < 16 else b"\xdd" + count.to_bytes(4, "big")
    body = b"".join((head, *messages))
    return _HEADER.pack(len(body), number, received, completed, version) + body


class Link:
    """The session with one peer. `connection` is None while there is none; sending goes on regardless."""

    __slots__ = (
        "_acknowledged",
        "_decode",
        "_kept",
        "_outgoing",
        "_sent",
        "_tail",
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

    def __init__(self, peer: int, message_type: Any) -> None:
        self.peer = peer
        self.connection: socket.socket | None = None
        self.lost_at: int | None = None  # ns, when the last connection broke
        self.batch: list[bytes] = []
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
        self._decode = decoder(message_type)
        self._tail = b""  # the beginning of a frame of which the rest is to come

    def post(self, message: bytes, completed: int, version: int) -> None:
        """Add an encoded message of the algorithm to the batch, sent while the node knows these counters."""
        if self.completed != completed or self.version != version or self.batch_bytes > BATCH_BYTES:
            if self.completed != UNSET or self.batch_bytes > BATCH_BYTES:
                self.seal()
            self.completed, self.version = completed, version
        self.batch.append(message)
        self.batch_bytes += len(message)

    def post_workload(self, message: bytes) -> None:
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
        data = frame(self._sent, self.received, self.completed, self.version, self.batch)
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
            self._outgoing += frame(0, self.received, 0, 0, ())
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

    def receive(self) -> bytes:
        """Return what has come on the connection, b"" if it was closed. Raises OSError, and BlockingIOError if nothing
        has come."""
        assert self.connection is not None, "without a connection nothing can have come"
        return self.connection.recv(RECEIVE)

    def take(self, data: bytes) -> list[Frame]:
        """Return what the new frames in `data` carry, in order; raise Garbage for what is none."""
        if self._tail:
            data = self._tail + data
        fresh = []
        position, end = 0, len(data)
        while end - position >= _SIZE:
            size, number, acknowledged, completed, version = _HEADER.unpack_from(data, position)
            start = position + _SIZE
            if size > MAX_FRAME or end - start < size:
                break
            position = start + size
            kept = self._kept
            while kept and kept[0][0] <= acknowledged:
                kept.popleft()
            if number <= self.received:  # sent again, or nothing but an acknowledgement
                continue
            if number != self.received + 1:
                raise Garbage(f"frame {number} after frame {self.received}")
            self.received = number
            try:
                fresh.append((completed, version, self._decode(data[start:position])))
            except msgspec.MsgspecError as error:
                raise Garbage(f"a frame that cannot be read: {error}") from None
        if position == end:
            self._tail = b""
            return fresh
        size = int.from_bytes(data[position : position + 4], "big")
        if size > MAX_FRAME and end - position >= 4:  # said before the rest of it is waited for
            raise Garbage(f"a frame of {size} bytes; the limit is {MAX_FRAME}")
        self._tail = data[position:]
        return fresh

    @property
    def unacknowledged(self) -> int:
        """How many frames are kept because the peer has not yet said that it received them."""
        return len(self._kept)

    @property
    def acknowledgement_due(self) -> bool:
        """True if the peer keeps many frames for want of hearing that they came; a flush tells it, with a batch or
        without."""
        return self.received - self._acknowledged >= MAX_UNACKNOWLEDGED

    def connected(self, connection: socket.socket, peer_has: int) -> None:
        """Go on over a new connection: send again all frames after the one numbered `peer_has`."""
        self.connection = connection
        self.lost_at = None
        self._tail = b""
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
