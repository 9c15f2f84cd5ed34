"""Rows and results written by hand, for tests of comparisons."""

from collections.abc import Sequence
from typing import Any

from mxbench.experiment.sources import Source


def row(seed: int, **fields: Any) -> dict[str, Any]:
    return {
        "experiment": "x", "algorithm": "lamport", "quorum_system": None, "engine": "tcp", "workload": "hold",
        "nodes": 3, "seed": seed, "verdict": "valid", "setting": {}, **fields,
    }  # fmt: skip


def source(rows: Sequence[dict[str, Any]], **environment: Any) -> Source:
    return Source("results/x", "x", list(rows), environment, [])
