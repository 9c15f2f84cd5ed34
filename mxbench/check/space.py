"""The graph that is searched: global states as integers, and each step as a difference between two of them.

Theory of operation:

* A global state is one integer. It has a field a place (the nodes, and the algorithm's server behind them) with the
  number of its local state and, above it, the number of what is on its way from it (`channels.py`); above all fields
  counters of the faults so far; on top the number of nodes inside, so that the greatest state of a set shows an
  overlap.
* A request, a release or a timer changes one field, a delivery two: it takes a message out of the sender's field and
  has the receiver react. So a successor is the state plus one or two small differences, each of which depends on one
  field only (and the message). They are worked out when first asked for, and kept in dicts that fill themselves. What
  costs much to work out, the step of a real node, is remembered by its local state alone, without the channels.
* A step that breaks the contract has no difference; it is put into `faults` when it is worked out, which happens while
  the first state that has it is expanded. So the search stops at the right depth.
* A node that crashed takes no step, and what is sent to it stays on its way.
* With `forgets`, an algorithm's `forget` is called after each of its steps. Then a state also counts the requests that
  are left, and a request after which none is left changes every field: from then on each `forget` is told so.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from mxbench.check.channels import Channels, Send, SpaceFull
from mxbench.check.loop import (
    COUNTER,
    FIELD,
    FIELD_MASK,
    LOCAL,
    LOCAL_MASK,
    Expand,
    FaultSteps,
    Steps,
    expander,
)
from mxbench.check.question import Question
from mxbench.check.reaction import ADVANCE, CRASHED, DELIVER, TIMER, Act, Branch, Reactions
from mxbench.check.remembered import Received, Remembered
from mxbench.check.stepping import Messages

FAULTS = ("duplicate", "lose", "crash")

__all__ = ["Event", "Space", "SpaceFull"]


class Event(NamedTuple):
    """One step of a schedule. kind: 'request', 'release', 'timer', 'deliver' or one of FAULTS.

    node: the one that takes it; of a message that is delivered, repeated or lost, its receiver. sender, message: of
    such a message. timer: the name of the one that fires. choices: which option was taken, for each choice made.
    """

    kind: str
    node: int
    sender: int = -1
    message: int = -1
    timer: str = ""
    choices: tuple[int, ...] = ()
    fault: str | None = None


class Space:
    """The states and steps of one question."""

    def __init__(self, question: Question, keep_order: bool = False, forgets: bool = False) -> None:
        self.question = question
        self.n = n = question.places
        self.forgets = forgets
        self.messages = Messages()
        self.reactions = [Reactions(question, node, self.messages, keep_order, forgets) for node in range(n)]
        self.channels = [Channels(n, question.network.fifo) for _ in range(n)]
        self.limits = (question.network.duplicates, question.network.losses, question.network.crashes)
        self.counters = [n * FIELD + COUNTER * place for place in range(len(FAULTS))]
        self.left = n * FIELD + COUNTER * len(FAULTS)  # where the requests that are left are counted
        self._requests = sum(question.requests) if forgets else 0
        self.top = self.left + self._requests.bit_length()
        self._received: dict[tuple[int, int, int], Received] = {}
        self._sent = [Remembered(partial(self._deliverable, node)) for node in range(n)]
        self._sends = Remembered(self._differences_of_sends)
        self._when_over = [Remembered(partial(self.difference_when_over, node)) for node in range(n)]
        self._steps = Steps(
            [Remembered(partial(self._progress, node)) for node in range(n)], self._ended if forgets else None
        )

    @property
    def faults(self) -> list[str]:
        """The breaches of the contract among the steps that were worked out so far."""
        return [fault for reactions in self.reactions for fault in reactions.faults]

    # ---- for the search ------------------------------------------------------------------------------------------

    def initial(self) -> list[int]:
        """Return the states in which every node has started."""
        starts = []
        for node in range(self.n):
            good = [branch for branch in self.reactions[node].start() if branch.fault is None]
            starts.append([self._whole(node, b) for b in good])
        left = self._requests << self.left
        return [self._ended(sum(parts) + left) if self.forgets else sum(parts) for parts in product(*starts)]

    def expander(self) -> Expand:
        """Return a function that gives the successors of many states, and those states that have none but faults."""
        faults = [
            FaultSteps(counter, limit, [Remembered(partial(self._faults, kind, node)) for node in range(self.n)])
            for kind, counter, limit in zip(FAULTS, self.counters, self.limits, strict=True)
            if limit
        ]
        return expander(self._steps, faults)

    def progress(self) -> Steps:
        """Return the tables from which the steps of a state are read, faults of the network apart."""
        return self._steps

    def waits(self, node: int, local: int) -> bool:
        """Return whether a node waits in one of its local states."""
        return self.reactions[node].locals[local].waiting

    def rank(self, node: int, local: int) -> int:
        """Return how far a node has come with its requests: each request, entry and release is a rank, and no step
        leads to a lower one."""
        known = self.reactions[node].locals[local]
        return known.waiting + 2 * known.inside - 3 * known.requests

    def inside(self, state: int) -> int:
        """Return how many nodes are inside."""
        return state >> self.top

    def waiters(self, state: int) -> list[int]:
        """Return the nodes that wait to enter."""
        locals = [self.reactions[node].locals[local] for node, (local, _) in enumerate(self.fields(state))]
        return [node for node, local in enumerate(locals) if local.waiting]

    def fields(self, state: int) -> list[tuple[int, int]]:
        """Return for each place the number of its local state, and that of what is on its way from it."""
        fields = [state >> node * FIELD & FIELD_MASK for node in range(self.n)]
        return [(field & LOCAL_MASK, field >> LOCAL) for field in fields]

    # ---- one state at a time, for what is shown ----------------------------------------------------------------

    def steps(self, state: int) -> Iterator[tuple[Event, int | None]]:
        """Yield every step that is possible in a state and the state after it, None for a breach of the contract.

        Steps that are no fault of the network come first.
        """
        fields = self.fields(state)
        for node, (local, channels) in enumerate(fields):
            for act in self.reactions[node].locals[local].acts:
                kind = self.reactions[node].locals[local].next if act[0] == ADVANCE else "timer"
                timer = act[1] if act[0] == TIMER else ""
                for branch, after in self._after(state, node, local, channels, act):
                    yield Event(kind or "", node, timer=timer, choices=branch.choices, fault=branch.fault), after
            for to, message, left in self.channels[node].deliverable(channels):
                if fields[to][0] == CRASHED:
                    continue
                taken_out = state + self.channels_difference(node, channels, left)
                for branch, after in self._after(taken_out, to, *fields[to], (DELIVER, node, message)):
                    yield Event("deliver", to, node, message, choices=branch.choices, fault=branch.fault), after
        for kind, counter, limit in zip(FAULTS, self.counters, self.limits, strict=True):
            if state >> counter & (1 << COUNTER) - 1 < limit:
                for node, (local, channels) in enumerate(fields):
                    for event, difference in self.fault_steps(kind, node, local, channels):
                        yield event, state + difference

    def _after(
        self, state: int, node: int, local: int, channels: int, act: Act
    ) -> Iterator[tuple[Branch, int | None]]:  # fmt: skip
        for branch in self.reactions[node].to(local, act):
            if branch.fault:
                yield branch, None
            else:
                after = state + self._difference(node, local, channels, branch)
                yield branch, self._ended(after) if self.forgets else after

    # ---- differences -----------------------------------------------------------------------------------------------

    def _whole(self, node: int, branch: Branch) -> int:
        """Return what a node that has just started adds to a state."""
        sent = self.channels[node].with_sends(Channels.EMPTY, branch.sends)
        inside = self.reactions[node].locals[branch.local].inside << self.top
        return (branch.local << node * FIELD) + self.channels_difference(node, Channels.EMPTY, sent) + inside

    def channels_difference(self, node: int, before: int, after: int) -> int:
        return (after - before) << node * FIELD + LOCAL

    def _local_difference(self, node: int, before: int, after: int) -> int:
        locals = self.reactions[node].locals
        return ((after - before) << node * FIELD) + ((locals[after].inside - locals[before].inside) << self.top)

    def _differences_of_sends(self, key: tuple[int, tuple[Send, ...]]) -> Remembered:
        """Return, by what is on its way from a node, the difference that its sending these messages makes."""
        node, sends = key
        number = self.channels[node].with_sends
        return Remembered(lambda channels: self.channels_difference(node, channels, number(channels, sends)))

    def step_difference(self, node: int, local: int, branch: Branch) -> int:
        """Return the difference that an outcome of a step makes, without what the node sends."""
        difference = self._local_difference(node, local, branch.local)
        if self.forgets:
            locals = self.reactions[node].locals
            difference -= (locals[local].requests - locals[branch.local].requests) << self.left
        return difference

    def _difference(self, node: int, local: int, channels: int, branch: Branch) -> int:
        difference = self.step_difference(node, local, branch)
        return difference + self._sends[node, branch.sends][channels] if branch.sends else difference

    def _differences(self, node: int, local: int, channels: int, act: Act) -> tuple[int, ...]:
        """Return the differences of all outcomes of a step; a breach of the contract is none."""
        branches = self.reactions[node].to(local, act)
        return tuple([self._difference(node, local, channels, branch) for branch in branches if not branch.fault])

    def _progress(self, node: int, field: int) -> tuple[Any, ...]:
        """Return what `loop.Steps` wants to know of a node's field."""
        local, channels = field & LOCAL_MASK, field >> LOCAL
        known, sent = self.reactions[node].locals[local], self._sent[node][channels]
        if not known.acts:
            return ((), sent, ()) if self.forgets else ((), sent)
        asks = self.forgets and known.next == "request"
        own: list[int] = []
        asked: list[int] = []
        for act in known.acts:
            found = asked if asks and act[0] == ADVANCE else own
            found += self._differences(node, local, channels, act)
        return (tuple(own), sent, tuple(asked)) if self.forgets else (tuple(own), sent)

    def _deliverable(self, node: int, channels: int) -> tuple[tuple[int, Received, int], ...]:
        """Return of each message that can be delivered: its receiver, what receiving it does, and the difference that
        taking it out makes."""
        return tuple([
            (to, self._reactions_to(node, to, message), self.channels_difference(node, channels, left))
            for to, message, left in self.channels[node].deliverable(channels)
        ])  # fmt: skip

    def _reactions_to(self, sender: int, to: int, message: int) -> Received:
        key = (sender, to, message)
        found = self._received.get(key)
        if found is None:
            act: Act = (DELIVER, sender, message)

            def outcomes(field: int) -> tuple[int, ...]:
                local = field & LOCAL_MASK
                return self._differences(to, local, field >> LOCAL, act) if local != CRASHED else ()

            found = self._received[key] = Received(outcomes)
        return found

    # ---- when no request is left -----------------------------------------------------------------------------------

    def _ended(self, state: int) -> int:
        """Return the state, and if no request is left in it what it is when every algorithm was told so."""
        if state >> self.left & (1 << self.top - self.left) - 1:
            return state
        return state + sum(
            differences[state >> node * FIELD & LOCAL_MASK] for node, differences in enumerate(self._when_over)
        )

    def difference_when_over(self, node: int, local: int) -> int:
        return self._local_difference(node, local, self.reactions[node].when_over(local))

    # ---- faults of the network -------------------------------------------------------------------------------------

    def fault_steps(self, kind: str, node: int, local: int, channels: int) -> list[tuple[Event, int]]:
        """Return the faults of one kind that can befall a node or what is on its way from it, with differences."""
        one, known = 1 << self.counters[FAULTS.index(kind)], self.channels[node]
        if kind == "crash":
            if local == CRASHED:
                return []
            return [(Event(kind, node), one + self._local_difference(node, local, CRASHED))]
        if kind == "lose":
            befallen = [(to, message, left) for to, message, left in known.deliverable(channels)]
        else:
            again = known.repeatable(channels)
            befallen = [(to, message, known.with_sends(channels, ((to, message),))) for to, message in again]
        return [
            (Event(kind, to, node, message), one + self.channels_difference(node, channels, after))
            for to, message, after in befallen
        ]

    def _faults(self, kind: str, node: int, field: int) -> tuple[int, ...]:
        steps = self.fault_steps(kind, node, field & LOCAL_MASK, field >> LOCAL)
        return tuple([difference for _, difference in steps])
