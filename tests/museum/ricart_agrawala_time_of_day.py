"""Ricart and Agrawala's algorithm with the time of day of each machine as its timestamp.

Source: vineetdhanawat/ricart-agrawala, src/RicartAgrawala.java and src/ListenerThread.java (commit 08d65fa),
src/TimeStamp.java (commit 78d95a7). The README says that each node runs on a machine of its own.

What it does: a request carries the milliseconds since 1970 of its machine. A node answers unless it is inside, or waits
with a request of an earlier time (of equal times the lower id comes first).

Why it is wrong: the proof needs that who has answered a request asks later than it, which a logical clock sees to,
since it hears of the request. The clock of another machine may be behind: its node answers, then asks with an earlier
time (or of the same millisecond, with the lower id), and the first, which still waits for a third, gives way, though it
has that node's answer already. Both enter.

Here: the first entry of each node, where the source does not yet use its memory of earlier permissions. What a
machine's clock shows is one of two values, whichever; the search tries both.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    milliseconds: int


class Reply(Message):
    pass


class RicartAgrawalaTimeOfDay(Algorithm):
    """Ricart-Agrawala 1981 by the clock on the wall."""

    name = "ricart-agrawala-time-of-day"
    assumes = Assumptions(fifo=True)

    ours: int = 0
    requesting: bool = False
    inside: bool = False
    replies: int = 0
    deferred: list[int] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        self.ours = out.choose((1, 2))  # The fault: a clock that never hears of another one's requests.
        self.replies = 0
        out.broadcast(Request(self.ours))
        self.enter_if_all_replied(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                first = self.requesting and (self.ours, self.me) < (message.milliseconds, sender)
                if self.inside or first:
                    self.deferred.append(sender)
                else:
                    out.send(sender, Reply())
            case Reply():
                self.replies += 1
                self.enter_if_all_replied(out)

    def on_release(self, out: Out) -> None:
        self.inside = self.requesting = False
        for node in self.deferred:
            out.send(node, Reply())
        self.deferred = []

    def enter_if_all_replied(self, out: Out) -> None:
        """Enter if there are n - 1 replies."""
        if self.replies == len(self.peers):
            self.inside = True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaTimeOfDay]
