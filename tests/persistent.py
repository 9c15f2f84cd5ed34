"""Ricart and Agrawala's algorithm over channels that lose, repeat and reorder: it asks again until it is answered.

A plugin for tests: it claims to survive what no shipped algorithm does, so what a network may do is put to the proof
on it. A reply names its request, so asking twice is harmless; who was answered already is answered again.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl
from mxbench.core.distributions import Constant

AGAIN = Constant(0.01)  # between two times of asking


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """You may enter, as far as I am concerned; `to` is the timestamp of the request that this answers."""

    to: int


class Persistent(Algorithm):
    """Ricart-Agrawala with repeated requests: survives loss, duplication, partitions that heal and crashes that end."""

    name = "persistent"
    assumes = Assumptions(lossless=False, no_duplicates=False, crash_free=False)

    highest: int = 0
    ours: int = 0
    requesting: bool = False
    awaited: set[int] = set()
    deferred: dict[int, int] = {}  # node -> timestamp of its newest request that we owe a reply

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.highest += 1
        self.ours = self.highest
        self.requesting = True
        self.awaited = set(self.peers)
        self.ask(out)

    def ask(self, out: Out) -> None:
        """Ask those who have not answered, and again after a while; enter if nobody is left."""
        for node in sorted(self.awaited):
            out.send(node, Request(self.ours))
        if self.awaited:
            out.set_timer("again", AGAIN)
        else:
            out.cancel_timer("again")
            out.enter(stamp=(self.ours, self.me))

    def on_timer(self, name: str, out: Out) -> None:
        self.ask(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.highest = max(self.highest, message.clock)
                if self.requesting and (self.ours, self.me) < (message.clock, sender):
                    self.deferred[sender] = max(message.clock, self.deferred.get(sender, 0))
                else:
                    out.send(sender, Reply(message.clock))
            case Reply() if message.to == self.ours and sender in self.awaited:
                self.awaited.remove(sender)
                if not self.awaited:
                    self.ask(out)

    def on_release(self, out: Out) -> None:
        self.requesting = False
        for node, clock in sorted(self.deferred.items()):
            out.send(node, Reply(clock))
        self.deferred.clear()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Persistent]
