"""Naimi and Trehel's algorithm: a token, and pointers towards its last owner that turn round as a request passes.

Mohamed Naimi, Michel Trehel and Andre Arnold, "A log(N) Distributed Mutual Exclusion Algorithm Based on Path
Reversal", Journal of Parallel and Distributed Computing 34(1), 1996, pages 1-13; first published by Naimi and Trehel
in 1987.

How it works
------------
Two structures are kept by one pointer a node each. `father` leads, from node to node, to the root: the node that will
have the token last, as far as requests have come. `next` leads from the token's owner along those who wait for it, in
their order. A request goes up the fathers to the root, and becomes the root's `next`; if the root has the token and
no use for it, the token is sent at once. Each node that the request passes makes the requester its father, as that
will be the new root: the path is reversed. On leaving, a node sends the token to its `next`.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops. Messages may overtake each other.

What it costs
-------------
One message for each node on the way to the root, and one for the token; nothing if the root asks and has it. If one
node at a time asks, each as likely as the other, that is 1 + 1/2 + ... + 1/(n - 1) on average, and the entry comes
after as many message delays. If all ask at once and always, they enter in turns, and turns cost 4 - 6 / (n + 1): that
is no statement of the paper, but what path reversal comes to, counted for n up to 13. One exit to the next entry takes
one message. A single request takes at most n messages.

Departures from the paper
-------------------------
* The paper waits for the token between the request and the section. Here it is three handlers: request, token,
  release.
* The paper's boolean `token_present` is left out: the token is where a node is inside, or where a node that does not
  request has no father.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """`node` wants the token; whoever sends me this has it from `node`, or from one whose father it was."""

    node: int


class Token(Message):
    """You may enter."""


class NaimiTrehel(Algorithm):
    """Naimi-Trehel 1996: a token, found along pointers that are reversed; about log n messages an entry."""

    name = "naimi-trehel"
    assumes = Assumptions(fifo=False)
    has_token = True
    messages_per_entry = {
        "uncontended": "mean(harmonic(n - 1))",
        "saturated": "mean((4 - 6 / (n + 1)) * min(n - 1, 1))",  # a node alone: none
    }
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(harmonic(n - 1))"}

    father: int | None = None  # where a request goes; None for the root
    next: int | None = None  # who gets the token from us
    requesting: bool = False  # from our request to our release

    def on_start(self, out: Out) -> None:
        if self.me != self.holder:
            self.father = self.holder

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        if self.father is None:
            out.enter()
        else:
            out.send(self.father, Request(self.me))
            self.father = None

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                if self.father is not None:
                    out.send(self.father, message)
                elif self.requesting:
                    self.next = message.node
                else:
                    out.send(message.node, Token())
                self.father = message.node
            case Token():
                out.enter()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        if self.next is not None:
            out.send(self.next, Token())
            self.next = None


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NaimiTrehel]
