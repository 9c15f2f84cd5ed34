"""Lamport's algorithm with a queue that is ordered by the clocks alone, not by (clock, node).

Source: qqzeng/distributed-mutual-exclusion, src/LamportDistributedMutualExclusion/dislock.go (commit cd0ec8c) and
priority_queue.go (commit 21614d2). The README lists safety and fairness among what it provides, and tests the number
that all processes count up together.

What it does: requests lie in a binary heap; `Less` compares the timestamps, and there is no second key. A node defers
its answer to a later request until it has that node's own answer, and enters when all have answered and its own request
is on top of the heap.

Why it is wrong: of two requests with one timestamp each node has its own on top, for it put that in first. So both find
themselves at the head of the queue. Nodes that ask at once, with clocks that are equal, are the rule at the start.

Here: the heap is a list in the order of insertion, sorted by the timestamp alone. Sorting is stable, as the heap is for
two elements: an equal one that comes later does not rise above the first.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Reply(Message):
    clock: int


class Release(Message):
    clock: int


class LamportTiesByClockAlone(Algorithm):
    """A queue of (clock, node) of which only the clock counts."""

    name = "lamport-ties-by-clock-alone"
    assumes = Assumptions(fifo=True)

    clock: int = 0
    ours: int = 0
    waiting: bool = False
    replies: set[int] = set()
    deferred: list[int] = []
    heap: list[tuple[int, int]] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.waiting = True
        self.ours = self.clock
        self.replies, self.deferred = set(), []
        out.broadcast(Request(self.ours))
        self.push(self.ours, self.me)
        self.enter_if_first(out)

    def on_message(self, sender: int, message: Request | Reply | Release, out: Out) -> None:
        self.clock = max(self.clock, message.clock) + 1
        match message:
            case Request():
                self.push(message.clock, sender)
                if self.waiting and sender not in self.replies and self.ours < message.clock:
                    self.deferred.append(sender)
                else:
                    out.send(sender, Reply(self.clock + 1))
            case Reply():
                self.replies.add(sender)
                if sender in self.deferred:
                    self.deferred.remove(sender)
                    out.send(sender, Reply(self.clock + 1))
                self.enter_if_first(out)
            case Release():
                self.heap = self.heap[1:]
                self.enter_if_first(out)

    def on_release(self, out: Out) -> None:
        out.broadcast(Release(self.clock))
        self.heap = self.heap[1:]

    def push(self, clock: int, node: int) -> None:
        """Put a request into the queue."""
        self.heap.append((clock, node))
        self.heap.sort(key=lambda each: each[0])  # The fault: nothing decides between two requests of one timestamp.

    def enter_if_first(self, out: Out) -> None:
        """Enter if all have answered and our request is on top."""
        if self.waiting and len(self.replies) == len(self.peers) and self.heap[:1] == [(self.ours, self.me)]:
            self.waiting = False
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LamportTiesByClockAlone]
