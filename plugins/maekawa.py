"""Maekawa's algorithm, corrected: a node asks only its quorum, and any two quorums share a member.

Mamoru Maekawa, "A sqrt(N) Algorithm for Mutual Exclusion in Decentralized Systems", ACM Transactions on Computer
Systems 3(2), 1985, pages 145-159. Corrected after Beverly A. Sanders, "The Information Structure of Distributed Mutual
Exclusion Algorithms", ACM Transactions on Computer Systems 5(3), 1987, pages 284-299.

How it works
------------
Every node is also an arbiter, with one lock. A node that wants to enter sends its request to the arbiters of its
quorum and enters when all of them are locked for it; on leaving, it releases them. As any two quorums share an
arbiter, and an arbiter is locked for one request at a time, two nodes are never inside together.

Two requests could each hold a lock that the other one needs. So requests are ordered by (clock, node), the smaller
first; the clock of a request is greater than that of any that its node sent or received. An arbiter that is locked
puts a further request into its queue. If that request comes after another one there, or after the lock's, its sender
is told that it failed. If it comes before all of them, the arbiter inquires of the node that holds its lock, and that
node relinquishes the lock as soon as it knows that it failed anywhere: somebody else will enter before it. The
arbiter puts the relinquished request back into the queue and takes the first one.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops, at least none of the node's own quorum. Channels may
reorder. Any quorum system in which every two quorums meet; a node need not be in its own quorum, nor request at all.

What it costs
-------------
With k the number of nodes in a node's quorum, itself included even if the quorum does not hold it, k - 1 others are
asked. When nobody else waits: k - 1 requests, locks and releases. A request that finds its arbiter locked brings about
either one 'failed', as under load it mostly does, or one inquiry, and with it at worst one lock relinquished and one
given again. (The node's own arbiter never inquires for it: its request is later than all that the arbiter knows.)
What a node sends to itself is not counted. One exit to the next entry takes two messages, or one if the arbiter
between them is one of the two; now and then more, where a lock has to be won back first. Requests need not be served
in the order of their timestamps.

Departures from the paper
-------------------------
* The paper leaves a request that was first in an arbiter's queue without an answer when a better one overtakes it.
  Its sender may then keep another lock for ever, and all wait: a deadlock (Sanders). Here it is told that it failed.
  Thus every queued request but the first has been told, and none is owed that when the lock is handed on.
* The paper's channels keep their order. Here every message carries the timestamp of the request that it is about, what
  is about an earlier one is ignored, and an inquiry that overtakes its lock is kept until the lock arrives.
* A node that is in its own quorum sends itself the same messages as it sends to others, which the paper has it
  pretend to receive.
"""

from bisect import insort

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Locked(Message):
    """I am locked for your request of this timestamp."""

    clock: int


class Failed(Message):
    """Your request of this timestamp waits at me behind another one."""

    clock: int


class Inquire(Message):
    """I am locked for your request of this timestamp, but a better one waits: will you get all your locks?"""

    clock: int


class Relinquish(Message):
    """I will not; lock yourself for the better one. My request of this timestamp goes on waiting."""

    clock: int


class Release(Message):
    """I have left, and my request of this timestamp is done."""

    clock: int


Stamp = tuple[int, int]


class Maekawa(Algorithm):
    """Maekawa 1985 with Sanders' correction: a lock at each node of a quorum, 3 to 6 (k - 1) messages an entry."""

    name = "maekawa"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "3 * (k - 1)", "saturated": ["3 * (k - 1)", "6 * (k - 1)"]}
    synchronisation_delay = {"saturated": ["1", "2"]}
    response_time = {"uncontended": "2"}
    quorum_system = "grid"

    clock: int = 0  # the greatest timestamp sent or received

    # As one who wants to enter:
    ours: int = 0  # the timestamp of our request
    waiting: bool = False
    locked: set[int] = set()  # the arbiters that are locked for it
    failed: set[int] = set()  # those that told us it failed, or that we gave back, and that are not locked for it since
    inquired: set[int] = set()  # those that inquired, and have no answer yet

    # As an arbiter:
    lock: Stamp | None = None  # the request that we are locked for
    queue: list[Stamp] = []  # those that wait for it, in order
    inquiring: bool = False  # we asked the node that has our lock; so the first of the queue comes before the lock

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.waiting = True
        self.locked, self.failed, self.inquired = set(), set(), set()
        for arbiter in self.quorum:
            out.send(arbiter, Request(self.ours))

    def on_release(self, out: Out) -> None:
        for arbiter in self.quorum:
            out.send(arbiter, Release(self.ours))

    def on_message(
        self, sender: int, message: Request | Locked | Failed | Inquire | Relinquish | Release, out: Out
    ) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock)
                self.arbitrate((message.clock, sender), out)
            case Release() if self.lock == (message.clock, sender):
                self.unlock(out)
            case Relinquish() if self.lock == (message.clock, sender):
                insort(self.queue, self.lock)
                self.unlock(out)
            case Locked() | Failed() | Inquire() if self.waiting and message.clock == self.ours:
                self.take_answer(sender, message, out)

    def take_answer(self, arbiter: int, answer: Locked | Failed | Inquire, out: Out) -> None:
        """Note what an arbiter says; enter if all are locked for us, or give back what was inquired about."""
        match answer:
            case Locked():
                self.locked.add(arbiter)
                self.failed.discard(arbiter)
            case Failed() if arbiter not in self.locked:  # else the lock, sent later, has overtaken it
                self.failed.add(arbiter)
            case Inquire():
                self.inquired.add(arbiter)
        if len(self.locked) == len(self.quorum):
            self.waiting = False
            out.enter()
        elif self.failed:
            for inquirer in sorted(self.inquired & self.locked):
                out.send(inquirer, Relinquish(self.ours))
                self.inquired.remove(inquirer)
                self.locked.remove(inquirer)
                self.failed.add(inquirer)

    def arbitrate(self, request: Stamp, out: Out) -> None:
        """Lock ourselves for a request, or queue it and tell whoever has to know."""
        if self.lock is None:
            self.lock_for(request, out)
            return
        first = self.queue[0] if self.inquiring else self.lock
        if first < request:
            self.send(Failed, request, out)
        elif self.inquiring:
            self.send(Failed, first, out)  # Sanders' correction: it was first until now, and nobody has told it
        else:
            self.send(Inquire, self.lock, out)
            self.inquiring = True
        insort(self.queue, request)

    def unlock(self, out: Out) -> None:
        """Hand the lock to the first of the queue, if there is one."""
        self.lock = None
        self.inquiring = False
        if self.queue:
            self.lock_for(self.queue.pop(0), out)

    def lock_for(self, request: Stamp, out: Out) -> None:
        """Lock ourselves for a request and tell its sender."""
        self.lock = request
        self.send(Locked, request, out)

    def send(self, kind: type[Locked | Failed | Inquire], about: Stamp, out: Out) -> None:
        """Send a message about a request to the node that made it."""
        clock, node = about
        out.send(node, kind(clock))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Maekawa]
