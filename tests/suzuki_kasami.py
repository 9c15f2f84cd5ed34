"""Suzuki and Kasami's token algorithm (ACM TOCS 3(4), 1985), small and correct: for the tests of the ledger.

Nothing but the token links two holders, so the token on a fast path 0 -> 1 -> 2 outruns a block on a slow link 0 -> 2.
"""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want the token, for the number-th time."""

    number: int


class Token(Message):
    """The right to enter. granted: each node's last served request; queue: who gets it next."""

    granted: list[int]
    queue: list[int]


class SuzukiKasami(Algorithm):
    """Suzuki and Kasami 1985: one token, asked for by broadcast."""

    name = "test-suzuki-kasami"
    messages_per_entry = ("0", "n")

    requested: list[int] = []  # RN in the paper
    granted: list[int] | None = None  # LN, while the token is here
    queue: list[int] = []
    inside: bool = False
    waiting: bool = False

    def on_start(self, out: Out) -> None:
        self.requested = [0] * self.n
        if self.me == 0:
            self.granted = [0] * self.n

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.requested[self.me] += 1
        if self.granted is not None:
            self.inside = True
            out.enter()
        else:
            self.waiting = True
            out.broadcast(Request(self.requested[self.me]))

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                self.requested[sender] = max(self.requested[sender], message.number)
                if self.granted is not None and not self.inside and self.wants(sender):
                    self.pass_on(sender, out)
            case Token():
                self.granted, self.queue = list(message.granted), list(message.queue)
                self.waiting, self.inside = False, True
                out.enter()

    def on_release(self, out: Out) -> None:
        assert self.granted is not None
        self.inside = False
        self.granted[self.me] = self.requested[self.me]
        self.queue += [node for node in self.peers if node not in self.queue and self.wants(node)]
        if self.queue:
            self.pass_on(self.queue.pop(0), out)

    def wants(self, node: int) -> bool:
        """Return whether a request of that node is known that the token has not served."""
        assert self.granted is not None
        return self.requested[node] == self.granted[node] + 1

    def pass_on(self, node: int, out: Out) -> None:
        """Send the token away."""
        assert self.granted is not None
        out.send(node, Token(self.granted, self.queue))
        self.granted, self.queue = None, []


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SuzukiKasami]
