"""Lamport's algorithm in name: a node agrees unless it is inside at that moment, and compares no timestamps.

Source: aditya6700/lamport_rpc, p1/node.py and p1/main.py (commit 9dddebf). Its README says that only one process enters
at a time, that replies are deferred by the order of the timestamps and requests are queued; a comment in main.py says
that only one process should ask.

What it does: a request carries a Lamport timestamp, the receiver moves its clock on, and answers True, or False if it
is inside. Who was told False asks again two seconds later. A release is sent, received and printed.

Why it is wrong: nobody looks at the timestamps. Two nodes that ask each other while neither is inside yet both hear
True, and both enter. The request that needs an order is exactly the one that meets another request, not an entry.

Here: the remote call and its return are two messages, the pause of two seconds is a timer. The source asks its peers
one after the other, the exhibit all at once.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl
from mxbench.core.distributions import Constant


class Request(Message):
    clock: int


class Answer(Message):
    granted: bool


class LamportAsksWhoIsInside(Algorithm):
    """Everybody who is outside agrees."""

    name = "lamport-asks-who-is-inside"
    assumes = Assumptions(fifo=True)

    clock: int = 0
    ours: int = 0
    missing: set[int] = set()
    inside: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.missing = set(self.peers)
        out.broadcast(Request(self.ours))
        if not self.missing:
            self.go_in(out)

    def on_message(self, sender: int, message: Request | Answer, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock) + 1
                out.send(sender, Answer(not self.inside))  # The fault: (ours, me) < (theirs, sender) is never asked.
            case Answer(granted=True):
                self.missing.discard(sender)
                if not self.missing:
                    self.go_in(out)
            case Answer():
                out.set_timer("ask again", Constant(2.0))

    def on_timer(self, name: str, out: Out) -> None:
        for node in sorted(self.missing):
            out.send(node, Request(self.ours))

    def on_release(self, out: Out) -> None:
        self.inside = False

    def go_in(self, out: Out) -> None:
        """Enter: all have agreed."""
        self.inside = True
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LamportAsksWhoIsInside]
