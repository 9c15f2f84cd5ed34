"""Raymond's algorithm: a token on a tree, where each node knows only which neighbour is on the way to it.

Kerry Raymond, "A Tree-Based Algorithm for Distributed Mutual Exclusion", ACM Transactions on Computer Systems 7(1),
1989, pages 61-77.

How it works
------------
The nodes stand on a tree, and speak with their neighbours only. Each keeps the name of the neighbour in whose direction
the token is, `holder`, or itself. A node asks for the token on its own behalf and on behalf of its neighbours: it
queues who wants it, and as long as the queue is not empty one request of its own is under way to `holder`. Who has the
token and does not use it hands it to the first of its queue, and turns `holder` round to there; if others are left in
the queue, a request follows at once.

After every event a node first gives the token away (or enters), then asks: the paper's ASSIGN_PRIVILEGE and
MAKE_REQUEST, in this order.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops. Messages may overtake each other: between two neighbours
at most one request and the token are under way.

What it costs
-------------
Alone, twice the number of edges between the node and the token: that many requests, and the token comes back the same
way. If all nodes always want to enter, the token walks around the tree: 2 (n - 1) edges in n entries, with a request
for each time it moves, 4 (n - 1) / n messages an entry whatever the tree, and 2 (n - 1) / n from one exit to the next
entry. With no time to think, a node may ask again and enter before a request that is on its way has come: then it
costs less, and it is less fair.

Departures from the paper
-------------------------
* The paper starts with a flood of INITIALIZE messages along the tree; here each node is told its neighbour on the way
  to the first holder.
* The paper's recovery of a node that failed is left out.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want the token, for me or for somebody behind me."""


class Privilege(Message):
    """The token."""


class Raymond(Algorithm):
    """Raymond 1989: a token on a tree; O(log n) messages alone, about 4 if all ask."""

    name = "raymond"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "2 * d", "saturated": "4 * (n - 1) / n"}
    synchronisation_delay = {"saturated": "mean(2 * (n - 1) / n)"}
    response_time = {"uncontended": "2 * d"}
    topology = "star"
    has_token = True

    towards: int = 0  # the paper's HOLDER: the neighbour in whose direction the token is, or this node
    using: bool = False
    queue: list[int] = []  # the paper's REQUEST_Q: neighbours that want the token, and this node, the first first
    asked: bool = False  # a request of ours is under way

    def on_start(self, out: Out) -> None:
        self.towards = self.me if self.towards_holder is None else self.towards_holder

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.queue.append(self.me)
        self.assign_privilege(out)
        self.make_request(out)

    def on_message(self, sender: int, message: Request | Privilege, out: Out) -> None:
        match message:
            case Request():
                self.queue.append(sender)
            case Privilege():
                self.towards = self.me
        self.assign_privilege(out)
        self.make_request(out)

    def on_release(self, out: Out) -> None:
        self.using = False
        self.assign_privilege(out)
        self.make_request(out)

    def assign_privilege(self, out: Out) -> None:
        """Give the token to the first of the queue, if we have it and do not use it."""
        if self.towards == self.me and not self.using and self.queue:
            self.towards = self.queue.pop(0)
            self.asked = False
            if self.towards == self.me:
                self.using = True
                out.enter()
            else:
                out.send(self.towards, Privilege())

    def make_request(self, out: Out) -> None:
        """Ask for the token, if somebody here wants it, we do not have it, and we have not asked yet."""
        if self.towards != self.me and self.queue and not self.asked:
            out.send(self.towards, Request())
            self.asked = True


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Raymond]
