"""The simulator: events a second over those of a bare heap loop, and what a second core is worth to a sweep."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import yaml

from mxbench.bench.floors import heap_loop
from mxbench.bench.pace import Pace
from mxbench.bench.plans import busy_plan, shipped
from mxbench.bench.row import Row, at_least, measured, noise_of, skipped
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import ZERO, Distribution, Exponential
from mxbench.core.network import Network
from mxbench.experiment.invocation import run
from mxbench.experiment.running import cores
from mxbench.sim.world import World
from mxbench.workloads.hold import Hold

EVENTS = at_least(0.35)
SPEED_UP = at_least(1.8)
SWEEP = 200  # runs
SWEPT = {
    "name": "bench_sweep",
    "algorithm": "lamport",
    "nodes": 10,
    "engine": "sim",
    "workload": {"type": "hold", "entries_per_node": 15, "dwell": "1ms", "think": "0s"},
}


def simulate(
    algorithm: type[Algorithm], nodes: int, entries: int, history: str = "full", think: Distribution = ZERO
) -> tuple[float, int]:
    """Return the processor seconds of a run and its events: the requests, deliveries, timers and releases of all nodes.

    entries: of each node. Raises AssertionError if the run fails.
    """
    plan = busy_plan(algorithm, nodes, entries, history, engine="sim", think=think)
    world = World(plan, algorithm, Hold, Network())
    began = time.process_time()
    ending = world.run()
    seconds = time.process_time() - began
    assert ending.reason == "quiet", ending
    return seconds, sum(place.node.steps for place in world.places)


def over_the_heap(
    case: str, algorithm: type[Algorithm], nodes: int, entries: int, think: Distribution, waiting: int, pace: Pace
) -> Iterator[Row]:
    """Yield the line of one algorithm. waiting: how many events the heap of the floor holds, about as many as ours."""
    ratios, pairs, rates = [], [], []
    for _ in pace.rounds(4, most=9, least=3):
        before = heap_loop(waiting, 100_000) / 100_000
        seconds, events = simulate(algorithm, nodes, entries, think=think)
        after = heap_loop(waiting, 100_000) / 100_000
        ratios.append((before + after) / 2 / (seconds / events))
        pairs.append(after / before)
        rates.append(events / seconds)
    measure = f"{algorithm.__name__}, n = {nodes:,}, full history: events/s over a bare heap loop"
    yield measured(case, "sim", measure, ratios, EVENTS, noise_of(pairs), f"{median(rates):,.0f} events/s")


def lamport(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the line of Lamport's algorithm on ten nodes: an entry has 27 messages, and takes as long as one does."""
    return over_the_heap(case, shipped("lamport"), 10, 100, ZERO, 27, pace)


def raymond(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the line of Raymond's algorithm on a thousand nodes, which think, nearly all of them at any time, long
    enough for the token to travel."""
    return over_the_heap(case, shipped("raymond"), 1_000, 3, Exponential(10.0), 1_000, pace)


def sweep(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the line of a sweep on two cores and on one."""
    measure = f"sweep of {SWEEP} runs: speed-up on two cores over one"
    if not hasattr(os, "sched_setaffinity"):
        yield skipped(case, "sim", measure, SPEED_UP, "skipped: this system does not bind a process to a core")
        return
    if cores() < 2:
        yield skipped(case, "sim", measure, SPEED_UP, "skipped: only one core may be used")
        return
    allowed = os.sched_getaffinity(0)
    both = sorted(allowed)[:2]
    speed_ups, pairs = [], []
    try:
        for _ in pace.rounds(15, most=3):
            before, two, after = (swept_s(given) for given in (both[:1], both, both[:1]))
            speed_ups.append((before + after) / 2 / two)
            pairs.append(after / before)
    finally:
        os.sched_setaffinity(0, allowed)
    yield measured(case, "sim", measure, speed_ups, SPEED_UP, noise_of(pairs))


def swept_s(cores: list[int]) -> float:
    """Return the seconds of the sweep on these cores."""
    os.sched_setaffinity(0, cores)
    with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
        file = Path(folder) / "sweep.yaml"
        file.write_text(yaml.safe_dump(SWEPT | {"repeat": SWEEP}))
        began = time.monotonic()
        document = run(file, results=Path(folder) / "results")
        seconds = time.monotonic() - began
    assert document["verdict"] == "valid"
    return seconds
