"""Suzuki and Kasami's algorithm that sends the token to whoever asks, even while it uses it.

Source: DistAlgo/distalgo, examples/sktoken/orig.da (commit abe7164).

What it does: on a request, a node that has the token sends it, if the request is not an old one. It is not asked
whether the node waits or is inside. Whether a node has the token is worked out from what it has received and sent: it
has it unless it has sent one that notes a later request of its own than the one it received.

Why it is wrong: a node inside has the token, so it gives it away, and there are two inside. Moreover the token that it
sends then does not note its own request yet, so by that rule it believes that it still has it. In DistAlgo messages are
handled only at labels and while a process awaits, and the example's critical section has neither; a section that lets
messages in is enough, and here one always does.

Here: on leaving the next node is taken from the end of the token's queue, as in the source, which serves the last one
first: a matter of fairness, not seen by this search.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    number: int


class Token(Message):
    served: tuple[int, ...]
    queue: tuple[int, ...]


class SuzukiKasamiGivesWhatItUses(Algorithm):
    """Suzuki-Kasami 1985, giving the token away at once."""

    name = "suzuki-kasami-gives-what-it-uses"
    assumes = Assumptions(fifo=False)
    has_token = True

    requested: list[int] = []
    served: list[int] = []
    queue: list[int] = []
    received: int = -1  # which request of ours the last token that came here had noted; -1 if none came
    sent: int = -1  # likewise the last one that went
    waiting: bool = False

    def on_start(self, out: Out) -> None:
        self.requested, self.served = [0] * self.n, [0] * self.n

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.have_token():
            out.enter()
        else:
            self.waiting = True
            self.requested[self.me] += 1
            out.broadcast(Request(self.requested[self.me]))

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                self.requested[sender] = max(self.requested[sender], message.number)
                if self.have_token() and self.is_open(sender):  # The fault: it may be inside with it.
                    self.send_token(sender, out)
            case Token():
                self.served, self.queue = list(message.served), list(message.queue)
                self.received = self.served[self.me]
                if self.waiting:
                    self.waiting = False
                    out.enter()

    def on_release(self, out: Out) -> None:
        self.served[self.me] = self.requested[self.me]
        self.queue += [node for node in self.peers if node not in self.queue and self.is_open(node)]
        if self.queue:
            self.send_token(self.queue.pop(), out)

    def have_token(self) -> bool:
        """Return whether the token is here, by what was received and sent."""
        if self.received < 0:
            return self.me == self.holder and self.sent < 0
        return self.received >= self.sent

    def is_open(self, node: int) -> bool:
        """Return whether the last request of that node has not been served."""
        return self.requested[node] == self.served[node] + 1

    def send_token(self, node: int, out: Out) -> None:
        """Give the token away."""
        self.sent = self.served[self.me]
        out.send(node, Token(tuple(self.served), tuple(self.queue)))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SuzukiKasamiGivesWhatItUses]
