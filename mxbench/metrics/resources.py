"""What each node took of the machine: processor time and memory at its peak."""

from typing import Any

from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl

BYTES_PER_MB = 1e6


class Resources(Metric):
    """Lists by node; null for a node whose counts are lost, or whose engine measures none."""

    name = "resources"
    fields = ("cpu_s_by_node", "peak_mb_by_node")

    def measure(self, history: History) -> dict[str, Any]:
        size = max([history.plan.nodes, *(node.node + 1 for node in history.nodes)])
        cpu: list[float | None] = [None] * size
        peak: list[float | None] = [None] * size
        for node in history.nodes:
            cpu[node.node] = node.totals.cpu_s or None
            peak[node.node] = node.totals.peak_bytes / BYTES_PER_MB or None
        return {"cpu_s_by_node": cpu, "peak_mb_by_node": peak}


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Resources]
