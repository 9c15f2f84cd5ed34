"""Runs over tcp for the benchmarks. The engine is imported when one begins: the other benchmarks work without it."""

import tempfile
import time
from pathlib import Path
from typing import Any

from mxbench.core.history import History
from mxbench.core.plan import RunPlan


def run_over_tcp(plan: RunPlan) -> tuple[History, float, Any]:
    """Carry out a plan, and return its history, the seconds from the start command to the end, and the cluster."""
    from mxbench.net.cluster import Cluster

    class TimedCluster(Cluster):
        """A Cluster that measures the time from its start command to the end, with any level of history."""

        span_s = 0.0

        def _go(self) -> None:
            began = time.monotonic()
            super()._go()
            self.span_s = time.monotonic() - began

    with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
        cluster = TimedCluster(plan, Path(folder))
        return cluster.run(), cluster.span_s, cluster
