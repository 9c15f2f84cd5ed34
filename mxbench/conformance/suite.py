"""The checks of the conformance suite, in the order in which they are made."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from mxbench.conformance import schedules, watching
from mxbench.conformance.costs import delay_claims, messages_claim
from mxbench.conformance.outcomes import Outcome, Report
from mxbench.conformance.schedules import Bench
from mxbench.core.algorithm import Algorithm
from mxbench.errors import ExperimentError

FEW_NODES = (1, 2, 3)  # every schedule
MANY_NODES = range(4, 10)  # random ones


class Check(NamedTuple):
    """One check: its name, and how to make it."""

    name: str
    make: Callable[[], Outcome]


class Suite:
    """The checks of one algorithm. database: a folder for schedules that were wrong; None to keep none."""

    def __init__(
        self, algorithm: type[Algorithm], database: Path | None = None, max_states: int = schedules.MAX_STATES
    ) -> None:  # fmt: skip
        self.algorithm = algorithm
        self._bench = Bench(algorithm, database, max_states)
        self._wrong: str | None = None  # the check of schedules that failed first

    def checks(self) -> list[Check]:
        """Return all checks: the schedules that were wrong before come first."""
        bench = self._bench
        saved = [
            Check(f"saved-{file.stem.partition('--')[2]}", partial(schedules.saved_schedule, bench, file))
            for file in schedules.saved_schedules(bench)
        ]
        few = [self._first(f"every-schedule-n{n}", partial(schedules.every_schedule, bench, n)) for n in FEW_NODES]
        many = [
            self._first(f"random-schedules-n{n}", partial(schedules.random_schedules, bench, n)) for n in MANY_NODES
        ]
        return [
            *saved,
            Check(watching.CONTRACT, lambda: watching.contract(self._watched)),
            Check(watching.DETERMINISM, lambda: watching.determinism(self._watched)),
            *few,
            *many,
            self._first("messages-per-entry", partial(messages_claim, bench)),
            self._first("delays", partial(delay_claims, bench)),
            self._first("outside-assumptions", partial(schedules.outside_assumptions, bench)),
        ]

    def run(self) -> Report:
        """Make all checks."""
        return Report(self.algorithm.name, tuple(check.make() for check in self.checks()))

    def _first(self, name: str, make: Callable[[], Outcome]) -> Check:
        """Return a check that says nothing once an earlier one has found a schedule that is wrong."""

        def make_unless_wrong() -> Outcome:
            if self._wrong is not None:
                return Outcome(name, "undecided", f"{self._wrong} fails; repair that first")
            if self._watched.cut_off:
                return Outcome(name, "undecided", f"{watching.CONTRACT} fails: its handlers do not come to an end")
            outcome = make()
            if outcome.verdict == "failed" and "schedule" in name:
                self._wrong = name
            return outcome

        return Check(name, make_unless_wrong)

    @cached_property
    def _watched(self) -> watching.Watched:
        setups = []
        for nodes in FEW_NODES:
            try:
                setups.append(schedules.question_of(self.algorithm, nodes, 2).setup)
            except ExperimentError:
                continue  # there are no quorums for so many
        return watching.watch(self.algorithm, tuple(setups), watching.LIMIT_S)
