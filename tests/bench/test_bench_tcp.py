"""How long Lamport's algorithm takes on tcp, and the floor beside it. `mxbench bench --only tcp-10` has the ratio.

A round is a whole run, the start of its processes included; extra_info has the entries a second of the run proper.
"""

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from mxbench.bench.floors import NO_GCC, Measure, compile_tcp_floor, run_tcp_floor
from mxbench.bench.tcp import run_ours

ENTRIES_PER_NODE = {10: 20, 5: 60, 2: 400}  # for a fraction of a second each
ROUNDS = 2


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled floor."""
    program = compile_tcp_floor(tmp_path_factory.mktemp("floor"))
    if program is None:
        pytest.skip(NO_GCC)
    return program


def note(benchmark: BenchmarkFixture, measure: Measure, nodes: int) -> None:
    """Check the counts, which no machine can change, and keep them beside the times."""
    assert measure.entries == nodes * ENTRIES_PER_NODE[nodes]
    assert measure.messages == 3 * (nodes - 1) * measure.entries
    benchmark.extra_info.update(
        nodes=nodes, entries=measure.entries, messages=measure.messages, entries_per_s=round(measure.entries_per_s)
    )


@pytest.mark.benchmark(group="tcp")
@pytest.mark.parametrize("history", ["full", "off"])
@pytest.mark.parametrize("nodes", [10, 5, 2])
def test_lamport_on_tcp(benchmark: BenchmarkFixture, nodes: int, history: str) -> None:
    rounds = ROUNDS if history == "full" else 1
    measure = benchmark.pedantic(run_ours, (nodes, ENTRIES_PER_NODE[nodes], history), rounds=rounds)
    note(benchmark, measure, nodes)


@pytest.mark.benchmark(group="tcp")
@pytest.mark.parametrize("nodes", [10, 5, 2])
def test_the_floor_of_lamport_on_tcp(benchmark: BenchmarkFixture, floor: Path, nodes: int) -> None:
    measure = benchmark.pedantic(run_tcp_floor, (floor, nodes, ENTRIES_PER_NODE[nodes]), rounds=ROUNDS)
    note(benchmark, measure, nodes)
