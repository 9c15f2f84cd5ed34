"""Exact counts of an algorithm, held against a file beside the test: what `mxbench_benchmark` does.

Counts are the same on every machine, so any change is one of the algorithm (or of mxbench), and fails. The wall time is
pytest-benchmark's, and advisory.
"""

import json
from pathlib import Path
from typing import Any

from mxbench.check.answer import answer
from mxbench.check.memory import memory_for_a_search
from mxbench.check.search import Limits
from mxbench.conformance import costs
from mxbench.conformance.schedules import MAX_STATES, question_of
from mxbench.core.algorithm import Algorithm
from mxbench.files import write_whole
from mxbench.metrics.cost import messages_by_type
from mxbench.metrics.theory import delays

FILE = "mxbench_baseline.json"
STATES_OF = 2  # nodes, of which all schedules are counted
Counts = dict[str, Any]


def counts(algorithm: type[Algorithm], nodes: int, entries: int = costs.ENTRIES) -> Counts:
    """Return what a simulated, saturated run of an algorithm costs, exactly, and how many states it has.

    Delays are virtual, of messages that take 1 ms. states: of two nodes that ask twice each, null if they are too many.
    """
    history = costs.run(algorithm, nodes, entries=entries)
    asked = answer(question_of(algorithm, STATES_OF, 2), Limits(MAX_STATES, None, memory_for_a_search()))
    by_type, times = messages_by_type(history), delays(history)
    return {
        "nodes": nodes,
        "entries": len(history.entries),
        "messages": sum(by_type.values()),
        "messages_by_type": dict(sorted(by_type.items())),
        "synchronisation_delay_ns": sum(times["synchronisation_delay"]),
        "response_time_ns": sum(times["response_time"]),
        "states": asked["states"] if asked["verdict"] == "valid" else None,
    }


class Benchmark:
    """Benchmarks algorithms in one test. benchmark: pytest-benchmark's fixture. file, test: of the test."""

    def __init__(self, benchmark: Any, file: Path, test: str, update: bool) -> None:
        self._benchmark = benchmark
        self._baseline = file.with_name(FILE)
        self._key = f"{file.name}::{test}"
        self._update = update

    def __call__(self, algorithm: type[Algorithm], nodes: int = 5, entries: int = costs.ENTRIES) -> Counts:
        """Measure a simulated run, and return its counts; raise AssertionError if they are not the baseline's."""
        self._benchmark(costs.run, algorithm, nodes, entries=entries)
        found = counts(algorithm, nodes, entries)
        self._benchmark.extra_info.update(found)
        self._compare(found)
        return found

    def _compare(self, found: Counts) -> None:
        kept = json.loads(self._baseline.read_text()) if self._baseline.exists() else {}
        if self._update:
            write_whole(self._baseline, json.dumps({**kept, self._key: found}, indent=2, sort_keys=True) + "\n")
            return
        if self._key not in kept:
            raise AssertionError(
                f"{self._baseline}: has no counts of {self._key}; run pytest with --mxbench-update once, look at the "
                "file, and keep it with the test"
            )
        before = kept[self._key]
        changed = [
            f"{name} was {before.get(name)}, is {found.get(name)}"
            for name in sorted(before.keys() | found.keys()) if before.get(name) != found.get(name)
        ]  # fmt: skip
        if changed:
            raise AssertionError(
                f"{self._key}: {'; '.join(changed)}; if that is meant, run pytest with --mxbench-update"
            )
