"""The runs of one invocation, carried out in their order; those on an engine that allows it, on all cores at once.

An engine that measures time, as tcp does, has the machine to itself. One whose result depends on the seed alone
(`RunEngine.parallel`) gives the same rows whatever runs beside it.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from mxbench.core.plan import Progress, RunPlan
from mxbench.experiment.folder import InvocationFolder
from mxbench.experiment.job import Job, do
from mxbench.experiment.workers import Workers
from mxbench.registry import Registry

WORTH_SECONDS = 2.0  # of runs that are left, for which it is worth starting processes: half a second each


class RunProgress(NamedTuple):
    """How far an invocation has come: runs that ended, all runs, and the one that is under way (if several, the first).

    taken_over: of the runs that ended, those of an earlier invocation that was cut off. not_valid: of the runs that
    ended, how many have each other verdict.
    """

    done: int
    total: int
    plan: RunPlan
    progress: Progress | None
    taken_over: int = 0
    not_valid: Mapping[str, int] = MappingProxyType({})


def do_all(
    jobs: list[Job], taken_over: Mapping[str, dict[str, Any]], registry: Registry, folder: InvocationFolder,
    on_progress: Callable[[RunProgress], None] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Carry out and keep the runs that are not taken over, and return the rows of all in their order."""
    rows: dict[str, dict[str, Any]] = {}
    not_valid: Counter[str] = Counter()

    def ended(name: str, row: dict[str, Any]) -> None:
        rows[name] = row
        if row.get("verdict") != "valid":
            not_valid[str(row.get("verdict"))] += 1

    for name, row in taken_over.items():
        ended(name, row)

    def tell(job: Job, progress: Progress | None = None) -> None:
        if on_progress is not None:
            on_progress(RunProgress(len(rows), len(jobs), job.plan, progress, len(taken_over), not_valid))

    left = [job for job in jobs if job.name not in rows]
    for parallel, group in groupby(left, lambda job: bool(registry.get("engines", job.plan.engine).cls.parallel)):
        together = list(group)
        shared = parallel and cores() > 1
        started, ran = time.monotonic(), 0
        while together and not (shared and ran and (time.monotonic() - started) / ran * len(together) > WORTH_SECONDS):
            job, ran = together.pop(0), ran + 1
            tell(job)
            row = do(job, registry, folder.begin(job.name), partial(tell, job))
            folder.keep(job.name)
            ended(job.name, row)
        if together:
            with Workers(min(cores(), len(together)), registry.files, folder) as workers:
                tell(together[0])
                for number, row in enumerate(workers.rows(together), 1):
                    ended(together[number - 1].name, row)
                    if number < len(together):
                        tell(together[number])
    return [rows[job.name] for job in jobs]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
