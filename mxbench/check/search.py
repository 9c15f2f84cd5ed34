"""Breadth-first search of a space, level by level, with every property judged on the way.

Theory of operation:

* A level holds the states that are so many steps away from the start, and no fewer. So what is found first is nearest.
* Mutual exclusion is one `max` over a level, as the number of nodes inside stands on top of a state. A deadlock is a
  state without a step (but faults of the network) in which a node waits.
* 'Every waiter can still enter' comes for free if no step ever leads back to a level that was reached before: then
  no schedule goes on for ever, and each ends in a state without a step, where nobody waits. Otherwise `waiters.py`
  looks for states from which a waiter cannot get in any more.
* Of the violations at one depth, the first of these is told: deadlock (its trace is the shortest, as it lies in the
  level that is being expanded), then mutual exclusion, then the properties asked for by name, then the contract.
* No state knows its predecessor. A trace is found backwards: the states of the level before are expanded again.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from mxbench.check.compiled import graph_of
from mxbench.check.graph import Graph
from mxbench.check.judged import Judged
from mxbench.check.memory import memory_in_use
from mxbench.check.reaction import HandlerHangs
from mxbench.check.space import Event, Space, SpaceFull
from mxbench.check.waiters import may_wait_for_ever, stranded
from mxbench.core.property import ALWAYS_JUDGED, Property

CHUNK, FEW = 20_000, 1_000  # the most and the fewest states between two looks at the limits
MAX_STATES = 20_000_000  # unless told otherwise; the memory of the machine is a limit of its own
STATES_TO_WEIGH = 50_000  # fewer do not show in the memory of a process
MUTUAL_EXCLUSION, DEADLOCK, CAN_ENTER, CONTRACT = ALWAYS_JUDGED


class Limits(msgspec.Struct, frozen=True):
    """Where a search gives up: states, seconds, bytes of memory that the process holds; None for no limit."""

    states: int | None = MAX_STATES
    seconds: float | None = None
    bytes: int | None = None


LIMITS = Limits()


class Progressed(NamedTuple):
    """How far a search has come."""

    states: int
    transitions: int
    depth: int
    width: int
    seconds: float


class Found(msgspec.Struct):
    """What a search came to. schedule: the initial state and the steps that violate `property`, shortest first.

    depth: the number of the last level that was reached. limit: which limit was hit, '' for none. contended: a state
    was seen in which a node waited while another one waited or was inside. entered: the nodes that were seen inside.
    stuck: the nodes that wait for ever, of a violation of progress. most_bytes: of memory that the process held;
    bytes_per_state: what the search added to it, None for a search too small to tell. met: 'sometimes' properties that
    were met, and at which depth; unmet: those that were not.
    rounds: some schedule goes round for ever while a node waits; None where a limit, not_worked_out, was hit before.
    """

    states: int = 0
    transitions: int = 0
    depth: int = 0
    property: str | None = None
    schedule: list[Event] = []
    limit: str = ""
    contended: bool = False
    entered: list[int] = []
    stuck: list[int] = []
    fault: str = ""
    rounds: bool | None = False
    not_worked_out: str = ""
    most_bytes: int = 0
    bytes_per_state: int | None = None
    met: dict[str, int] = {}
    unmet: list[str] = []


class LimitHit(Exception):
    """The search must end before it is complete."""


class Search:
    """One search; `run` it once. started: the reading of time.perf_counter() from which its seconds count."""

    def __init__(
        self, space: Space, limits: Limits = LIMITS, on_progress: Callable[[Progressed], None] | None = None,
        properties: Sequence[type[Property]] = (), started: float | None = None,
    ) -> None:  # fmt: skip
        self.space, self.limits = space, limits
        self._properties = Judged(space, properties)
        self._bytes_before = memory_in_use()
        self.graph: Graph
        self.found = Found()
        self._on_progress = on_progress
        self._cut = (-1, 0)  # the level in which a limit was hit, and how many of its states were expanded by then
        self._started = time.perf_counter() if started is None else started

    def run(self) -> Found:
        """Search until a violation is found, everything is seen, or a limit is hit."""
        found = self.found
        collecting = gc.isenabled()
        gc.disable()  # nothing here forms a cycle, and to look for them costs more the more states there are
        try:
            self.graph = graph_of(self.space)
            graded = self._levels()
            if found.property is None and not graded:
                self._look_for_stranded()
            if found.property is None:
                found.property = next(iter(self._properties.unmet), None)
        except HandlerHangs as hangs:
            level = self.graph.levels[-1]
            self._tell_breach(state for state in level if self.space.fields(state)[hangs.node][0] == hangs.local)
        except LimitHit as hit:
            found.limit = str(hit)
        except SpaceFull:
            found.limit = "the different states of one node no longer fit their field"
        except MemoryError:
            del self.graph
            found.limit = "memory"
        finally:
            if collecting:
                _age_all()
                gc.enable()
        self._weigh()
        found.met, found.unmet = self._properties.met, self._properties.unmet
        found.entered = [
            node for node, reactions in enumerate(self.space.reactions)
            if any(local.inside for local in reactions.locals)
        ]  # fmt: skip
        return found

    # ---- the levels ------------------------------------------------------------------------------------------------

    def _levels(self) -> bool:
        """Search level by level; return whether no step led back to a level reached before."""
        space, found, graph = self.space, self.found, self.graph
        found.states = graph.count
        graded = True
        if space.faults:  # in the first step of a node, which no schedule has
            found.property, found.fault = CONTRACT, space.faults[0]
            return graded
        expanded = 0
        while level := graph.levels[-1]:
            found.depth = len(graph.levels) - 1
            if self._judge_level(level):
                return graded
            final: list[int] = []
            first, limit = 0, None
            while first < len(level) and limit is None:
                last = min(first + self._chunk(graph.count, expanded), len(level))
                steps, without = graph.expand(first, last)
                found.transitions += steps
                final += without
                expanded += last - first
                first = last
                try:
                    self._look_around(graph.count, len(level))
                except LimitHit as hit:
                    limit = hit
            graded &= graph.close_level()
            found.states = graph.count
            if self._judge_steps(level if limit is None else level[:first], final):
                return graded
            if limit is not None:  # what was reached by then is looked at all the same
                self._cut = found.depth, first
                found.depth += 1
                if self._judge_level(graph.levels[-1]):
                    return graded
                found.depth -= 1
                raise limit
        graph.levels.pop()
        return graded

    def _chunk(self, states: int, expanded: int) -> int:
        """Return how many states to expand before the next look. A limit of states is not passed by far if each leads
        to as many others as those so far did."""
        left = CHUNK
        if self.limits.states is not None:
            left = (self.limits.states - states) * expanded // max(self.found.transitions, 1)
        return min(max(left, FEW), CHUNK)

    def _judge_level(self, level: Sequence[int]) -> bool:
        """Return whether mutual exclusion is violated in a level that was just reached."""
        space, found = self.space, self.found
        if not found.contended:
            found.contended = any(space.inside(state) + len(space.waiters(state)) > 1 for state in level)
        k = space.question.k
        if self.graph.most_inside(found.depth) > k:
            found.property = MUTUAL_EXCLUSION
            found.schedule = self._schedule(min(state for state in level if space.inside(state) > k))
        elif (broken := self._properties.first_violation(level, found.depth)) is not None:
            found.property, state = broken
            found.schedule = self._schedule(state)
        return found.property is not None

    def _judge_steps(self, level: Sequence[int], final: list[int]) -> bool:
        """Return whether a level that was just expanded holds a deadlock, or a step of it a breach."""
        space, found = self.space, self.found
        stuck = next((state for state in sorted(final) if space.waiters(state) and not self._breaks(state)), None)
        if stuck is not None:
            found.property, found.stuck = DEADLOCK, space.waiters(stuck)
            found.schedule = self._schedule(stuck)
        elif space.faults and self.graph.most_inside(found.depth + 1) <= space.question.k:
            self._tell_breach(sorted(level))
        return found.property is not None

    def _tell_breach(self, states: Iterable[int]) -> None:
        """Tell of the first of these states in which a step breaks the contract, if there is one."""
        found = self.found
        for state in states:
            breach = self._breach_in(state)
            if breach is not None:
                found.property, found.fault = CONTRACT, breach.fault or ""
                found.schedule = [*self._schedule(state), breach]
                return

    def _breach_in(self, state: int) -> Event | None:
        for _ in range(self.space.n + 1):
            with suppress(HandlerHangs):  # once of each node; then it is remembered like any other fault
                return next((event for event, after in self.space.steps(state) if after is None), None)
        return None

    def _breaks(self, state: int) -> bool:
        """Return whether a step that can be taken in a state breaks the contract: it leads nowhere, and is no end."""
        return bool(self.space.faults) and any(after is None for _, after in self.space.steps(state))

    def _look_around(self, states: int, width: int) -> None:
        """Raise LimitHit if a limit is hit; tell how far the search has come."""
        seconds = time.perf_counter() - self._started
        limits = self.limits
        self.found.states = states
        if self._on_progress is not None:
            found = self.found
            self._on_progress(Progressed(states, found.transitions, found.depth, width, seconds))
        if limits.states is not None and states > limits.states:
            raise LimitHit(f"{limits.states:,} states")
        if limits.seconds is not None and seconds > limits.seconds:
            raise LimitHit(f"{limits.seconds:g} seconds")
        if self._weigh() > (limits.bytes or sys.maxsize):
            raise LimitHit(f"{(limits.bytes or 0) / 1e6:,.0f} MB of memory")

    def _weigh(self) -> int:
        """Return the bytes that the process holds, and note the most of them."""
        found, held = self.found, memory_in_use()
        if held > found.most_bytes:
            found.most_bytes = held
            if found.states >= STATES_TO_WEIGH:
                found.bytes_per_state = max(held - self._bytes_before, 0) // found.states
        return held

    # ---- what is left when the levels are done ---------------------------------------------------------------------

    def _look_for_stranded(self) -> None:
        found = self.found

        def alive() -> None:
            self._look_around(found.states, 0)

        state = stranded(self.graph, alive)
        if state is not None:
            found.property, found.stuck = CAN_ENTER, self.space.waiters(state)
            found.schedule = self._schedule(state)
        else:
            try:
                found.rounds = may_wait_for_ever(self.graph, alive)
            except LimitHit as hit:  # what is right was found out before
                found.rounds, found.not_worked_out = None, str(hit)

    def _schedule(self, state: int) -> list[Event]:
        """Return the steps from the start to a state, going backwards through the levels."""
        schedule: list[Event] = []
        for depth in reversed(range(self.graph.depth_of(state))):
            level, (cut, expanded) = self.graph.levels[depth], self._cut
            if depth == cut:  # the others led nowhere yet
                level = level[:expanded]
            before = next(s for s in sorted(level) if state in self.graph.after(s)[0])
            schedule.append(next(event for event, after in self.space.steps(before) if after == state))
            state = before
        return schedule[::-1]


def _age_all() -> None:
    """Take all objects for old ones, so that the collector does not begin by looking through a whole search: that took
    a tenth of its time."""
    frozen = gc.get_freeze_count()
    gc.freeze()
    if not frozen:  # what somebody froze stays so
        gc.unfreeze()
