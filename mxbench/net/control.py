"""What the parent and its node processes say to each other, and the channel on which they say it."""

import contextlib
import socket
from typing import Any, dataclass_transform

import msgspec

from mxbench.net.wire import RECEIVE, Unframer, frame


@dataclass_transform(frozen_default=True)
class Command(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Something that the parent tells a node."""


class Connect(Command):
    """Connect to the peers; ports[i] is where node i listens."""

    host: str
    ports: list[int]


class Start(Command):
    """Take the first step."""


class Poll(Command):
    """Say how you are."""

    serial: int


class GiveTicket(Command):
    """One more request may be issued."""


class EndTickets(Command):
    """No further request is to be issued."""


class Describe(Command):
    """Say in words what you are doing."""


class Cut(Command):
    """Break the connection to a peer, losing what is on its way: for tests of the session."""

    peer: int


class Finish(Command):
    """Store your history in this file and exit."""

    file: str


@dataclass_transform(frozen_default=True)
class Reply(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Something that a node tells the parent."""


class Listening(Reply):
    """The node has bound its port."""

    port: int


class Meshed(Reply):
    """The node is connected to every peer."""


class Status(Reply):
    """How a node is. serial: of the poll that it answers, 0 for one sent unasked because the node came to rest.

    timers: live ones of the workload and the arrivals; algorithm_timers: the algorithm's. sent, handled: messages of
    both kinds since the start; workload_sent, workload_handled: the workload's alone.
    """

    serial: int
    waiting: bool
    inside: bool
    timers: int
    algorithm_timers: int
    sent: int
    handled: int
    workload_sent: int
    workload_handled: int
    entries: int
    releases: int


class TicketUsed(Reply):
    """The node used its ticket and would take another."""


class Description(Reply):
    """What a node is doing, in words."""

    text: str


class Failed(Reply):
    """The node cannot go on. kind: 'contract' (a plugin is to blame), 'garbage' or 'link' (a peer), 'harness'."""

    kind: str
    text: str


class Finished(Reply):
    """The node has stored its history and exits. error: the system's number of why it could not store it, else 0."""

    error: int = 0


COMMANDS = Connect | Start | Poll | GiveTicket | EndTickets | Describe | Cut | Finish
REPLIES = Listening | Meshed | Status | TicketUsed | Description | Failed | Finished


class Channel:
    """A greeted control connection. Receiving never blocks; sending waits, as the other side always reads."""

    def __init__(self, connection: socket.socket, kind: Any) -> None:
        self.connection = connection
        self._unframer = Unframer(kind)

    def fileno(self) -> int:
        """Return the descriptor, for a poller."""
        return self.connection.fileno()

    def send(self, message: Command | Reply, seconds: float = 5.0) -> None:
        """Send a message, waiting at most that long for room; raise OSError if the other side is gone or stuck."""
        data = frame(message)
        with contextlib.suppress(BlockingIOError):
            data = data[self.connection.send(data, socket.MSG_DONTWAIT) :]
        if data:  # rare: the other side has not read for a while
            self.connection.settimeout(seconds)
            try:
                self.connection.sendall(data)
            finally:
                self.connection.setblocking(False)

    def receive(self) -> list[Any] | None:
        """Return the messages that have come; None if the other side is gone. Raises Garbage."""
        try:
            data = self.connection.recv(RECEIVE)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return self._unframer.feed(data) if data else None

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
