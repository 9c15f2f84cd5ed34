"""Suzuki and Kasami's algorithm: one token, asked for by broadcast, that carries a queue of who gets it next.

Ichiro Suzuki and Tadao Kasami, "A Distributed Mutual Exclusion Algorithm", ACM Transactions on Computer Systems 3(4),
1985, pages 344-349.

How it works
------------
Who has the token may enter, as often as it likes. A node without it numbers its request and sends it to all others.
Each node keeps the number of every node's last request; the token carries the number of every node's last request
that was served. So a request is open if it is the one after the last that was served, and an old one that comes late
is known as such. On leaving, a node adds those with an open request to the token's queue and sends the token to the
first of it. A node that has the token and has no use for it sends it to whoever asks.

What it assumes
---------------
Channels that lose nothing and do not repeat the token; no node stops. Messages may overtake each other.

What it costs
-------------
Nothing where the token is, else n - 1 requests and the token: n. If one node at a time asks, each as likely as the
other, that is n - 1 on average. If all ask at once and always, it is n; a little less where a node leaves before it
can have heard of the next request, and keeps the token. One exit to the next entry takes one message. The token is
as long as there are nodes.

Departures from the paper
-------------------------
* The paper's procedure P1 waits in the middle for the token. Here it is three handlers: request, token, release.
* The paper's RN and LN are `requested` and `served` here.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want the token; this is my number-th request."""

    number: int


class Token(Message):
    """You may enter. served: the number of each node's last request that was served. queue: who comes after you."""

    served: tuple[int, ...]
    queue: tuple[int, ...]


class SuzukiKasami(Algorithm):
    """Suzuki-Kasami 1985: a token with a queue, asked for by broadcast; 0 or n messages an entry."""

    name = "suzuki-kasami"
    assumes = Assumptions(fifo=False)
    has_token = True
    messages_per_entry = {"uncontended": "mean(n - 1)", "saturated": "n * min(n - 1, 1)"}  # a node alone: none
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(2 * (n - 1) / n)"}

    requested: list[int] = []  # of each node: the number of its last request that is known here
    requesting: bool = False  # from our request to our release
    have_token: bool = False
    served: list[int] = []  # what the token carries, while it is here
    queue: list[int] = []

    def on_start(self, out: Out) -> None:
        self.requested = [0] * self.n
        if self.me == self.holder:
            self.have_token, self.served = True, [0] * self.n

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requesting = True
        if self.have_token:
            out.enter()
        else:
            self.requested[self.me] += 1
            out.broadcast(Request(self.requested[self.me]))

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                self.requested[sender] = max(self.requested[sender], message.number)
                if self.have_token and not self.requesting and self.is_open(sender):
                    self.send_token(sender, out)
            case Token():
                self.have_token, self.served, self.queue = True, list(message.served), list(message.queue)
                out.enter()

    def on_release(self, out: Out) -> None:
        self.requesting = False
        self.served[self.me] = self.requested[self.me]
        self.queue += [node for node in self.peers if node not in self.queue and self.is_open(node)]
        if self.queue:
            self.send_token(self.queue.pop(0), out)

    def is_open(self, node: int) -> bool:
        """Return whether the last request of that node that is known here has not been served."""
        return self.requested[node] == self.served[node] + 1

    def send_token(self, node: int, out: Out) -> None:
        """Give the token away."""
        out.send(node, Token(tuple(self.served), tuple(self.queue)))
        self.have_token, self.served, self.queue = False, [], []


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SuzukiKasami]
