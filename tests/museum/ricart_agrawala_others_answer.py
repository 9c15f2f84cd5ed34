"""Ricart and Agrawala's algorithm in which a release has the others answer whom they have put off.

Source: aryaekar/ricart-agrawala, NodeImpl.java (commit 01ff9f8), with Java RMI. Its README lists mutual exclusion and
'No Deadlocks' among the properties.

What it does: a node that leaves calls `release` of each other node. There, `release` sends a reply to all whom that
other node has put off, and forgets them. The node that leaves answers nobody; what it has put off it forgets when it
asks again.

Why it is wrong: it is the wrong side of the call. Whom the leaving node has put off gets no answer, ever.

Here: the source gives up waiting after a while and says 'Timeout waiting for replies', which looks like a slow network.
A request of mxbench does not give up.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Reply(Message):
    pass


class Release(Message):
    pass


class RicartAgrawalaOthersAnswer(Algorithm):
    """A release that goes to the wrong ones."""

    name = "ricart-agrawala-others-answer"
    assumes = Assumptions(fifo=True)

    clock: int = 0
    ours: int = 0
    requesting: bool = False  # from our request to our release
    replies: int = 0
    deferred: set[int] = set()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        self.clock += 1
        self.ours = self.clock
        self.replies = 0
        self.deferred = set()
        out.broadcast(Request(self.ours))
        self.enter_if_all_replied(out)

    def on_message(self, sender: int, message: Request | Reply | Release, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock) + 1
                if self.requesting and (self.ours, self.me) < (message.clock, sender):
                    self.deferred.add(sender)
                else:
                    out.send(sender, Reply())
            case Reply():
                self.replies += 1
                self.enter_if_all_replied(out)
            case Release():  # The fault: these are our own deferred ones, and it is the sender who has left.
                for node in sorted(self.deferred):
                    out.send(node, Reply())
                self.deferred = set()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        out.broadcast(Release())

    def enter_if_all_replied(self, out: Out) -> None:
        """Enter if there are n - 1 replies."""
        if self.replies == len(self.peers):
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaOthersAnswer]
