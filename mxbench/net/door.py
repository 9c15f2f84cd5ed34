"""The door of a process: it listens and calls, and lets a connection through once both sides proved the run's secret.

Whoever cannot prove it is closed without having had a frame read; what a stranger can cost is bounded in bytes, in
time and in number.
"""

import contextlib
import socket
from collections.abc import Callable
from typing import NamedTuple

from mxbench.net.poller import READABLE, Poller
from mxbench.net.wire import Garbage, Greeting

GREETING_SECONDS = 5.0  # to finish a greeting in
MAX_STRANGERS = 256  # connections that have not yet greeted


class Guest(NamedTuple):
    """A connection that has proved the secret: whose it is, and the last frame that the other side has."""

    peer: int
    connection: socket.socket
    peer_has: int


class Door:
    """Listens at a free port. `expects(peer)` says whether that peer may call here; `welcome` gets who came through;
    `received(peer)` is the last frame that we have of a peer, which the greeting tells it."""

    def __init__(
        self, me: int, secret: bytes, host: str, poller: Poller, backlog: int,
        expects: Callable[[int], bool], received: Callable[[int], int], welcome: Callable[[Guest], None],
    ) -> None:  # fmt: skip
        self.me, self.secret, self.poller = me, secret, poller
        self.expects, self.received, self.welcome = expects, received, welcome
        self.turned_away = 0
        self.strangers: dict[int, _Stranger] = {}
        self._listener = socket.create_server((host, 0), backlog=max(backlog, 64))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        poller.register(self._listener.fileno(), self._accept)

    def call(self, peer: int, address: tuple[str, int], failed: Callable[[], None]) -> None:
        """Call a peer; `failed()` if it does not come to a greeting."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(address)  # should it fail, so does sending
        _Stranger(self, connection, peer, failed)

    def close(self) -> None:
        """Close the port, and whoever stands at it."""
        for stranger in list(self.strangers.values()):
            stranger.end()
            stranger.connection.close()
        self.poller.unregister(self._listener.fileno())
        self._listener.close()

    def _accept(self, events: int) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # nobody is left to accept, or it went away again
                return
            if len(self.strangers) >= MAX_STRANGERS:
                next(iter(self.strangers.values())).turn_away()
            connection.setblocking(False)
            _Stranger(self, connection, None, lambda: None)


class _Stranger:
    """A connection that has not yet proved the secret: one that came in, or one that we make to `expected`."""

    def __init__(self, door: Door, connection: socket.socket, expected: int | None, failed: Callable[[], None]) -> None:
        self.connection = connection
        self._door, self._expected, self._failed = door, expected, failed
        self._greeting = Greeting(door.secret, door.me, caller=expected is not None)
        self._hello_sent = self._proof_sent = False
        self._descriptor = connection.fileno()
        door.strangers[self._descriptor] = self
        if expected is not None:
            with contextlib.suppress(OSError):  # on one machine the connection is there already
                self._say_hello()
        door.poller.register(self._descriptor, self._event, write=expected is not None and not self._hello_sent)
        self._deadline = door.poller.later(GREETING_SECONDS, self.turn_away)

    def turn_away(self) -> None:
        """Close it; tell who had us call."""
        self.end()
        self.connection.close()
        if self._expected is None:
            self._door.turned_away += 1
        self._failed()

    def end(self) -> None:
        """Cease to be a stranger."""
        del self._door.strangers[self._descriptor]
        self._door.poller.cancel(self._deadline)
        self._door.poller.unregister(self._descriptor)

    def _event(self, events: int) -> None:
        try:
            if self._expected is not None and not self._hello_sent:
                self._say_hello()
                self._door.poller.watch_writing(self._descriptor, False)
            if events & READABLE:
                self._read()
        except BlockingIOError:
            return
        except (OSError, Garbage):
            self.turn_away()
            return
        if self._greeting.proved and self._greeting.peer is not None:
            self.end()
            self._door.welcome(Guest(self._greeting.peer, self.connection, self._greeting.received))

    def _say_hello(self) -> None:
        self.connection.send(self._greeting.hello)  # an empty buffer has room for 64 bytes
        self._hello_sent = True

    def _read(self) -> None:
        greeting, door = self._greeting, self._door
        data = self.connection.recv(greeting.missing)
        if not data:
            raise Garbage("closed before the greeting was complete")
        greeting.feed(data)
        peer = greeting.peer
        if peer is None:
            return
        if not (peer == self._expected if self._expected is not None else door.expects(peer)):
            raise Garbage("not somebody who would call here")
        if not self._proof_sent:
            proof = greeting.proof(door.received(peer))
            self.connection.send(proof if self._hello_sent else greeting.hello + proof)
            self._proof_sent = True
        if greeting.proved:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
