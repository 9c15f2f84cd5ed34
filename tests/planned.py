"""Experiments as text, and what becomes of one: its plans, or the sentence with which it is refused."""

from pathlib import Path
from typing import Any

import pytest

from mxbench.core.plan import RunPlan
from mxbench.errors import ExperimentError
from mxbench.experiment.invocation import Prepared, prepare
from mxbench.experiment.planning import plan_runs


def prepared(tmp_path: Path, text: str, **flags: Any) -> Prepared:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return prepare(file, **flags)


def experiment(workload: str = "type: hold, entries_per_node: 4", algorithm: str = "lamport", more: str = "") -> str:
    return f"name: x\nalgorithm: {algorithm}\nnodes: 3\nworkload: {{{workload}}}\n{more}\n"


def plans(tmp_path: Path, text: str, **flags: Any) -> list[RunPlan]:
    """Return the plans of an experiment in the order in which they run."""
    return [setting.plan(repeat) for setting, repeat in plan_runs(prepared(tmp_path, text, **flags).settings)]


def refusal(tmp_path: Path, text: str, **flags: Any) -> str:
    with pytest.raises(ExperimentError) as caught:
        prepared(tmp_path, text, **flags)
    return str(caught.value).replace(str(tmp_path / "x.yaml"), "x.yaml")
