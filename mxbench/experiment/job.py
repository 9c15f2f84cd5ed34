"""One run, from its plan to the files of its result: carried out, judged, measured and compared with what was expected.

A job is plain data, so that another process can do it as well (workers.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan
from mxbench.errors import PluginError
from mxbench.experiment.expect import check_expectations
from mxbench.experiment.folder import storing, write_run
from mxbench.experiment.judge import judge, row
from mxbench.registry import Registry


class Job(msgspec.Struct, frozen=True):
    """One run. name: of its folder; result: its path when it has ended. chosen: what the sweep chose."""

    name: str
    plan: RunPlan
    chosen: dict[str, Any]
    expect: dict[str, Any]
    result: str


def do(job: Job, registry: Registry, folder: Path, report: Callable[[Progress], None]) -> dict[str, Any]:
    """Carry out one run, write it into `folder`, and return its row.

    Raises what keeps a run from beginning, MachineError, and OSError where it cannot be written. A run that fails, and
    a checker that does, is no exception: the row tells.
    """
    history = registry.get("engines", job.plan.engine).cls().run(job.plan, folder, report)
    made = _row(history, job, registry)
    with storing(folder.parent.parent):
        write_run(folder, history, made)
    return made


def _row(history: History, job: Job, registry: Registry) -> dict[str, Any]:
    try:
        made = row(history, *judge(history, registry), job.result)
    except PluginError as error:  # a checker or metric raised: the run is there, and nothing is known of it
        made = row(history, [], {}, job.result) | {"failed": "contract", "failure": str(error)}
    made["setting"] = job.chosen
    names = history.plan.names([entry.node for entry in history.entries])
    made["expectations"] = check_expectations(job.expect, made, names)
    return made
