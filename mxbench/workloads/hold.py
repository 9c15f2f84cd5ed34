"""The workload `hold`: stay inside for the dwell time and leave. For the pure cost of an algorithm."""

from typing import Any

from mxbench.core.distributions import ZERO
from mxbench.core.entry import Entry
from mxbench.core.workload import Workload, WorkloadOut
from mxbench.hookspecs import hookimpl


class Hold(Workload):
    """Holds the critical section for the dwell time; guards nothing, so the verdict rests on numbers and intervals."""

    name = "hold"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        if self.dwell == ZERO:
            out.release()
        else:
            out.set_timer("dwell", self.dwell)

    def on_timer(self, name: str, out: WorkloadOut) -> Any:
        out.release()


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [Hold]
