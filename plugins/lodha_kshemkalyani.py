"""Lodha and Kshemkalyani's algorithm, mended: requests made at the same time answer each other.

Sandeep Lodha and Ajay D. Kshemkalyani, "A Fair Distributed Mutual Exclusion Algorithm", IEEE Transactions on Parallel
and Distributed Systems 11(6), 2000, pages 537-549. The rules printed there deadlock; see the departures.

How it works
------------
Requests go to all, and are ordered by (clock, node), the smaller first. A node that waits takes a request that meets
its own as the answer to it, puts it into its queue, and sends nothing: both know now who comes first. A node that
does not wait replies; one that has already heard from the requester since it asked defers its reply until it leaves.
A node enters when it has heard from all and its request is the first of its queue. On leaving it flushes: the next one
in its queue, and that one alone, is told that it has left.

Every message says which request was the last to be served, as far as its sender knows. Requests are served in their
order, so all earlier ones have been served too, and the receiver takes them from its queue. That is how a node hears
of those that left without telling it.

What it assumes
---------------
Channels that keep their order, lose nothing and repeat nothing; no node stops. On a network that reorders, nodes wait
for ever, or two of them enter.

What it costs
-------------
n - 1 requests, and a reply from each node that did not ask at the same time, or one flush in the place of the replies:
n - 1 to 2 (n - 1) messages an entry. A node that asks when all is quiet pays 2 (n - 1); n that ask at once pay n each,
but for the last, which flushes nobody. Where each node asks again as it leaves and a message takes a fixed time,
no two requests meet: 2 (n - 1). One exit to the next entry takes one message.

Departures from the paper
-------------------------
* In the paper only replies and flushes say what was served. A slow request can then arrive after its sender has left,
  is put at the head of a queue, and nobody will ever take it out (three nodes, one request each). Here requests say it
  too, every node keeps the greatest it has heard, and a request that has been served is not queued.
* In the paper a flush or reply counts as the answer to whatever the receiver asks now, though it may have been sent for
  an earlier request; then two nodes enter (three nodes, two requests each). Here both name the one that they answer.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl

Stamp = tuple[int, int]  # (clock, node) of a request


class Request(Message):
    """I want to enter, and my request has this timestamp; `served` is the last request that I know to be served."""

    clock: int
    served: Stamp


class Reply(Message):
    """I am not in the way of your request with the timestamp `to`."""

    to: int
    served: Stamp


class Flush(Message):
    """I have left, and you are the next: your request has the timestamp `to`."""

    to: int
    served: Stamp


class LodhaKshemkalyani(Algorithm):
    """Lodha-Kshemkalyani 2000, mended: requests that meet are replies, n - 1 to 2 (n - 1) messages an entry."""

    name = "lodha-kshemkalyani"
    assumes = Assumptions(fifo=True)
    messages_per_entry = {"uncontended": "2 * (n - 1)", "saturated": ["n - 1", "2 * (n - 1)"]}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "2"}

    highest: int = 0  # the greatest timestamp sent or received
    ours: Stamp = (0, 0)  # our request
    waiting: bool = False
    inside: bool = False
    heard: set[int] = set()  # the nodes that have answered it: RV in the paper
    queue: set[Stamp] = set()  # our request and those that met it: LRQ in the paper
    deferred: dict[int, int] = {}  # node -> timestamp of its request, to which we reply when we leave
    served: Stamp = (0, 0)  # the last request that we know to be served

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.highest += 1
        self.ours = (self.highest, self.me)
        self.waiting = True
        self.heard = set()
        self.queue = {self.ours}
        out.broadcast(Request(self.highest, self.served))
        self.enter_if_first(out)

    def on_message(self, sender: int, message: Request | Reply | Flush, out: Out) -> None:
        self.learn(message.served)
        match message:
            case Request():
                self.receive_request((message.clock, sender), out)
            case Reply() | Flush() if self.waiting and message.to == self.ours[0]:
                self.heard.add(sender)
        if self.waiting:
            self.enter_if_first(out)

    def receive_request(self, request: Stamp, out: Out) -> None:
        """Take a request as the answer to ours, or reply to it, now or when we leave."""
        clock, sender = request
        self.highest = max(self.highest, clock)
        if not (self.waiting or self.inside):
            out.send(sender, Reply(clock, self.served))
        elif sender in self.heard:
            self.deferred[sender] = clock
        else:
            self.heard.add(sender)
            if request > self.served:
                self.queue.add(request)

    def learn(self, served: Stamp) -> None:
        """Take from the queue what was served: this request, and so all before it."""
        self.served = max(self.served, served)
        self.queue = {request for request in self.queue if request > self.served}

    def on_release(self, out: Out) -> None:
        self.inside = False
        self.learn(self.ours)
        if self.queue:
            clock, node = min(self.queue)
            out.send(node, Flush(clock, self.served))
        for node, clock in sorted(self.deferred.items()):
            out.send(node, Reply(clock, self.served))
        self.queue.clear()
        self.deferred.clear()

    def enter_if_first(self, out: Out) -> None:
        """Enter if all have answered our request and no other precedes it."""
        if len(self.heard) == len(self.peers) and min(self.queue) == self.ours:
            self.waiting, self.inside = False, True
            out.enter(stamp=self.ours)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LodhaKshemkalyani]
