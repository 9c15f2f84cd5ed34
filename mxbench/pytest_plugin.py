"""The pytest plugin: `pytest --mxbench my_algorithm.py` runs the conformance suite, each check a test of its own.

It also brings the fixture `mxbench_benchmark`. Where neither is used it costs the import of this file, which imports
nothing of mxbench.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mxbench.conformance.baseline import Benchmark
    from mxbench.conformance.suite import Check
    from mxbench.core.algorithm import Algorithm

DATABASE = ".mxbench"
HOOK = b"def mxbench_algorithms("
REPORTED = "mxbench: reported"  # a property of a test, which also comes from the workers of pytest-xdist


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags."""
    group = parser.getgroup("mxbench", "distributed mutual exclusion algorithms")
    group.addoption(
        "--mxbench", action="store_true", help="Run the conformance suite on the files that bring algorithms."
    )
    group.addoption(
        "--mxbench-update", action="store_true", help="Write the baseline of mxbench_benchmark anew, and fail nothing."
    )


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> Any:
    """Take a file that was named, and that brings algorithms, for what it is and not for a file of tests."""
    return _collector(module_path, parent)


def pytest_collect_file(file_path: Path, parent: Any) -> Any:
    """Take the files that bring algorithms out of a folder, where pytest itself looks for tests only."""
    if file_path.suffix != ".py" or parent.session.isinitpath(file_path):
        return None
    return _collector(file_path, parent)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what is worth knowing and no fault."""
    reports = terminalreporter.stats.get("passed", [])
    told = [text for report in reports for key, text in getattr(report, "user_properties", ()) if key == REPORTED]
    if told:
        terminalreporter.section("mxbench: worth knowing, and no fault")
    for text in told:
        terminalreporter.write_line(text)


@pytest.fixture
def mxbench_benchmark(request: pytest.FixtureRequest) -> Benchmark:
    """Return a function that benchmarks an algorithm, and holds its counts against the baseline beside the test.

    `mxbench_benchmark(algorithm, nodes=5)` needs pytest-benchmark; the test is skipped where that is not installed.
    """
    if not request.config.pluginmanager.hasplugin("benchmark"):
        pytest.skip("mxbench_benchmark needs pytest-benchmark: pip install pytest-benchmark")
    from mxbench.conformance.baseline import Benchmark

    update = bool(request.config.getoption("--mxbench-update"))
    return Benchmark(request.getfixturevalue("benchmark"), request.path, request.node.name, update)


class AlgorithmFile(pytest.File):
    """A file that brings algorithms."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the algorithms."""
        from mxbench.errors import MxbenchError
        from mxbench.testing import algorithms_of

        try:
            found = algorithms_of(self.path)
        except MxbenchError as error:
            raise self.CollectError(str(error)) from None
        for cls in found:
            yield AlgorithmUnderTest.from_parent(self, name=cls.name, algorithm=cls)


class AlgorithmUnderTest(pytest.Collector):
    """One algorithm of a file."""

    def __init__(self, *, algorithm: type[Algorithm], **others: Any) -> None:
        super().__init__(**others)
        self._algorithm = algorithm

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the checks: the schedules that were wrong before come first."""
        from mxbench.conformance.suite import Suite

        suite = Suite(self._algorithm, self.path.parent / DATABASE)
        for check in suite.checks():
            yield ConformanceTest.from_parent(self, name=check.name, check=check)


class Nonconformance(Exception):
    """A check failed."""


class ConformanceTest(pytest.Item):
    """One check of the conformance suite."""

    def __init__(self, *, check: Check, **others: Any) -> None:
        super().__init__(**others)
        self._check = check

    def runtest(self) -> None:
        """Make the check."""
        outcome = self._check.make()
        if outcome.verdict == "failed":
            raise Nonconformance(f"{outcome.text}\n\n{outcome.details}".strip())
        if outcome.verdict == "undecided":
            pytest.skip(f"undecided: {outcome.text}")
        if outcome.verdict == "reported":
            text = outcome.text.replace("\n", "\n  ")
            name = f"{self.parent.name if self.parent else ''}, {outcome.check}"
            self.user_properties.append((REPORTED, f"{name}:\n  {text}"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what failed without a traceback, which would be mxbench's own."""
        if isinstance(excinfo.value, Nonconformance):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what pytest calls this test."""
        return self.path, None, f"{self.parent.name if self.parent else ''}: {self.name}"


def _collector(path: Path, parent: Any) -> Any:
    """Return the collector of a file that brings algorithms; None for any other, and without --mxbench."""
    if not parent.config.getoption("--mxbench"):
        return None
    if any(fnmatch.fnmatch(path.name, pattern) for pattern in parent.config.getini("python_files")):
        return None
    try:
        brings = HOOK in path.read_bytes()
    except OSError:
        return None
    return AlgorithmFile.from_parent(parent, path=path) if brings else None
