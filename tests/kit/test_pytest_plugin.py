"""The pytest plugin, in a pytest of its own: `--mxbench`, and the fixture `mxbench_benchmark`."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = "pytester"
ROOT = Path(__file__).parent.parent.parent
INSTALLED = any(entry.value == "mxbench.pytest_plugin" for entry in entry_points(group="pytest11"))
LOAD = () if INSTALLED else ("-p", "mxbench.pytest_plugin")
BENCHMARK = """
from mxbench_plugins.{module} import {name}

def test_its_price(mxbench_benchmark):
    counts = mxbench_benchmark({name}, nodes=3, entries=20)
    assert counts["entries"] == 60
"""


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*LOAD, "-p", "no:cacheprovider", *words, timeout=300)


def new_algorithm(pytester: pytest.Pytester) -> None:
    """Write hello.py and its test, in another process: pytester takes back what is imported during a test."""
    subprocess.run([sys.executable, "-m", "mxbench", "new", "algorithm", "hello"], cwd=pytester.path, check=True)


def right(pytester: pytest.Pytester) -> None:
    source = (ROOT / "plugins" / "ricart_agrawala.py").read_text()
    pytester.path.joinpath("right.py").write_text(source.replace('"ricart-agrawala"', '"right"'))


def test_the_plugin_is_an_entry_point_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["pytest11"] == {"mxbench": "mxbench.pytest_plugin"}


def test_it_costs_next_to_nothing_where_it_is_not_used() -> None:
    code = "import sys, mxbench.pytest_plugin; print(sorted(m for m in sys.modules if m.startswith('mxbench')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['mxbench', 'mxbench.pytest_plugin']"


@pytest.mark.slow
def test_each_check_of_a_right_algorithm_is_a_test_that_passes(pytester: pytest.Pytester) -> None:
    right(pytester)
    result = run(pytester, "--mxbench", "right.py", "-v")
    result.assert_outcomes(passed=14)
    result.stdout.fnmatch_lines(
        [
            "right.py::right::contract PASSED*",
            "right.py::right::determinism PASSED*",
            "right.py::right::every-schedule-n3 PASSED*",
            "right.py::right::random-schedules-n9 PASSED*",
            "right.py::right::messages-per-entry PASSED*",
            "*mxbench: worth knowing, and no fault*",
            "right, outside-assumptions:",
            "  a lost message: violates 'no deadlock' after 4 steps, 2 nodes that ask once",
        ]
    )
    assert not pytester.path.joinpath(".mxbench").exists()


@pytest.mark.slow
def test_a_wrong_algorithm_fails_with_a_picture_and_is_replayed_first_until_it_is_right(
    pytester: pytest.Pytester,
) -> None:
    new_algorithm(pytester)
    result = run(pytester, "--mxbench", "hello.py")
    result.assert_outcomes(failed=1, passed=3, skipped=10)
    result.stdout.fnmatch_lines(
        [
            "*hello: every-schedule-n2*",
            "mutual exclusion: nodes 0 and 1 are inside together after 2 steps",
            "*#  ENTERS (number 1)*",
            "mxbench replay .mxbench/hello--mutual-exclusion-n2.yaml    runs it again, step by step",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    again = run(pytester, "--mxbench", "hello.py", "-v", "-x")
    lines = [line for line in again.outlines if line.startswith("hello.py::hello::")]
    assert lines[0].startswith("hello.py::hello::saved-mutual-exclusion-n2 FAILED")
    again.assert_outcomes(failed=1)
    replayed = subprocess.run(
        [sys.executable, "-m", "mxbench", "replay", ".mxbench/hello--mutual-exclusion-n2.yaml"],
        cwd=pytester.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert replayed.returncode == 1, replayed.stderr
    repaired = (ROOT / "plugins" / "coordinator.py").read_text()
    pytester.path.joinpath("hello.py").write_text(repaired.replace('"coordinator"', '"hello"'))
    result = run(pytester, "--mxbench", "hello.py", "-k", "saved or contract")
    result.assert_outcomes(passed=2, deselected=13)


@pytest.mark.slow
def test_the_test_that_is_written_beside_a_plugin_fails_until_it_is_right(pytester: pytest.Pytester) -> None:
    new_algorithm(pytester)
    result = run(pytester, "test_hello.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FAILED     every-schedule-n2*mutual exclusion*"])
    assert list(pytester.path.joinpath(".mxbench").glob("hello--*.yaml"))


@pytest.mark.slow
def test_without_the_flag_a_file_that_brings_an_algorithm_is_no_test(pytester: pytest.Pytester) -> None:
    new_algorithm(pytester)
    pytester.path.joinpath("test_hello.py").unlink()
    assert run(pytester, "hello.py").ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.slow
def test_in_a_folder_the_files_that_bring_algorithms_are_found_and_tests_stay_tests(pytester: pytest.Pytester) -> None:
    new_algorithm(pytester)
    pytester.path.joinpath("other.py").write_text("X = 1\n")
    pytester.path.joinpath("test_hello.py").write_text("def test_it(): pass\n")
    result = run(pytester, "--mxbench", "--collect-only", "-q")
    found = [line for line in result.outlines if "::" in line]
    assert found[0] == "hello.py::hello::contract"
    assert found[-1] == "test_hello.py::test_it"
    assert len(found) == 15


@pytest.mark.slow
def test_a_file_that_does_not_load_is_an_error_with_its_line(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("bad.py").write_text("def mxbench_algorithms(:\n")
    result = run(pytester, "--mxbench", "bad.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*bad.py:1: it does not import: SyntaxError*"])


# ---- the fixture ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_counts_are_held_against_the_baseline_beside_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # beside it pytest-benchmark measures nothing
    test = pytester.path / "test_price.py"
    test.write_text(BENCHMARK.format(module="ricart_agrawala", name="RicartAgrawala"))
    quick = ("--benchmark-max-time=0.1", "--benchmark-min-rounds=1", "--benchmark-json=times.json")
    first = run(pytester, *quick)
    first.assert_outcomes(failed=1)
    first.stdout.fnmatch_lines(["*has no counts of test_price.py::test_its_price; run pytest with --mxbench-update*"])
    run(pytester, "--mxbench-update", *quick).assert_outcomes(passed=1)
    counts = json.loads(pytester.path.joinpath("mxbench_baseline.json").read_text())["test_price.py::test_its_price"]
    assert counts["messages_by_type"] == {"Reply": 120, "Request": 120}
    assert (counts["messages"], counts["entries"], counts["nodes"]) == (240, 60, 3)
    assert counts["synchronisation_delay_ns"] % 1_000_000 == 0 < counts["response_time_ns"]
    assert counts["states"] == 179
    run(pytester, *quick).assert_outcomes(passed=1)
    info = json.loads(pytester.path.joinpath("times.json").read_text())["benchmarks"][0]["extra_info"]
    assert info == counts
    test.write_text(BENCHMARK.format(module="lamport", name="Lamport"))
    changed = run(pytester, *quick)
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(["*messages was 240, is 360;*if that is meant, run pytest with --mxbench-update*"])


@pytest.mark.slow
def test_the_fixture_skips_without_pytest_benchmark(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("test_price.py").write_text(BENCHMARK.format(module="lamport", name="Lamport"))
    result = run(pytester, "-p", "no:benchmark", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*mxbench_benchmark needs pytest-benchmark: pip install pytest-benchmark*"])
