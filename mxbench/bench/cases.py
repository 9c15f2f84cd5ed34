"""What `mxbench bench` measures, in the order of its table."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from mxbench.bench import bytecode, check, histories, sim, startup, tcp, uncontended
from mxbench.bench.floors import heap_loop
from mxbench.bench.pace import PATIENCE, TABLE_SECONDS, Pace
from mxbench.bench.row import Row, noise_of
from mxbench.errors import ExperimentError

NOISY = 0.1  # above, a machine moves times by more than most differences
PAIRS = 15  # of the same loop, one after the other, before anything is measured
TIME_IS_UP = "skipped: the two minutes are over; measure it with: mxbench bench --only {}"
BY_NAME = "skipped: it takes about a minute; measure it with: mxbench bench --only {}"


class Case(NamedTuple):
    """Something to measure. seconds: about how long that takes. on_request: only if it is asked for by name."""

    name: str
    path: str
    seconds: int
    what: str
    measure: Callable[..., Iterator[Row]]
    on_request: bool = False


CASES = (
    Case("tcp-10", "tcp", 10, "Lamport over the C floor, n = 10; the cost of history",
         partial(tcp.over_the_floor, nodes=10)),
    Case("tcp-5", "tcp", 8, "Lamport over the C floor, n = 5", partial(tcp.over_the_floor, nodes=5)),
    Case("tcp-2", "tcp", 8, "Lamport over the C floor, n = 2", partial(tcp.over_the_floor, nodes=2)),
    Case("uncontended", "tcp", 4, "an uncontended entry over a ping-pong", uncontended.uncontended),
    Case("tcp-100", "tcp", 11, "a run with a hundred nodes", tcp.hundred_nodes),
    Case("sim-lamport", "sim", 3, "Lamport over a bare heap loop", sim.lamport),
    Case("sim-raymond", "sim", 3, "Raymond, n = 1,000, over a bare heap loop", sim.raymond),
    Case("sweep", "sim", 19, "a sweep of 200 runs on two cores over one", sim.sweep),
    Case("check-ricart", "check", 20, "transitions a second, ricart-agrawala 4 x 1", check.ricart_agrawala),
    Case("check-lamport", "check", 6, "transitions a second, lamport 3 x 1", check.lamport),
    Case("spin", "check", 9, "lamport 3 x 1 over SPIN's compiled checker", check.over_spin),
    Case("check-shipped", "check", 60, "all shipped algorithms 3 x 2", check.shipped, on_request=True),
    Case("startup", "start", 5, "commands from a cold start", startup.startup),
    Case("history", "history", 14, "a history of 10,000,000 events", histories.histories),
)  # fmt: skip


def run_cases(
    only: Sequence[str] = (), begin: Callable[[str], None] = lambda what: None, seconds: float = TABLE_SECONDS
) -> tuple[float, list[Row]]:  # fmt: skip
    """Return the noise of the machine, and the lines of the cases of these names, or of all.

    begin: is told what is measured next. seconds: for all of them together. Raises
    ExperimentError for a name that no case has.
    """
    for name in only:
        if name not in {case.name for case in CASES}:
            listed = ", ".join(case.name for case in CASES)
            raise ExperimentError(f"--only {name}: there is no such case (cases: {listed})")
    pace = Pace(seconds, patience=PATIENCE if only else 1.0)
    begin("the machine against itself")
    pace.noise = machine_noise()
    rows: dict[str, list[Row]] = {}
    with bytecode.kept():
        for case in sorted(CASES, key=lambda case: case.seconds):  # what is cheap first: a slow machine gets less far
            if only and case.name not in only:
                continue
            late = not only and not pace.has_room_for(case.seconds)
            if late or (case.on_request and not only):
                why = (BY_NAME if case.on_request else TIME_IS_UP).format(case.name)
                rows[case.name] = [Row(case=case.name, path=case.path, measure=case.what, outcome="skipped", note=why)]
                continue
            begin(case.what)
            with pace.spending(case.seconds):
                rows[case.name] = list(case.measure(case.name, pace=pace))
    return pace.noise, [row for case in CASES for row in rows.get(case.name, ())]


def machine_noise(pairs: Iterable[int] = range(PAIRS)) -> float:
    """Return how far two runs of one loop lie apart in wall-clock time, as a share: the noise of the machine."""
    return noise_of([timed_heap_loop() / timed_heap_loop() for _ in pairs])


def timed_heap_loop() -> float:
    """Return the wall-clock seconds of a short loop."""
    began = time.monotonic()
    heap_loop(waiting=100, events=50_000)
    return time.monotonic() - began
