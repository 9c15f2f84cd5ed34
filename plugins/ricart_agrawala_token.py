"""Ricart and Agrawala's token algorithm: one token, asked for by broadcast, that goes round among those who asked.

Glenn Ricart and Ashok K. Agrawala, "Author's response to 'On Mutual Exclusion in Computer Networks' by Carvalho and
Roucairol", Communications of the ACM 26(2), 1983, pages 147-148.

How it works
------------
Who has the token may enter, as often as it likes. A node without it numbers its request and sends it to all others,
and each keeps the greatest number that it heard of every node. The token carries, for every node, the number of the
request with which it had the token last. On leaving, a node looks through the others in the order of a ring, from
the one after it on, and sends the token to the first whose request is greater than that number. A node that has the
token and has no use for it does the same whenever a request comes.

What it assumes
---------------
Channels that lose nothing and do not repeat the token; no node stops. Messages may overtake each other.

What it costs
-------------
Nothing where the token is, else n - 1 requests and the token: n. If one node at a time asks, each as likely as the
other, that is n - 1 on average. If all ask at once and always, it is n; a little less where a node leaves before it
can have heard of the next request, and keeps the token. One exit to the next entry takes one message. The token is
as long as there are nodes. Once the holder knows of a request, each other node enters at most once before it.

Departures from the paper
-------------------------
* The paper's program waits for the token between its request and its section. Here it is three handlers: request,
  token, release.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want the token; this is my number-th request."""

    number: int


class Token(Message):
    """You may enter. granted: of each node, the number of the request with which it had the token last."""

    granted: tuple[int, ...]


class RicartAgrawalaToken(Algorithm):
    """Ricart-Agrawala 1983: a token that goes round among those who asked by broadcast; 0 or n messages an entry."""

    name = "ricart-agrawala-token"
    assumes = Assumptions(fifo=False)
    has_token = True
    messages_per_entry = {"uncontended": "mean(n - 1)", "saturated": "n * min(n - 1, 1)"}  # a node alone: none
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(2 * (n - 1) / n)"}

    clock: int = 0  # the number of our last request
    requests: list[int] = []  # of each other node: the greatest number of a request that came from it
    requesting: bool = False  # from our request to our release
    token: list[int] | None = None  # what the token carries, while it is here

    def on_start(self, out: Out) -> None:
        self.requests = [0] * self.n
        if self.me == self.holder:
            self.token = [0] * self.n

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        if self.token is not None:
            out.enter()
        else:
            self.clock += 1
            out.broadcast(Request(self.clock))

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                self.requests[sender] = max(self.requests[sender], message.number)
                if not self.requesting:
                    self.pass_token(out)
            case Token():
                self.token = list(message.granted)
                out.enter()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        self.pass_token(out)

    def pass_token(self, out: Out) -> None:
        """Give the token, if it is here, to the next node of the ring that asked for it since it had it last."""
        if self.token is None:
            return
        self.token[self.me] = self.clock
        for node in (*range(self.me + 1, self.n), *range(self.me)):
            if self.requests[node] > self.token[node]:
                out.send(node, Token(tuple(self.token)))
                self.token = None
                return


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaToken]
