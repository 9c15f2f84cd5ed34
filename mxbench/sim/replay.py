"""A scenario carried out again, step by step, on the simulator's nodes, and what came of it.

The steps of a scenario mostly end in the middle of things. So that its history is that of a whole run, which checkers
judge and reports draw as any other, what is left after them is carried out too: all that can happen, in turn, until
nothing can. These further steps are not part of the trace. They also answer what the steps alone cannot: whether a
waiter can still enter after them.
"""

from collections.abc import Sequence
from random import Random

import msgspec

from mxbench.core.adversary import outside
from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.faults import Fault, FaultPlan
from mxbench.core.history import History
from mxbench.core.plan import Ending, RunPlan
from mxbench.core.property import Property
from mxbench.core.scenario import Scenario
from mxbench.core.trace import Step, nodes_text, violation
from mxbench.core.verdict import Verdict
from mxbench.overrun import watched
from mxbench.sim.explore import CONTRACT, DEADLOCK, bound_of, plan_of
from mxbench.sim.schedule import MUTUAL_EXCLUSION, TICK, Schedule
from mxbench.sim.tracer import Impossible, Tracer, blamed, find

CAN_ENTER = "every waiter can still enter"
NS = 1_000_000_000


class Replayed(msgspec.Struct, kw_only=True):
    """What came of a scenario.

    verdict: violated, valid, or undecided where the scenario does not apply any more. property: what is violated.
    as_recorded: it is what the scenario says. trace: the steps that were carried out, with the state that each
    changed. impossible: the step that could not be carried out, from 1, None if all could. text: one sentence.
    changed: the algorithm's source is not what it was; None if that is not known. history: of the whole run.
    """

    scenario: Scenario
    verdict: Verdict
    property: str | None
    as_recorded: bool
    text: str
    trace: list[Step]
    history: History
    impossible: int | None = None
    changed: bool | None = None


@watched()
def replay(
    algorithm: type[Algorithm], scenario: Scenario, plugin_files: Sequence[str] = (),
    properties: Sequence[type[Property]] = (),
) -> Replayed:  # fmt: skip
    """Carry out a scenario with this algorithm. properties: to be judged beside those that always are."""
    run = _Run(algorithm, scenario, plugin_files, properties)
    run.carry_out()
    run.go_on()
    if run.ending.reason == "failed" and run.property not in (None, CONTRACT, CAN_ENTER) and run.in_steps:
        run = _Run(
            algorithm, scenario, plugin_files, properties
        )  # what follows is no run; the steps alone are to be judged
        run.carry_out()
        text = "the steps of the scenario end here, and what would follow is no proper run"
        run.ending = Ending("stuck", text=text, stuck=run.stuck())
    return run.replayed()


