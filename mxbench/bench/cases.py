"""What `mxbench bench` measures, in the order of its table."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from mxbench.bench import check, histories, sim, startup, tcp, uncontended
from mxbench.bench.floors import heap_loop
from mxbench.bench.pace import PATIENCE, TABLE_SECONDS, Pace
from mxbench.bench.row import Row, noise_of
from mxbench.errors import ExperimentError

NOISY = 0.1  # above, a machine moves times by more than most differences
PAIRS = 15  # of the same loop, one after the other, before anything is measured
TIME_IS_UP = "skipped: the two minutes are over; measure it with: mxbench bench --only {}"
BY_NAME = "skipped: it takes about a minute; measure it with: mxbench bench --only {}"


class Case(NamedTuple):
    """Something to measure. on_request: measured only if it is asked for by name."""

    name: str
    path: str
    what: str
    measure: Callable[..., Iterator[Row]]
    on_request: bool = False


CASES = (
    Case("tcp-10", "tcp", "Lamport over the C floor, n = 10; the cost of history", partial(tcp.over_the_floor, nodes=10)),
    Case("tcp-5", "tcp", "Lamport over the C floor, n = 5", partial(tcp.over_the_floor, nodes=5)),
    Case("tcp-2", "tcp", "Lamport over the C floor, n = 2", partial(tcp.over_the_floor, nodes=2)),
    Case("uncontended", "tcp", "an uncontended entry over a ping-pong", uncontended.uncontended),
    Case("tcp-100", "tcp", "a run with a hundred nodes", tcp.hundred_nodes),
    Case("sim-lamport", "sim", "Lamport over a bare heap loop", sim.lamport),
    Case("sim-raymond", "sim", "Raymond, n = 1,000, over a bare heap loop", sim.raymond),
    Case("sweep", "sim", "a sweep on two cores over one", sim.sweep),
    Case("check-lamport", "check", "transitions a second, lamport 3 x 1", check.lamport),
    Case("spin", "check", "lamport 3 x 1 over SPIN's compiled checker", check.over_spin),
    Case("startup", "start", "commands from a cold start", startup.startup),
    Case("history", "history", "a history of 10,000,000 events", histories.histories),
    Case("check-ricart", "check", "transitions a second, ricart-agrawala 4 x 1", check.ricart_agrawala),
    Case("check-shipped", "check", "all shipped algorithms 3 x 2", check.shipped, on_request=True),
)


def run_cases(
    only: Sequence[str] = (), begin: Callable[[str], None] = lambda what: None, seconds: float = TABLE_SECONDS
) -> tuple[float, list[Row]]:  # fmt: skip
    """Return the noise of the machine, and the lines of the cases of these names, or of all.

    begin: is told what is measured next. seconds: after which no further case begins; more if names are given. Raises
    ExperimentError for a name that no case has.
    """
    for name in only:
        if name not in {case.name for case in CASES}:
            listed = ", ".join(case.name for case in CASES)
            raise ExperimentError(f"--only {name}: there is no such case (cases: {listed})")
    pace = Pace(seconds, patience=PATIENCE if only else 1.0)
    begin("the machine against itself")
    pace.noise = machine_noise()
    rows: list[Row] = []
    for case in CASES:
        if only and case.name not in only:
            continue
        if pace.is_up or (case.on_request and not only):
            why = (TIME_IS_UP if pace.is_up else BY_NAME).format(case.name)
            rows.append(Row(case=case.name, path=case.path, measure=case.what, outcome="skipped", note=why))
            continue
        begin(case.what)
        rows += case.measure(case.name, pace=pace)
    return pace.noise, rows


def machine_noise(pairs: Iterable[int] = range(PAIRS)) -> float:
    """Return how far two runs of one loop lie apart in wall-clock time, as a share: the machine's part in any figure."""
    return noise_of([timed_heap_loop() / timed_heap_loop() for _ in pairs])


def timed_heap_loop() -> float:
    """Return the wall-clock seconds of a short loop."""
    began = time.monotonic()
    heap_loop(waiting=100, events=50_000)
    return time.monotonic() - began
