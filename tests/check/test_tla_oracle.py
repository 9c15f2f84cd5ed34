"""The search against TLC: the public TLA+ specification LamportMutex, transcribed, has the published counts.

Source: tlaplus/Examples, specifications/lamport_mutex, by Stephan Merz; its manifest gives for N = 3 and maxClock = 6
724,274 distinct states, 2,729,079 generated ones, and a depth of 61. The actions Request, Enter and Exit are timers
here, which may fire at any step as an enabled action may. As in TLC a state outside the constraint (a clock greater
than maxClock) counts as generated, and is not kept.
"""

from functools import partial

import pytest

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.check.loop import masker
from mxbench.check.question import Question
from mxbench.check.remembered import Remembered
from mxbench.check.space import Space
from mxbench.core.distributions import ZERO
from mxbench.core.state import thaw


class Req(Message):
    """A request with its clock."""

    clock: int


class Ack(Message):
    """An acknowledgement."""


class Rel(Message):
    """A release."""


class LamportMutex(Algorithm):
    """One process of the specification; the variables have its names."""

    name = "tla-lamport-mutex"

    clock: int = 1
    req: list[int] = []  # by process, 0 for none
    ack: set[int] = set()
    crit: bool = False

    def on_start(self, out: Out) -> None:
        self.req = [0] * self.n
        self.enable(out)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        raise AssertionError("the workload asks for nothing here")

    def on_timer(self, name: str, out: Out) -> None:
        match name:
            case "Request":
                self.req[self.me] = self.clock
                out.broadcast(Req(self.clock))
                self.ack = {self.me}
            case "Enter":
                self.crit = True
            case "Exit":
                self.crit = False
                out.broadcast(Rel())
                self.req[self.me] = 0
                self.ack = set()
        self.enable(out)

    def on_message(self, sender: int, message: Req | Ack | Rel, out: Out) -> None:
        match message:
            case Req():
                self.req[sender] = message.clock
                self.clock = max(self.clock, message.clock) + 1
                out.send(sender, Ack())
            case Ack():
                self.ack.add(sender)
            case Rel():
                self.req[sender] = 0
        self.enable(out)

    def enable(self, out: Out) -> None:
        """Set a timer for each action that is enabled, and only for those."""
        enabled = {
            "Request": self.req[self.me] == 0,
            "Enter": len(self.ack) == self.n and all(map(self.beats, self.peers)),
            "Exit": self.crit,
        }
        for action, may_be_taken in enabled.items():
            if may_be_taken:
                out.set_timer(action, ZERO)
            else:
                out.cancel_timer(action)

    def beats(self, other: int) -> bool:
        """Return whether our request comes before that of another process, as far as we know."""
        mine, theirs = self.req[self.me], self.req[other]
        return theirs == 0 or mine < theirs or (mine == theirs and self.me < other)


def explore(n: int, max_clock: int) -> tuple[int, int, int]:
    """Return the distinct states, the generated ones, and the depth, counted as TLC does."""
    space = Space(Question(LamportMutex, n, (0,) * n))
    clock_at = LamportMutex.__struct_fields__.index("clock") - 1  # `parameters` is no state

    def too_late(node: int, local: int) -> bool:
        clock: int = thaw(space.reactions[node].locals[local].frozen)[0][clock_at]
        return clock > max_clock

    note = masker([Remembered(partial(too_late, node)) for node in range(n)])
    expand = space.expander()
    level = set(space.initial())
    seen = set(level)
    generated, depth = len(level), 0
    while level:
        depth += 1
        found: list[int] = []
        expand(level, found, [])
        generated += len(found)
        fresh = set(found) - seen
        outside: dict[int, int] = {}
        note(fresh, outside)
        level = fresh - outside.keys()
        seen |= level
    return len(seen), generated, depth


@pytest.mark.slow
def test_has_the_published_counts_of_the_tla_specification() -> None:
    assert explore(3, 6) == (724_274, 2_729_079, 61)


def test_has_the_same_counts_as_before_at_a_smaller_bound() -> None:
    assert explore(2, 6) == (1_043, 2_001, 40)
    assert explore(3, 3) == (10_209, 41_533, 31)
