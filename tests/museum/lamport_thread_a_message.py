"""Lamport's algorithm over a thread and a connection for each message, which keep no order.

Source: manojgadamsetty/distributed-computing-assignments, Assignment-1-Lamport-Mutex/lamport_node.py (commit dc3853b).

What it does: each request and each release is a remote call of its own, made in a new thread over a new connection.
That a call returns counts as the answer. A node enters when all calls have returned and its request is first in its
queue.

Why it is wrong: Lamport's algorithm lives on channels that keep their order: an answer of a node proves that whatever
it had asked for before is already here. With a thread a message the answer can be here before the request, and two
nodes each find their own request first. A release that is overtaken by the same node's next request takes that one out
of the queue, too.

Here: the call is a message, its return another; the order of messages is up to the network, so it is asked of one that
reorders. A description that circulates (for one,
http://www.liquisearch.com/lamports_distributed_mutual_exclusion_algorithm/algorithm/algorithm) tells of requests,
replies, releases and a queue, and not of the order of the channels.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Returned(Message):
    """The call has returned."""


class Release(Message):
    clock: int


class LamportThreadAMessage(Algorithm):
    """Lamport 1978, sent by threads."""

    name = "lamport-thread-a-message"
    assumes = Assumptions(fifo=False)  # The fault: it needs FIFO channels, and makes none.

    clock: int = 0
    wanted: bool = False
    replies: set[int] = set()
    queue: list[tuple[int, int]] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.wanted = True
        self.clock += 1
        self.queue = sorted([*self.queue, (self.clock, self.me)])
        out.broadcast(Request(self.clock))
        self.enter_if_first(out)

    def on_message(self, sender: int, message: Request | Returned | Release, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock) + 2
                self.queue = sorted([*self.queue, (message.clock, sender)])
                out.send(sender, Returned())
            case Returned():
                self.replies.add(sender)
            case Release():
                self.clock = max(self.clock, message.clock) + 1
                self.queue = [(clock, node) for clock, node in self.queue if node != sender]
        self.enter_if_first(out)

    def on_release(self, out: Out) -> None:
        self.replies = set()
        self.clock += 1
        self.queue = [(clock, node) for clock, node in self.queue if node != self.me]
        out.broadcast(Release(self.clock))

    def enter_if_first(self, out: Out) -> None:
        """Enter if all have answered and our request is the first."""
        if self.wanted and len(self.replies) == len(self.peers) and self.queue[0][1] == self.me:
            self.wanted = False
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LamportThreadAMessage]
