"""Ricart and Agrawala's algorithm with bounded sequence numbers, as it was published.

Source: Glenn Ricart and Ashok K. Agrawala, "An Optimal Algorithm for Mutual Exclusion in Computer Networks",
Communications of the ACM 24(1), 1981, as modelled in mCRL2org/mCRL2,
examples/academic/bounded_ricart-agrawala/RA_original/RA_original_spec.mcrl2 (commit 4542cd4). The fault is told in the
Readme.md beside it (commit e4153e0), which also tells of a deadlock by the place of a semaphore; a handler that runs to
its end has none.

What it does: numbers are counted modulo 2n - 1. Of two that differ by n or more, the smaller is taken to have gone
round once more. A node takes the number after the highest that it has seen in a request of another node.

Why it is wrong: it does not count its own requests among those it has seen. So it asks again and again with one number
while another goes on, and the two are soon further apart than the comparison allows for. In the unbounded algorithm
this does no harm. The remedy in the same folder (RA_fixed) is to raise 'highest' with each request of one's own.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    number: int


class Reply(Message):
    pass


class RicartAgrawalaBounded(Algorithm):
    """Ricart-Agrawala 1981, modulo 2n - 1."""

    name = "ricart-agrawala-bounded"
    assumes = Assumptions(fifo=False)

    highest: int = 0
    chosen: int = 0
    requesting: bool = False
    awaiting: int = 0
    deferred: set[int] = set()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        self.chosen = (self.highest + 1) % (2 * self.n - 1)  # The fault: 'highest' stays where it was.
        self.awaiting = len(self.peers)
        out.broadcast(Request(self.chosen))
        if not self.awaiting:
            out.enter()

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                if self.greater(message.number, self.highest):
                    self.highest = message.number
                same = self.chosen == message.number
                theirs = self.greater(self.chosen, message.number) or (same and self.me > sender)
                if theirs or not self.requesting:
                    out.send(sender, Reply())
                else:
                    self.deferred.add(sender)
            case Reply():
                self.awaiting -= 1
                if not self.awaiting:
                    out.enter()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        for node in sorted(self.deferred):
            out.send(node, Reply())
        self.deferred = set()

    def greater(self, one: int, other: int) -> bool:
        """Return whether a number is later than another one, given that they are less than n apart."""
        return one < other if abs(one - other) >= self.n else one > other


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaBounded]
