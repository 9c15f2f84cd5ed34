"""Fault: Lodha and Kshemkalyani's algorithm as it is printed, which deadlocks: three nodes, one request each.

All three ask at once. Nodes 0 and 1 learn of all requests and are served, and node 1 flushes node 2, which takes from
its queue all up to the request of node 1. Only then the slow request of node 0 reaches node 2. It has priority, so it
goes to the head of the queue of node 2, and nobody will ever take it out: it was served long ago.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl

Stamp = tuple[int, int]


class Request(Message):
    clock: int


class Reply(Message):
    """The last request of the sender that was served."""

    last: Stamp


class Flush(Message):
    """The request of the sender that was just served."""

    last: Stamp


class LodhaKshemkalyaniAsPrinted(Algorithm):
    """LRQ is `queue`, RV is `heard`; the rules have the paper's names."""

    name = "lodha-kshemkalyani-as-printed"
    assumes = Assumptions(fifo=True)
    messages_per_entry = {"uncontended": "2 * (n - 1)", "saturated": ["n - 1", "2 * (n - 1)"]}

    highest: int = 0
    ours: Stamp = (0, 0)
    last: Stamp = (0, 0)  # our last request that was served
    waiting: bool = False
    inside: bool = False
    heard: set[int] = set()
    queue: set[Stamp] = set()
    deferred: set[int] = set()

    def on_request(self, request: EntryRequest, out: Out) -> None:  # InvMutEx
        self.highest += 1
        self.ours = (self.highest, self.me)
        self.waiting = True
        self.heard = set()
        self.queue = {self.ours}
        out.broadcast(Request(self.highest))
        self.check_execute_cs(out)

    def on_message(self, sender: int, message: Request | Reply | Flush, out: Out) -> None:
        match message:
            case Request():  # RcvReq
                self.highest = max(self.highest, message.clock)
                if not (self.waiting or self.inside):
                    out.send(sender, Reply(self.last))
                elif sender in self.heard:
                    self.deferred.add(sender)
                else:
                    self.heard.add(sender)
                    self.queue.add((message.clock, sender))
            case Reply() | Flush():  # RcvReply, RcvFlush
                self.heard.add(sender)
                self.queue = {request for request in self.queue if request > message.last}
        if self.waiting:
            self.check_execute_cs(out)

    def on_release(self, out: Out) -> None:  # FinCS
        self.inside = False
        self.last = self.ours
        later = [request for request in self.queue if request > self.ours]
        if later:
            out.send(min(later)[1], Flush(self.ours))
        for node in sorted(self.deferred):
            out.send(node, Reply(self.ours))
        self.deferred.clear()

    def check_execute_cs(self, out: Out) -> None:
        if len(self.heard) == len(self.peers) and self.queue and min(self.queue) == self.ours:
            self.waiting, self.inside = False, True
            out.enter(stamp=self.ours)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LodhaKshemkalyaniAsPrinted]
