"""Lamport's algorithm with suppressed replies: none is sent where a later message has already said the same.

Leslie Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", Communications of the ACM 21(7),
1978, pages 558-565; the omission as in Ajay D. Kshemkalyani and Mukesh Singhal, "Distributed Computing: Principles,
Algorithms, and Systems", Cambridge University Press 2008, section 9.3, "An optimization".

How it works
------------
As in lamport.py, every node keeps the same queue of requests, and enters when its own is the first and it has heard
from every other node something stamped later. A reply says nothing but 'here is something stamped later'. So a node
that has already sent the requester a message with a later stamp than the request, be it a request of its own, a
reply or a release, need not reply: channels keep their order, so the requester learns as much from that message.

Requests are ordered by (clock, node), the smaller first.

What it assumes
---------------
Channels that keep their order, lose nothing and repeat nothing; no node stops. On a network that reorders, a later
message may overtake a request of its sender, and both nodes enter.

What it costs
-------------
n - 1 requests and n - 1 releases an entry, and up to n - 1 replies: 2 (n - 1) to 3 (n - 1) messages. A node that asks
when all is quiet has the latest clock and gets every reply. Of n nodes that ask at once, each gets replies from those
that come before it only: 2.5 (n - 1) on average. Where each node asks again as it leaves, its new request comes after
all those that wait, and nearly every reply is sent.

Departures from the paper
-------------------------
* Lamport acknowledges every request; the omission is of the book.
* A node whose own earlier request still waits could leave its reply to its release, which the requester has to await
  anyway, as in Ricart and Agrawala's algorithm. The book does not say so, and this file does not do it.
* The clock ticks at a request, at a release and at the receipt of a request; other messages only set it forward. The
  paper has it tick at each event. The order of requests is as good, and the clocks stay closer together.
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


class LamportSuppressed(Algorithm):
    """Lamport 1978 without superfluous replies: 2 (n - 1) to 3 (n - 1) messages an entry."""

    name = "lamport-suppressed"
    assumes = Assumptions(fifo=True)
    messages_per_entry = {"uncontended": "3 * (n - 1)", "saturated": ["2 * (n - 1)", "3 * (n - 1)"]}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "2"}

    clock: int = 0
    queue: dict[int, int] = {}  # node -> timestamp of its request
    heard: dict[int, int] = {}  # node -> timestamp of the last message that it sent us
    told: dict[int, int] = {}  # node -> timestamp of the last message that we sent it
    waiting: bool = False

    def on_start(self, out: Out) -> None:
        self.heard = dict.fromkeys(self.peers, 0)
        self.told = dict.fromkeys(self.peers, 0)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.queue[self.me] = self.clock
        self.waiting = True
        self.tell_all(Request(self.clock), out)
        self.enter_if_first(out)

    def on_message(self, sender: int, message: Request | Reply | Release, out: Out) -> None:
        self.clock = max(self.clock, message.clock)
        self.heard[sender] = message.clock
        match message:
            case Request():
                self.clock += 1
                self.queue[sender] = message.clock
                if (self.told[sender], self.me) < (message.clock, sender):
                    self.told[sender] = self.clock
                    out.send(sender, Reply(self.clock))
            case Release():
                self.queue.pop(sender, None)
        if self.waiting:
            self.enter_if_first(out)

    def on_release(self, out: Out) -> None:
        self.clock += 1
        del self.queue[self.me]
        self.tell_all(Release(self.clock), out)

    def tell_all(self, message: Request | Release, out: Out) -> None:
        """Send a message to all, and remember how late it is stamped."""
        self.told = dict.fromkeys(self.peers, message.clock)
        out.broadcast(message)

    def enter_if_first(self, out: Out) -> None:
        """Enter if our request precedes all others in the queue and we heard from every node after it."""
        mine = (self.queue[self.me], self.me)
        first = all((clock, node) >= mine for node, clock in self.queue.items())
        heard_later = all((clock, node) > mine for node, clock in self.heard.items())
        if first and heard_later:
            self.waiting = False
            out.enter(stamp=mine)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [LamportSuppressed]
