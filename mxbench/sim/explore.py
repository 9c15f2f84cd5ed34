"""Random schedules, many of them, each from its own stream (seed, number of the schedule): the first that is wrong.

What a single schedule can tell is judged: more nodes inside together than may be; two entries of one fencing number,
which means that some schedule has both inside (core/node.py); a waiter when no step is left; a breach of the contract;
and of properties that are asked for those that hold 'always'. That every waiter can still enter cannot be told of one
schedule, nor that an algorithm is right of any number of them.

A schedule that does not come to an end is cut off at a bound. Before that, at half the bound, all begin to take turns,
so that what is cut off there did not wait for want of a fair chance.
"""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import HistoryLevel, PluginRef, RunPlan
from mxbench.core.property import Property
from mxbench.core.scenario import Setup
from mxbench.sim.schedule import Schedule
from mxbench.sim.strategies import STRATEGIES, Delays, Strategy
from mxbench.sim.tracer import Pick, blamed, carry_out, look_at
from mxbench.workloads.hold import Hold

DEADLOCK, CONTRACT = "no deadlock", "contract"
FIRST_LENGTH = 30  # steps that a schedule is expected to have, until one had more
CAREFUL = 3  # schedules at first, after each step of which the state is looked at
BETWEEN_LOOKS = 50  # schedules


class Explored(msgspec.Struct):
    """What a random search came to. number: of the schedule that violates `property`, from 0; picks: its steps.

    steps: of all schedules; longest: of the longest. cut_off: how many schedules were cut off at the bound.
    stopped: on_progress had enough before all schedules were tried.
    """

    schedules: int = 0
    steps: int = 0
    longest: int = 0
    cut_off: int = 0
    contended: bool = False
    entered: set[int] = set()
    property: str | None = None
    number: int = 0
    picks: list[Pick] = []
    stopped: bool = False


def plan_of(algorithm: type[Algorithm], setup: Setup, history: HistoryLevel = "off", seed: int = 1) -> RunPlan:
    """Return the plan of a run on which schedules are tried."""
    return RunPlan(
        experiment="scenario", algorithm=PluginRef(algorithm.name, algorithm.__module__, algorithm.__qualname__),
        quorum_system=setup.quorum_system, quorums=setup.quorums, topology=setup.topology, holder=setup.holder,
        k=setup.k if algorithm.takes_k else None,
        towards=setup.towards, algorithm_servers=int(setup.server), nodes=setup.nodes, engine="sim",
        workload=PluginRef(Hold.name, Hold.__module__, Hold.__qualname__),
        arrivals=tuple(ArrivalPlan(requests) for requests in setup.requests),
        history=history, falls_quiet=algorithm.falls_quiet, seed=seed,
    )  # fmt: skip


def bound_of(setup: Setup) -> int:
    """Return how many steps a schedule may have before it is cut off: many times what an algorithm should need."""
    return 1000 + 50 * setup.nodes * (1 + sum(setup.requests))


def explore(
    algorithm: type[Algorithm], setup: Setup, schedules: int, seed: int = 1,
    on_progress: Callable[[Explored], bool] | None = None, properties: Sequence[type[Property]] = (),
) -> Explored:  # fmt: skip
    """Try so many schedules, or up to the first violation, or until on_progress returns True.

    properties: to be judged after each step, beside those that always are.
    """
    plan, found = plan_of(algorithm, setup), Explored()
    length = FIRST_LENGTH
    for number in range(schedules):
        found.number = number
        one = _One(algorithm, plan, setup, Random(f"{seed}/schedule/{number}"), length, number, properties)
        found.property = one.run()
        found.schedules += 1
        found.steps += one.steps
        found.longest = length = max(length if number else 0, one.steps, 1)
        found.cut_off += one.cut_off
        found.contended |= one.schedule.contended
        found.entered |= one.schedule.entered
        if found.property is not None:
            found.picks = [pick if isinstance(pick, Pick) else Pick("take", pick) for pick in one.picks]
            break
        if on_progress is not None and number % BETWEEN_LOOKS == 0 and on_progress(found):
            found.stopped = found.schedules < schedules
            break
    return found


