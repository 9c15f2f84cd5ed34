"""Lamport's algorithm: every node keeps the same queue of requests, ordered by their timestamps.

Leslie Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", Communications of the ACM 21(7),
1978, pages 558-565, section "Ordering the Events Totally".

How it works
------------
A node that wants to enter sends its request, stamped with its logical clock, to all others, and puts it into its own
queue. Whoever receives a request puts it into its queue too and sends an acknowledgement (here: Reply). A node enters
when its own request is the first of its queue and it has heard from every other node something stamped later: since
channels keep their order, no earlier request can still be on its way. On leaving, it removes its request and sends a
release to all, which remove it as well.

Requests are ordered by (clock, node), the smaller first; the node's id breaks ties. The order is total and extends
happened-before, so a request that happened before another is served before it.

What it assumes
---------------
Channels that keep their order, lose nothing and repeat nothing; no node stops. On a network that reorders, a Reply
may overtake an older Request of its sender, and both nodes enter.

What it costs
-------------
n - 1 requests, n - 1 replies and n - 1 releases an entry, at any load. One exit to the next entry takes one message.

Departures from the paper
-------------------------
* The clock ticks at a request, at a release and at each receipt; the paper also counts internal events, of which
  there are none here.
* The paper acknowledges every request, and so does this file; suppressing acknowledgements that a later message
  makes superfluous is a different algorithm.
* The paper says 'received a message from every other process timestamped later'. This is kept literally: not only
  replies count, but requests and releases too.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """I have put your request into my queue."""

    clock: int


class Release(Message):
    """I have left: remove my request from your queue."""

    clock: int


class Lamport(Algorithm):
    """Lamport 1978: a queue at every node, 3 (n - 1) messages an entry."""

    name = "lamport"
    assumes = Assumptions(fifo=True)
    messages_per_entry = "3 * (n - 1)"
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "2"}

    clock: int = 0
    queue: dict[int, int] = {}  # node -> timestamp of its request
    heard: dict[int, int] = {}  # node -> timestamp of the last message that it sent us
    waiting: bool = False

    def on_start(self, out: Out) -> None:
        self.heard = dict.fromkeys(self.peers, 0)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.queue[self.me] = self.clock
        self.waiting = True
        out.broadcast(Request(self.clock))
        self.enter_if_first(out)

    def on_message(self, sender: int, message: Request | Reply | Release, out: Out) -> None:
        self.clock = max(self.clock, message.clock) + 1
        self.heard[sender] = message.clock
        match message:
            case Request():
                self.queue[sender] = message.clock
                out.send(sender, Reply(self.clock))
            case Release():
                self.queue.pop(sender, None)
        if self.waiting:
            self.enter_if_first(out)

    def on_release(self, out: Out) -> None:
        self.clock += 1
        del self.queue[self.me]
        out.broadcast(Release(self.clock))

    def enter_if_first(self, out: Out) -> None:
        """Enter if our request precedes all others in the queue and we heard from every node after it."""
        me = self.me
        mine = (self.queue[me], me)
        for node, clock in self.queue.items():
            if (clock, node) < mine:
                return  # somebody asked before us
        for node, clock in self.heard.items():
            if (clock, node) < mine:
                return  # somebody may have asked before us: the request could still be on its way
        self.waiting = False
        out.enter(stamp=mine)

    def forget(self, no_more_requests: bool) -> None:
        if not self.waiting:
            self.heard = dict.fromkeys(self.peers, 0)  # all of it is older than our next request
        if no_more_requests:
            self.clock = max(self.queue.values(), default=0)  # it must only be later than what it answers


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Lamport]
