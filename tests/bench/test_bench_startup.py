"""What a run costs before and beside its work: processes that start, meet and go."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from plans import plan
from pytest_benchmark.fixture import BenchmarkFixture

from mxbench.core.distributions import ZERO
from mxbench.net.cluster import Cluster
from mxbench_plugins.lamport import Lamport

IMPORTS = "import sys, mxbench.net.spawner; print(len(sys.modules))"


@pytest.mark.benchmark(group="startup")
@pytest.mark.parametrize(("nodes", "rounds"), [(3, 2), (10, 2), (50, 1)])
def test_a_run_of_one_entry_a_node(benchmark: BenchmarkFixture, nodes: int, rounds: int) -> None:
    ready = []

    def whole_run() -> int:
        with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
            cluster = Cluster(plan(Lamport, nodes, entries=1, dwell=ZERO), Path(folder))
            history = cluster.run()
        assert history.ending.reason == "quiet", history.ending
        assert len(history.entries) == nodes
        ready.append(cluster.ready_s)
        return sum(sum(node.totals.sent_by_type) for node in history.nodes)

    messages = benchmark.pedantic(whole_run, rounds=rounds)
    assert messages == 3 * (nodes - 1) * nodes
    benchmark.extra_info.update(
        nodes=nodes, connections=nodes * (nodes - 1) // 2, entries=nodes, messages=messages,
        ready_ms=round(1000 * min(ready)),
    )  # fmt: skip


@pytest.mark.benchmark(group="startup")
def test_import_what_a_node_needs(benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["modules"] = int(benchmark.pedantic(_output, ([sys.executable, "-c", IMPORTS],), rounds=3))


@pytest.mark.benchmark(group="startup")
def test_mxbench_help(benchmark: BenchmarkFixture) -> None:
    text = benchmark.pedantic(_output, ([sys.executable, "-m", "mxbench", "--help"],), rounds=3)
    assert "run" in text


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
