"""Ricart and Agrawala's algorithm that compares a request with the clock of this moment, and without the node's id.

Source: AlbertRossJoh/Distributed-Mutual-Exclusion, client/ricartAndAgrawala.go and mutexVariableHandler.go (commit
065867a). The comment above the function states the rule as it should be: (T, me) < (Ti, pi), with T the time of the own
request.

What it does: `receive` puts a request off if it is inside, or if it waits and its logical clock is less than the
request's. The clock goes up by one for each node that is asked, so each gets another timestamp, and with each answer.

Why it is wrong: two things in one line. The clock has moved on since the node asked, so it answers requests that come
after its own. And of two equal timestamps neither is the less, so both answer, and both enter. The second shows first:
two nodes that ask at once. (tests/broken/current_clock.py has the first alone.)
"""

from collections import deque

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Reply(Message):
    pass


class RicartAgrawalaClockOfNow(Algorithm):
    """(now) < (theirs) in the place of (ours, me) < (theirs, sender)."""

    name = "ricart-agrawala-clock-of-now"
    assumes = Assumptions(fifo=False)

    clock: int = 0
    wanted: bool = False
    held: bool = False
    replies: int = 0
    queue: list[Request] = []
    askers: list[int] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.wanted = True
        for node in self.peers:
            self.clock += 1
            out.send(node, Request(self.clock))
        self.enter_if_all_replied(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        if isinstance(message, Reply):
            self.replies += 1
            self.enter_if_all_replied(out)
        elif self.held or (self.wanted and self.clock < message.clock):  # The fault: not (ours, me) < (theirs, sender).
            self.queue.append(message)
            self.askers.append(sender)
        else:
            self.reply(sender, message, out)

    def on_release(self, out: Out) -> None:
        self.held = False
        self.replies = 0
        waiting = deque(zip(self.askers, self.queue, strict=True))
        answered = 0
        while answered < len(waiting):
            self.reply(*waiting.popleft(), out)
            answered += 1
        self.askers, self.queue = [node for node, _ in waiting], [request for _, request in waiting]

    def reply(self, node: int, request: Request, out: Out) -> None:
        """Answer a request, and move the clock on."""
        self.clock = max(self.clock, request.clock) + 1
        out.send(node, Reply())

    def enter_if_all_replied(self, out: Out) -> None:
        """Enter if there are n - 1 replies."""
        if self.wanted and self.replies >= len(self.peers):
            self.wanted, self.held = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaClockOfNow]
