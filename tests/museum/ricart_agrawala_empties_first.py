"""Ricart and Agrawala's algorithm that forgets whom it has put off just before it would answer them.

Source: every-algorithm/python, networking/ricartagrawala_algorithm.py (commit 5137316), a collection of one file an
algorithm. The second line says that the algorithm ensures mutual exclusion; the demonstration at its end has three
nodes ask one after the other with pauses longer than an entry.

What it does: everything as in the paper up to `exit_cs`, which clears the set of deferred nodes and then sends a reply
to each node of that set.

Why it is wrong: the set is empty by then. Whoever was put off waits for ever. A demonstration without contention cannot
show it.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Reply(Message):
    pass


class RicartAgrawalaEmptiesFirst(Algorithm):
    """Clear, then answer."""

    name = "ricart-agrawala-empties-first"
    assumes = Assumptions(fifo=False)

    clock: int = 0
    ours: int = 0
    requesting: bool = False
    needed: set[int] = set()
    deferred: set[int] = set()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.requesting = True
        self.needed = set(self.peers)
        out.broadcast(Request(self.ours))
        if not self.needed:
            out.enter()

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock) + 1
                if not self.requesting or (message.clock, sender) <= (self.ours, self.me):
                    out.send(sender, Reply())
                else:
                    self.deferred.add(sender)
            case Reply():
                self.needed.discard(sender)
                if not self.needed and self.requesting:
                    out.enter()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        self.deferred.clear()  # The fault: one line too early.
        for node in sorted(self.deferred):
            out.send(node, Reply())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaEmptiesFirst]
