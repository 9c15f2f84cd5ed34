"""The connections of one node to its peers: made once, kept, and made again when they break.

The node with the greater id calls, the other listens.
"""

import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from mxbench.net.compiled import Link
from mxbench.net.door import Door, Guest
from mxbench.net.poller import READABLE, WRITE, Poller
from mxbench.net.wire import Garbage

GIVE_UP_SECONDS = 10.0  # without a connection to a peer
FIRST_RETRY, LAST_RETRY = 0.005, 0.5  # seconds between calls, doubled from the one to the other


class Mesh:
    """Hands what links receive to `deliver(link, data)`, which may be exchanged.

    failed(kind, text) is called once a peer cannot be reached or sends garbage; complete() when every link has had
    its first connection.
    """

    def __init__(
        self, me: int, n: int, secret: bytes, host: str, poller: Poller, message_type: Any,
        deliver: Callable[[Link, bytes], None], failed: Callable[[str, str], None], complete: Callable[[], None],
    ) -> None:  # fmt: skip
        self.me, self.poller = me, poller
        self.links = {peer: Link(peer, message_type) for peer in range(n) if peer != me}
        self.door = Door(me, secret, host, poller, n, lambda peer: me < peer < n,
                         lambda peer: self.links[peer].received, self._welcome)  # fmt: skip
        self.deliver, self._failed, self._complete = deliver, failed, complete
        self._addresses: dict[int, tuple[str, int]] = {}
        self._unmet = set(self.links)
        self._writing: set[int] = set()  # peers whose connection waits for room

    def connect(self, addresses: dict[int, tuple[str, int]]) -> None:
        """Call every peer with a smaller id; addresses are those of all nodes."""
        self._addresses = addresses
        for peer in self.links:
            if peer < self.me:
                self._call(peer, FIRST_RETRY)
        self._check_complete()

    def flush(self, *links: Link) -> None:
        """Send what links have; go on when there is room, connect again where the connection is broken."""
        writing = self._writing
        for link in links:
            try:
                done = link.flush()
            except OSError:
                self._lost(link)
                continue
            if (not done or writing) and done == (link.peer in writing) and link.connection is not None:
                writing.symmetric_difference_update((link.peer,))
                self.poller.watch_writing(link.connection.fileno(), not done)

    def cut(self, peer: int) -> None:
        """Break the connection to a peer so that what is on its way, in both directions, is lost."""
        link = self.links[peer]
        if link.connection is not None:
            link.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._lost(link)

    def _call(self, peer: int, retry: float) -> None:
        if self.links[peer].connection is None:

            def failed() -> None:
                self.poller.later(retry, lambda: self._call(peer, min(2 * retry, LAST_RETRY)))

            self.door.call(peer, self._addresses[peer], failed)

    def _welcome(self, guest: Guest) -> None:
        link = self.links[guest.peer]
        self._forget(link)  # the peer noticed a break that we have not noticed yet
        link.connected(guest.connection, guest.peer_has)
        self.poller.register(guest.connection.fileno(), partial(self._event, link))
        self._unmet.discard(guest.peer)
        self.flush(link)
        self._check_complete()

    def _check_complete(self) -> None:
        if not self._unmet and self._addresses:
            complete, self._complete = self._complete, lambda: None
            complete()

    def _event(self, link: Link, events: int) -> None:
        if events & READABLE and link.connection is not None:
            try:
                data = self._received(link)
                if not data:
                    return
                self.deliver(link, data)
            except Garbage as garbage:
                self._forget(link)
                self._failed("garbage", f"node {link.peer} sent garbage to node {self.me}: {garbage}")
                return
        if events & WRITE:
            self.flush(link)

    def _received(self, link: Link) -> bytes:
        """Return what has come, b"" if that is nothing or the connection broke. Raises Garbage."""
        try:
            data = link.receive()
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._lost(link)
        return data

    def _forget(self, link: Link) -> None:
        if link.connection is not None:
            self.poller.unregister(link.connection.fileno())
            link.disconnected(time.monotonic_ns())
            self._writing.discard(link.peer)

    def _lost(self, link: Link) -> None:
        self._forget(link)
        lost_at = link.lost_at
        if link.peer < self.me:
            self._call(link.peer, FIRST_RETRY)

        def give_up() -> None:
            if link.connection is None and link.lost_at == lost_at:
                self._failed("link", f"node {self.me} lost its connection to node {link.peer} "
                                     f"and got no other for {GIVE_UP_SECONDS:.0f} s")  # fmt: skip

        self.poller.later(GIVE_UP_SECONDS, give_up)
