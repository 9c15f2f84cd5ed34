"""The nodes of a run as their parent speaks with them: a control connection each, on which it tells and they reply."""

from collections.abc import Callable, Iterator

from mxbench.net.control import REPLIES, Channel, Command, Reply
from mxbench.net.door import Guest
from mxbench.net.poller import Poller
from mxbench.net.wire import Garbage


class Nodes:
    """Those that are connected; iterating gives their ids.

    hear: called with a node's id and each reply of it; gone: with the id of one whose connection ended, once; garbage:
    with the id of one that sent what is no reply, and what that was. To those two it is no longer connected.
    """

    def __init__(
        self,
        poller: Poller,
        hear: Callable[[int, Reply], None],
        gone: Callable[[int], None],
        garbage: Callable[[int, Garbage], None],
    ) -> None:
        self._poller = poller
        self._hear, self._gone, self._garbage = hear, gone, garbage
        self._channels: dict[int, Channel] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._channels))

    def __contains__(self, node: int) -> bool:
        return node in self._channels

    def welcome(self, guest: Guest) -> None:
        """Speak with a node from now on."""
        channel = Channel(guest.connection, REPLIES)
        self._channels[guest.peer] = channel
        self._poller.register(channel.fileno(), lambda events: self._receive(guest.peer, channel))

    def tell(self, node: int, command: Command) -> None:
        """Tell a node something, if it is connected."""
        channel = self._channels.get(node)
        if channel is not None:
            try:
                channel.send(command)
            except OSError:
                self._lose(node)

    def hang_up(self) -> None:
        """Speak with nobody any more."""
        for node in self:
            self._drop(node)

    def _receive(self, node: int, channel: Channel) -> None:
        try:
            replies = channel.receive()
        except Garbage as garbage:
            self._drop(node)
            self._garbage(node, garbage)
            return
        if replies is None:
            self._lose(node)
            return
        for reply in replies:
            self._hear(node, reply)

    def _lose(self, node: int) -> None:
        self._drop(node)
        self._gone(node)

    def _drop(self, node: int) -> None:
        channel = self._channels.pop(node, None)
        if channel is not None:
            self._poller.unregister(channel.fileno())
            channel.close()
