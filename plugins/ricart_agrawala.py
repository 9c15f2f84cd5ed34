"""Ricart and Agrawala's algorithm: Lamport's order of requests, with the reply itself as the permission.

Glenn Ricart and Ashok K. Agrawala, "An Optimal Algorithm for Mutual Exclusion in Computer Networks", Communications
of the ACM 24(1), 1981, pages 9-17.

How it works
------------
A node that wants to enter sends its request, stamped with a clock greater than any it has seen, to all others, and
enters when all have replied. Whoever receives a request replies at once, unless it is inside, or asks for the
critical section itself with a request that comes first: then it defers the reply until it leaves. So a reply says
both 'I have heard you' and 'I am not in your way', and the release of Lamport's algorithm needs no message of its own.

Requests are ordered by (clock, node), the smaller first; of two nodes that ask, exactly one defers.

What it assumes
---------------
Channels that lose nothing; no node stops. Channels may reorder, and even repeat, replies: each names the request that
it answers, and the nodes that still owe one are kept as a set, not as a count. A repeated request is not recognised.

What it costs
-------------
n - 1 requests and n - 1 replies an entry, at any load. One exit to the next entry takes one message.

Departures from the paper
-------------------------
* The paper runs three processes at each node, which share variables under a semaphore. Here each handler runs to
  its end before the next begins, so there is no semaphore.
* The paper counts the outstanding replies, and a reply carries nothing. Here a reply carries the clock of the request
  that it answers, so a late copy of an old one does not count for the next request.
* In the paper a node's own number does not count as seen, so that two of its requests may carry the same number when
  none of another node came between. Here it counts: no two requests have the same stamp.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """As far as I am concerned you may enter; `to` is the timestamp of the request that this answers."""

    to: int


class RicartAgrawala(Algorithm):
    """Ricart-Agrawala 1981: deferred replies, 2 (n - 1) messages an entry."""

    name = "ricart-agrawala"
    assumes = Assumptions(fifo=False)
    messages_per_entry = "2 * (n - 1)"
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "2"}

    highest: int = 0  # the greatest timestamp sent or received
    ours: int = 0  # the timestamp of our request
    requesting: bool = False  # from our request to our release
    awaited: set[int] = set()  # the nodes that have not yet replied to it
    deferred: dict[int, int] = {}  # node -> timestamp of its request, to which we reply when we leave

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.highest += 1
        self.ours = self.highest
        self.requesting = True
        self.awaited = set(self.peers)
        out.broadcast(Request(self.ours))
        self.enter_if_all_replied(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.highest = max(self.highest, message.clock)
                if self.requesting and (self.ours, self.me) < (message.clock, sender):
                    self.deferred[sender] = message.clock
                else:
                    out.send(sender, Reply(message.clock))
            case Reply() if message.to == self.ours and sender in self.awaited:
                self.awaited.remove(sender)
                self.enter_if_all_replied(out)

    def on_release(self, out: Out) -> None:
        self.requesting = False
        for node, clock in sorted(self.deferred.items()):
            out.send(node, Reply(clock))
        self.deferred.clear()

    def enter_if_all_replied(self, out: Out) -> None:
        """Enter if no node owes us a reply."""
        if not self.awaited:
            out.enter(stamp=(self.ours, self.me))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawala]
