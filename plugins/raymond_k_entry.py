"""Raymond's algorithm for k critical sections: Ricart and Agrawala's, content with the replies of n - k nodes.

Kerry Raymond, "A Distributed Algorithm for Multiple Entries to a Critical Section", Information Processing Letters
30(4), 1989, pages 189-193.

How it works
------------
As in Ricart and Agrawala's algorithm, a request goes to all, and whoever is inside or waits with a request that comes
first defers its reply until it leaves. But up to k nodes may be inside, so a node enters when n - k of the others owe
it nothing: the k - 1 that still owe it a reply may be inside too.

Their replies come later, perhaps when the node asks again, and must not be taken for replies to the new request. So a
node counts for each other one how many replies it owes, over all requests, and hears an answer in full only when it
owes none. Replies that are deferred for one node are sent as one message that says how many they are.

Requests are ordered by (clock, node), the smaller first. Of k + 1 nodes inside together the last in this order would
hold the full answer of one of the others, which does not give it before it leaves.

What it assumes
---------------
Channels that lose nothing and repeat nothing (a reply that came twice would be counted twice); no node stops. Channels
may reorder. k is a parameter of the experiment, the same at all nodes; with k of n or more, nobody waits.

What it costs
-------------
n - 1 requests and as many replies, of which up to k - 1 travel with others: 2n - k - 1 to 2 (n - 1) messages an entry.
One exit to the next entry takes one message, or up to two if the node that is let in has only just asked. Up to k - 1
nodes that stay inside for ever keep nobody else out.

Departures from the paper
-------------------------
* The paper runs Ricart and Agrawala's processes, which share variables under a semaphore. Here each handler runs to
  its end before the next begins.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """I owed you this many replies, and you have them."""

    count: int


class RaymondKEntry(Algorithm):
    """Raymond 1989: k critical sections, 2n - k - 1 to 2 (n - 1) messages an entry."""

    name = "raymond-k-entry"
    takes_k = True
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "2 * (n - 1)", "saturated": ["2 * n - k - 1", "2 * (n - 1)"]}
    synchronisation_delay = {"saturated": ["1", "2"]}
    response_time = {"uncontended": "2"}

    highest: int = 0  # the greatest timestamp sent or received
    ours: int = 0  # the timestamp of our request
    waiting: bool = False
    inside: bool = False
    owed: dict[int, int] = {}  # node -> replies that it owes us, to this request and to earlier ones
    deferred: dict[int, int] = {}  # node -> replies that we owe it when we leave

    def on_start(self, out: Out) -> None:
        self.owed = dict.fromkeys(self.peers, 0)
        self.deferred = dict.fromkeys(self.peers, 0)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.highest += 1
        self.ours = self.highest
        self.waiting = True
        for node in self.peers:
            self.owed[node] += 1
        out.broadcast(Request(self.ours))
        self.enter_if_enough_replied(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.highest = max(self.highest, message.clock)
                first = self.waiting and (self.ours, self.me) < (message.clock, sender)
                if self.inside or first:
                    self.deferred[sender] += 1
                else:
                    out.send(sender, Reply(1))
            case Reply():
                self.owed[sender] -= message.count
                self.enter_if_enough_replied(out)

    def on_release(self, out: Out) -> None:
        self.inside = False
        for node, count in self.deferred.items():
            if count > 0:
                out.send(node, Reply(count))
        self.deferred = dict.fromkeys(self.peers, 0)

    def enter_if_enough_replied(self, out: Out) -> None:
        """Enter if we wait and no more than k - 1 nodes owe us a reply."""
        in_full = sum(count == 0 for count in self.owed.values())
        if self.waiting and in_full >= self.n - self.k:
            self.waiting, self.inside = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RaymondKEntry]
