"""How long the checker takes, and SPIN beside it. `mxbench bench --only spin` has the ratio. The counts are exact."""

from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from mxbench.bench.check import seconds_on_a_copy
from mxbench.bench.floors import NO_SPIN, compile_spin_floor, run_spin_floor
from mxbench.check.answer import check
from mxbench.check.question import parse_question


@pytest.mark.benchmark(group="check")
@pytest.mark.parametrize(
    ("algorithm", "bound", "states", "transitions"),
    [
        ("lamport", {"nodes": 2}, 1_656, 2_623),
        ("lamport-suppressed", {"requests": 1}, 47_310, 111_874),
        ("ricart-agrawala", {}, 31_888, 86_789),
        ("suzuki-kasami", {}, 15_110, 48_061),
        ("maekawa", {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}, 10_484, 34_862),
    ],
    ids=str,
)
def test_search_every_schedule(
    benchmark: BenchmarkFixture, algorithm: str, bound: dict[str, Any], states: int, transitions: int
) -> None:
    found = benchmark.pedantic(check, (algorithm,), bound, rounds=2)
    assert found["verdict"] == "valid", found["text"]
    assert (found["states"], found["transitions"]) == (states, transitions)
    benchmark.extra_info.update(states=states, transitions=transitions, depth=found["depth"])


@pytest.mark.benchmark(group="check")
def test_a_step_worked_out_on_a_copy(benchmark: BenchmarkFixture) -> None:
    question = parse_question("ricart-agrawala")
    assert benchmark.pedantic(seconds_on_a_copy, (question, 1_000), rounds=2) > 0


@pytest.mark.benchmark(group="check")
def test_the_floor_of_the_checker(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    program = compile_spin_floor(tmp_path)
    if program is None:
        pytest.skip(NO_SPIN)
    found = benchmark.pedantic(run_spin_floor, (program,), rounds=1)
    assert (found.errors, found.states) == (0, 949_199), "what `check lamport --requests 1 --no-forget` finds too"
    benchmark.extra_info.update(states=found.states, transitions=found.transitions)
