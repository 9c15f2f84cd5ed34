"""Agrawal and El Abbadi's algorithm: a node asks a path of a tree, from its root to a leaf.

Divyakant Agrawal and Amr El Abbadi, "An Efficient and Fault-Tolerant Solution for Distributed Mutual Exclusion", ACM
Transactions on Computer Systems 9(1), 1991, pages 1-20. The messages by which a quorum is asked are those of Ajay D.
Kshemkalyani and Mukesh Singhal, "Distributed Computing: Principles, Algorithms, and Systems", 2008, section 9.9.

How it works
------------
The nodes form a binary tree (the quorum system `tree`), and a node asks those on a path from the root to a leaf; any
two such paths share a node, at least the root. A node that wants to enter sends its request to its path and enters
when all of it has replied; on leaving, it relinquishes what it was given. Each node has one reply to give, to the
first of the requests that it knows, and gives it to the next when it is relinquished. So two nodes are never inside
together.

Two requests could each hold a reply that the other one needs. So requests are ordered by (clock, node), the smaller
first; the clock of a request is greater than that of any that its node sent or received. When a request arrives that
comes before the one that has the reply, the node inquires of the latter's sender. That one yields, unless it has all
its replies and is inside: then its release is the answer. The reply goes to the first request, the one that yielded
waits in the queue. In the end the first request of all has every reply.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops. Channels may reorder. Any quorum system in which every two
quorums meet would do in the place of the tree.

What it costs
-------------
With k the number of nodes on a path, k - 1 others are asked; k is log2(n + 1) in a full tree. When nobody else waits:
k - 1 requests, replies and releases. Under load each request may bring about one inquiry at each of them, one yield,
and one reply given again. What a node sends to itself is not counted. One exit to the next entry takes two messages,
or one if the root is one of the two; more where a reply has to be won back first. The root is asked at each entry.

Departures from the paper
-------------------------
* The paper is about finding a quorum where nodes are down: a path below each child stands for a node that does not
  answer. A node here cannot know who is down, so it asks a path and waits. `mxbench list quorums` has how likely a
  quorum is left.
* The textbook's channels keep their order. Here every message carries the timestamp of the request that it is about,
  what is about an earlier one is ignored, and an inquiry that overtakes its reply is kept until the reply arrives.
* A node that is on its own path sends itself the same messages as it sends to others.
"""

from bisect import insort

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """You have my permission, for your request of this timestamp."""

    clock: int


class Inquire(Message):
    """A better request than yours of this timestamp, which has my permission, waits: can you do without?"""

    clock: int


class Yield(Message):
    """I give it back, as I wait for others anyway; my request of this timestamp stays."""

    clock: int


class Relinquish(Message):
    """I have left, and my request of this timestamp is done."""

    clock: int


Stamp = tuple[int, int]


class AgrawalElAbbadi(Algorithm):
    """Agrawal-El Abbadi 1991: the nodes of a path in a tree, 3 to 6 (k - 1) messages an entry, k = log2(n + 1)."""

    name = "agrawal-el-abbadi"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "3 * (k - 1)", "saturated": ["3 * (k - 1)", "6 * (k - 1)"]}
    synchronisation_delay = {"saturated": ["1", "2"]}
    response_time = {"uncontended": "2"}
    quorum_system = "tree"

    clock: int = 0  # the greatest timestamp sent or received

    # As one who wants to enter:
    ours: int = 0  # the timestamp of our request
    waiting: bool = False
    replied: set[int] = set()  # the nodes whose permission we have
    inquired: set[int] = set()  # those that inquired before their reply came

    # As one who is asked:
    granted: Stamp | None = None  # the request that has our permission
    queue: list[Stamp] = []  # the others, in order
    inquiring: bool = False  # a better one came, and we have asked for it back

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.waiting = True
        self.replied, self.inquired = set(), set()
        for node in self.quorum:
            out.send(node, Request(self.ours))

    def on_release(self, out: Out) -> None:
        for node in self.quorum:
            out.send(node, Relinquish(self.ours))

    def on_message(self, sender: int, message: Request | Reply | Inquire | Yield | Relinquish, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock)
                self.queue_request((message.clock, sender), out)
            case Relinquish() if self.granted == (message.clock, sender):
                self.reply_to_first(out)
            case Yield() if self.granted == (message.clock, sender):
                insort(self.queue, self.granted)
                self.reply_to_first(out)
            case Reply() if self.waiting and message.clock == self.ours:
                self.replied.add(sender)
                self.enter_or_yield(out)
            case Inquire() if self.waiting and message.clock == self.ours:
                self.inquired.add(sender)
                self.enter_or_yield(out)

    def enter_or_yield(self, out: Out) -> None:
        """Enter if all have replied, else give back what was inquired about."""
        if len(self.replied) == len(self.quorum):
            self.waiting = False
            out.enter()
            return
        for node in sorted(self.replied & self.inquired):
            self.replied.remove(node)
            self.inquired.remove(node)
            out.send(node, Yield(self.ours))

    def queue_request(self, request: Stamp, out: Out) -> None:
        """Queue a request, and see to it that the first one gets our permission."""
        insort(self.queue, request)
        if self.granted is None:
            self.reply_to_first(out)
        elif request < self.granted and not self.inquiring:
            clock, node = self.granted
            out.send(node, Inquire(clock))
            self.inquiring = True

    def reply_to_first(self, out: Out) -> None:
        """Give our permission, which nobody has, to the first of the queue."""
        self.granted = self.queue.pop(0) if self.queue else None
        self.inquiring = False
        if self.granted is not None:
            clock, node = self.granted
            out.send(node, Reply(clock))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [AgrawalElAbbadi]
