"""Carvalho and Roucairol's algorithm: Ricart and Agrawala's, with permissions that last until somebody asks for them.

Osvaldo S. F. Carvalho and Gérard Roucairol, "On Mutual Exclusion in Computer Networks" (technical correspondence, with
an answer by Ricart and Agrawala), Communications of the ACM 26(2), 1983, pages 146-148.

How it works
------------
Each pair of nodes shares one permission, which one of the two holds; a node enters when it holds all of its own. A
reply hands the permission over, and whoever has it keeps it, over any number of entries, until the other node asks. So
a request goes only to the nodes whose permission is missing. Whoever is asked replies at once, unless it is inside or
waits with a request that comes first: then it defers the reply until it leaves. A node that waits and gives away a
permission it already held needs it back, and sends its request after the reply.

Requests are ordered by (clock, node), the smaller first.

What it assumes
---------------
Channels that lose nothing and repeat nothing (a reply that came twice would be two permissions); no node stops.
Channels may reorder.

What it costs
-------------
One request and one reply for each permission that moves, so 0 to 2 (n - 1) messages an entry: none for a node that
enters again before anybody else has asked. If each entry is by a node drawn at random, the other one of a pair entered
last in half of the cases: n - 1 on average. If all nodes always wait and a message takes a fixed time, all permissions
move: 2 (n - 1). The request of a node that holds all permissions is told to nobody, so the order of entries is not that
of the requests.

Departures from the paper
-------------------------
* The lower of two nodes holds their permission at the start. The paper lets neither hold it, and the first request of
  each node goes to all.
* The paper keeps Ricart and Agrawala's semaphore and three processes a node; here each handler runs to its end.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter and have not got our permission; my request has this timestamp."""

    clock: int


class Reply(Message):
    """Our permission is yours."""


class CarvalhoRoucairol(Algorithm):
    """Carvalho-Roucairol 1983: permissions that last, 0 to 2 (n - 1) messages an entry."""

    name = "carvalho-roucairol"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "mean(n - 1)", "saturated": ["0", "2 * (n - 1)"]}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(2 * (n - 1) / n)"}

    highest: int = 0  # the greatest timestamp sent or received
    ours: int = 0  # the timestamp of our request
    waiting: bool = False
    inside: bool = False
    held: set[int] = set()  # the nodes whose permission is here
    deferred: set[int] = set()  # the nodes to which we reply when we leave

    def on_start(self, out: Out) -> None:
        self.held = {node for node in self.peers if node > self.me}

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.highest += 1
        self.ours = self.highest
        self.waiting = True
        for node in self.peers:
            if node not in self.held:
                out.send(node, Request(self.ours))
        self.enter_if_all_held(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.highest = max(self.highest, message.clock)
                first = self.waiting and (self.ours, self.me) < (message.clock, sender)
                if self.inside or first:
                    self.deferred.add(sender)
                else:
                    self.give(sender, out)
            case Reply():
                self.held.add(sender)
                if self.waiting:
                    self.enter_if_all_held(out)

    def give(self, node: int, out: Out) -> None:
        """Hand the permission over, and ask for it back if we wait."""
        self.held.discard(node)
        out.send(node, Reply())
        if self.waiting:
            out.send(node, Request(self.ours))

    def on_release(self, out: Out) -> None:
        self.inside = False
        for node in sorted(self.deferred):
            self.give(node, out)
        self.deferred.clear()

    def enter_if_all_held(self, out: Out) -> None:
        """Enter if every permission is here."""
        if len(self.held) == len(self.peers):
            self.waiting, self.inside = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CarvalhoRoucairol]