class _One:
    """One random schedule."""

    def __init__(
        self, algorithm: type[Algorithm], plan: RunPlan, setup: Setup, draw: Random, length: int, number: int,
        properties: Sequence[type[Property]],
    ) -> None:  # fmt: skip
        self.schedule = Schedule(plan, algorithm, setup.network.fifo, draw.randrange, properties)
        self.picks: list[int | Pick] = []
        self.steps = 0
        self.cut_off = False
        self._draw, self._setup = draw, setup
        self._strategy: Strategy = STRATEGIES[number % len(STRATEGIES)](draw, length)
        self._faults = self._drawn_faults(length)
        self._careful = number < CAREFUL
        self._restless = not plan.falls_quiet

    def run(self) -> str | None:
        """Take the schedule to its end; return the property that it violates."""
        schedule = self.schedule
        try:
            schedule.start()
            for place in schedule.places if self._careful else ():
                schedule.acting = place
                look_at(schedule)
            self._shuffle()
            self._take_steps()
        except PLUGIN_ERRORS as error:
            blamed(schedule, error, self.steps)  # raises if it was not the plugin
            return CONTRACT
        if (seen := schedule.violation()) is not None:
            return seen
        if not schedule.enabled and schedule.waiters():
            return DEADLOCK
        return None

    def _take_steps(self) -> None:
        schedule, strategy, faults, picks = self.schedule, self._strategy, self._faults, self.picks
        enabled, most, judged = schedule.enabled, schedule.most_inside, bool(schedule.properties)
        bound = bound_of(self._setup)
        while enabled:
            if faults and self.steps >= faults[-1][0]:
                pick = self._fault(faults.pop()[1])
                if pick is not None:
                    picks.append(pick)
                    self.steps += 1
                    carry_out(schedule, pick)
                    continue
            key = strategy.pick(enabled, self.steps)
            picks.append(key)
            self.steps += 1
            try:
                schedule.take(key)
            finally:  # of a step that breaks the contract too
                if schedule.chosen:
                    picks[-1] = Pick("take", key, 0, tuple(schedule.chosen))
            if schedule.inside > most or schedule.repeated is not None or (judged and schedule.violation()):
                return
            if self._careful:
                look_at(schedule)
            if self._restless and not schedule.waiters() and not any(node in enabled for node in range(schedule.n)):
                return  # it sends for ever, and nobody wants anything any more
            if self.steps == bound // 2:
                strategy = Delays(self._draw, 1)
            elif self.steps == bound:
                self.cut_off = True
                return

    def _shuffle(self) -> None:
        keys = list(self.schedule.enabled)
        self._draw.shuffle(keys)
        self.schedule.enabled.clear()
        self.schedule.enabled.update(dict.fromkeys(keys))

    def _drawn_faults(self, length: int) -> list[tuple[int, str]]:
        """Return what goes wrong, the last first: as many faults of each kind as may happen, or fewer."""
        network, draw = self._setup.network, self._draw
        drawn = []
        for kind, most in (("lose", network.losses), ("duplicate", network.duplicates), ("crash", network.crashes)):
            if most:
                drawn += [(draw.randrange(length), kind) for _ in range(draw.randrange(most + 1))]
        return sorted(drawn, reverse=True)

    def _fault(self, kind: str) -> Pick | None:
        """Return a fault that can happen now, None if there is none."""
        schedule, draw = self.schedule, self._draw
        if kind == "crash":
            alive = [node for node in range(schedule.n) if node not in schedule.crashed]
            return Pick("crash", draw.choice(alive)) if alive else None
        keys = [key for key in schedule.enabled if key >= schedule.n]
        if not keys:
            return None
        key = draw.choice(keys)
        return Pick(kind, key, draw.randrange(len(schedule.lanes[key])) if kind == "duplicate" else 0)
