"""The engine `tcp`, as a plugin."""

from collections.abc import Callable
from pathlib import Path

from mxbench.core.engine import RunEngine
from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan
from mxbench.hookspecs import hookimpl
from mxbench.net.cluster import Cluster


class TcpEngine(RunEngine):
    """Real processes, one a node, in a mesh of TCP connections over the loopback interface."""

    name = "tcp"

    def run(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> History:
        return Cluster(plan, folder, progress).run()


@hookimpl
def mxbench_engines() -> list[type[RunEngine]]:
    return [TcpEngine]
