"""Neilsen and Mizuno's algorithm: requests travel along a tree to its sink, and the token goes straight to who asked.

Mitchell L. Neilsen and Masaaki Mizuno, "A DAG-Based Algorithm for Distributed Mutual Exclusion", 11th International
Conference on Distributed Computing Systems, 1991, pages 354-360.

How it works
------------
The edges of a tree are directed so that every path leads to one sink: the last node in the queue for the token, or the
one that has it and does not use it. Each node keeps its neighbour on the way there, `last`; the sink has none. A
request travels along the edges and turns each that it has passed, so that who asks becomes the sink. The old sink keeps
the name of who asked as `next`, and sends it the token on leaving, over no edge of the tree but directly; if it has the
token and no use for it, at once. So the queue is spread over the nodes, each of which knows only who comes next.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops. Messages may overtake each other. Any two nodes can send
to each other; the tree is only a way to pass requests.

What it costs
-------------
One request for each edge between who asks and the sink, and one message for the token: at most the diameter of the tree
plus one, 3 on a star, which is the best tree; nothing for who has the token. If all nodes always want to enter, each
finds the one that enters before it at the sink: on a star 3 - 2 / n. (A node that comes back before anybody's request
has reached it enters for nothing.) One exit to the next entry takes one message. The token carries nothing.

Departures from the paper
-------------------------
* The paper starts with a flood of INITIALIZE messages along the tree; here each node is told its neighbour on the way
  to the first holder.
* The paper writes 0 for no node; here it is None.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """`origin` wants to enter, and I pass it on (or am it)."""

    origin: int


class Privilege(Message):
    """The token."""


class NeilsenMizuno(Algorithm):
    """Neilsen-Mizuno 1991: a token and a tree for the requests, at most 3 messages an entry on a star."""

    name = "neilsen-mizuno"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "mean(d + (n - 1) / n)", "saturated": "mean(d + min(1, n - 1))"}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(d + (n - 1) / n)"}
    topology = "star"
    has_token = True

    holding: bool = False  # we have the token, and neither want nor use it
    last: int | None = None  # our neighbour on the way to the sink; None at the sink
    next: int | None = None  # who enters after us

    def on_start(self, out: Out) -> None:
        self.last = self.towards_holder
        self.holding = self.last is None

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.holding:
            self.holding = False
            out.enter()
        else:
            assert self.last is not None, "a sink without the token has asked already"
            out.send(self.last, Request(self.me))
            self.last = None

    def on_message(self, sender: int, message: Request | Privilege, out: Out) -> None:
        match message:
            case Privilege():
                out.enter()
            case Request() if self.last is not None:
                out.send(self.last, message)
                self.last = sender
            case Request():
                if self.holding:
                    self.holding = False
                    out.send(message.origin, Privilege())
                else:
                    self.next = message.origin
                self.last = sender

    def on_release(self, out: Out) -> None:
        if self.next is None:
            self.holding = True
        else:
            out.send(self.next, Privilege())
            self.next = None


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NeilsenMizuno]