class _Run:
    def __init__(
        self, algorithm: type[Algorithm], scenario: Scenario, plugin_files: Sequence[str],
        properties: Sequence[type[Property]],
    ) -> None:  # fmt: skip
        self.scenario = scenario
        plan = _plan(algorithm, scenario, plugin_files)
        self.schedule = Schedule(plan, algorithm, scenario.setup.network.fifo, None, properties)
        self.tracer = Tracer(self.schedule, careful=True)
        self.trace: list[Step] = []
        self.property: str | None = None
        self.text = ""
        self.impossible: int | None = None
        self.in_steps = True  # what was found shows in the steps of the scenario, not behind them
        self.ending = Ending("quiet")

    def carry_out(self) -> None:
        """Take the steps of the scenario, up to the first violation or to one that is impossible."""
        schedule, tracer = self.schedule, self.tracer
        tracer.start()
        self._judge_step()
        for number, act in enumerate(self.scenario.steps, start=1):
            if self.property is not None:
                return
            try:
                self.trace.append(tracer.take(find(schedule, act)))
            except Impossible as reason:
                self.impossible = number
                self.text = f"step {number} ({act}) cannot be carried out: {reason}"
                return
            self._judge_step()
        if self.property is None:
            self._judge_end()

    def go_on(self) -> None:
        """Carry out what is left, everybody in turn, until nothing is, and say how the run ended."""
        schedule, before = self.schedule, self.schedule.waiters()
        served: set[int] = set()
        further, bound = 0, bound_of(self.scenario.setup)
        schedule.draw = Random("what follows a scenario").randrange  # the first option each time might be no way out
        while schedule.enabled and self.tracer.fault is None and further < bound:
            if not schedule.plan.falls_quiet and self._nobody_wants():
                break
            key = next(iter(schedule.enabled))
            del schedule.enabled[key]  # to the end of the line
            schedule.enabled[key] = None
            further += 1
            try:
                schedule.take(key)
            except PLUGIN_ERRORS as error:
                self.tracer.fault = blamed(schedule, error, len(self.trace) + further)
            served.update(node for node in before if schedule.places[node].node.waiting is None)
            if self.property is None and self.impossible is None:
                self.in_steps = False
                self._judge_step()
        self._end(further, further == bound)
        if self.property is None and self.impossible is None:
            self._judge_rest([node for node in before if node not in served], further)

    def replayed(self) -> Replayed:
        """Return what came of it."""
        scenario, schedule = self.scenario, self.schedule
        again = self.property is not None and self.property == scenario.property and self.in_steps
        verdict: Verdict = "violated" if self.property else "valid"
        if self.property is None and (self.impossible is not None or self.ending.reason == "failed"):
            verdict = "undecided"
        histories = [place.history() for place in schedule.places]
        steps = len(self.trace)
        text = self.text or f"nothing is violated in its {steps} steps, nor in what was left to happen after them"
        return Replayed(
            scenario=scenario, verdict=verdict, property=self.property, as_recorded=again, text=text,
            trace=self.trace, history=History(schedule.plan, self.ending, histories), impossible=self.impossible,
        )  # fmt: skip

    def stuck(self) -> tuple[str, ...]:
        """Return a line for each node that waits or is inside."""
        schedule = self.schedule
        return tuple(p.describe() for p in schedule.places if p.node.busy and p.me not in schedule.crashed)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _judge_step(self) -> None:
        """Look for a violation that a single step shows."""
        schedule, steps = self.schedule, len(self.trace)
        behind = "" if self.in_steps else ", and some more behind the scenario's"
        if self.tracer.fault is not None:
            self.property = CONTRACT
            self.text = violation(CONTRACT, steps, fault=self.tracer.fault)
        elif (seen := schedule.violation()) is not None:
            self.property = seen
            if seen == MUTUAL_EXCLUSION and schedule.inside <= schedule.most_inside and schedule.repeated is not None:
                self.text = same_number(schedule.repeated, steps) + behind
            else:
                self.text = violation(seen, steps, schedule.insiders()) + behind

    def _judge_end(self) -> None:
        """Look for a deadlock behind the last step."""
        schedule = self.schedule
        if not schedule.enabled and schedule.waiters():
            self.property = DEADLOCK
            self.text = violation(DEADLOCK, len(self.trace), stuck=schedule.waiters())

    def _judge_rest(self, waiting: list[int], further: int) -> None:
        """Look for waiters that were not served by what followed the steps."""
        steps, schedule = len(self.trace), self.schedule
        if waiting and self.scenario.property == CAN_ENTER:
            self.property, self.in_steps = CAN_ENTER, True
            self.text = violation(CAN_ENTER, steps, stuck=waiting)
            self.text += f" (here {further:,} more steps did not; that none can is for 'mxbench check' to say)"
        elif not schedule.enabled and schedule.waiters():
            self.property, self.in_steps = DEADLOCK, False
            self.text = violation(DEADLOCK, steps + further, stuck=schedule.waiters())
        elif self.ending.reason == "failed":
            self.text = f"all {steps} steps were carried out; {self.ending.text}"

    def _end(self, further: int, cut_off: bool) -> None:
        stuck = self.stuck()
        if self.tracer.fault is not None:
            self.ending = Ending("failed", "contract", self.tracer.fault)
        elif cut_off:
            text = f"what followed the scenario did not come to an end in {further:,} steps"
            self.ending = Ending("failed", "stalled", text)
        elif stuck:
            busy = sorted({*self.schedule.waiters(), *self.schedule.insiders()})
            text = f"nothing can happen any more, and {nodes_text(busy)} wait or are inside"
            self.ending = Ending("stuck", text=text, stuck=stuck)

    def _nobody_wants(self) -> bool:
        schedule = self.schedule
        return not schedule.waiters() and not any(node in schedule.enabled for node in range(schedule.n))


def same_number(pair: tuple[int, int], steps: int) -> str:
    """Return the sentence on two entries of one fencing number."""
    return (
        f"{nodes_text(sorted(pair))} entered with the same number within {steps} steps: neither had heard that the "
        "other had left, so some schedule has both inside"
    )


def _plan(algorithm: type[Algorithm], scenario: Scenario, plugin_files: Sequence[str]) -> RunPlan:
    setup = scenario.setup
    crashes = tuple(
        Fault(at=number * TICK / NS, kind="crash", groups=((act.node,),))
        for number, act in enumerate(scenario.steps, start=1) if act.kind == "crash"
    )  # fmt: skip
    return msgspec.structs.replace(
        plan_of(algorithm, setup, "full"),
        network={} if setup.network.fifo else {"fifo": False},
        faults=msgspec.to_builtins(FaultPlan(crashes)) if crashes else {},
        broken_assumptions=tuple(outside(algorithm, setup.network, setup.quorums, setup.requests)),
        plugin_files=tuple(plugin_files),
    )
