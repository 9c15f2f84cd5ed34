"""Ricart and Agrawala's algorithm in which a node reads requests only while it waits itself.

Source: yi-yangg/Distributed-Mutual-Exclusion, ricart_agrawala.c (commit bbd3d6e), with MPI.

What it does: requests and replies travel under two MPI tags. A node that wants to enter sends its requests and then
looks in turns for a request and for the replies. When all replies are there it enters, leaves, answers those it has put
off, and is done. (Nodes that do not want to enter read requests all the time.)

Why it is wrong: MPI keeps the order of messages of one tag, not between two. So a reply can be read before a request
that its sender sent earlier. That request is still unread when the node leaves, it is not among those put off, and
nobody reads it any more.

Here: two tags are a channel that reorders. What arrives while nobody reads is kept as unread.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    number: int


class Reply(Message):
    pass


class RicartAgrawalaStopsListening(Algorithm):
    """Ricart-Agrawala 1981, deaf after its own turn."""

    name = "ricart-agrawala-stops-listening"
    assumes = Assumptions(fifo=False)

    highest: int = 0
    ours: int = 0
    waiting: bool = False
    replies: int = 0
    deferred: set[int] = set()
    unread: list[tuple[int, int]] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.ours = self.highest + 1
        self.waiting = True
        self.replies, self.deferred = 0, set()
        out.broadcast(Request(self.ours))
        unread, self.unread = self.unread, []
        for number, node in unread:
            self.read(number, node, out)
        self.enter_if_all_replied(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request() if self.waiting:
                self.read(message.number, sender, out)
            case Request():
                self.unread.append((message.number, sender))  # The fault: it is read only if we ask once more.
            case Reply():
                self.replies += 1
                self.enter_if_all_replied(out)

    def on_release(self, out: Out) -> None:
        for node in sorted(self.deferred):
            out.send(node, Reply())

    def read(self, number: int, node: int, out: Out) -> None:
        """Answer a request, or put it off."""
        if (self.ours, self.me) < (number, node):
            self.deferred.add(node)
            self.highest = max(self.highest, number)
        else:
            out.send(node, Reply())

    def enter_if_all_replied(self, out: Out) -> None:
        """Enter if there are n - 1 replies."""
        if self.waiting and self.replies == len(self.peers):
            self.waiting = False
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaStopsListening]
