"""How long the simulator takes, and the floor beside it. `mxbench bench --only sim-lamport` has the ratio.

The counts are the same on every machine: requests, deliveries, timers and releases, and the messages among them.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from worlds import world

from mxbench.bench.floors import heap_loop
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import ZERO, Distribution, Exponential
from mxbench.sim.world import World
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.raymond import Raymond
from mxbench_plugins.suzuki_kasami import SuzukiKasami

THINKING = Exponential(10.0)


@pytest.mark.benchmark(group="sim")
@pytest.mark.parametrize(
    ("algorithm", "nodes", "entries", "think", "steps", "messages"),
    [
        (Lamport, 10, 20, ZERO, 5_810, 5_400),
        (Lamport, 50, 1, ZERO, 7_500, 7_350),
        (SuzukiKasami, 100, 3, ZERO, 30_400, 29_700),
        (Raymond, 1_000, 2, THINKING, 14_978, 7_978),
        (NaimiTrehel, 1_000, 2, THINKING, 18_882, 11_882),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_simulated_run(
    benchmark: BenchmarkFixture, algorithm: type[Algorithm], nodes: int, entries: int, think: Distribution, steps: int,
    messages: int,
) -> None:  # fmt: skip
    def fresh() -> tuple[tuple[World], dict[str, object]]:
        return (world(algorithm, nodes, entries=entries, think=think, dwell=ZERO),), {}

    done: list[World] = []

    def run(made: World) -> None:
        assert made.run().reason == "quiet"
        done[:] = [made]

    benchmark.pedantic(run, setup=fresh, rounds=3)
    places = done[0].places
    counts = {
        "steps": sum(place.node.steps for place in places),
        "messages": sum(place.sent() for place in places),
        "virtual_ns": done[0].now,
    }
    benchmark.extra_info.update(counts, nodes=nodes, entries=nodes * entries)
    assert (counts["steps"], counts["messages"]) == (steps, messages)


@pytest.mark.benchmark(group="sim")
@pytest.mark.parametrize("waiting", [10, 1_000])
def test_the_floor_of_the_simulator(benchmark: BenchmarkFixture, waiting: int) -> None:
    benchmark.pedantic(heap_loop, (waiting, 50_000), rounds=3)
    benchmark.extra_info.update(events=50_000, waiting=waiting)
