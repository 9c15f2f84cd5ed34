"""The engine `tcp`, as a plugin.

It is known everywhere, so that an experiment which names it can be read; what it is made of is imported when it runs.
"""

import os
import select
from collections.abc import Callable
from pathlib import Path

from mxbench.core.engine import RunEngine
from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan
from mxbench.errors import MachineError
from mxbench.hookspecs import hookimpl

SPARE_FILES = 32  # that a process opens beside one for each node


class TcpEngine(RunEngine):
    """Real processes, one a node, in a mesh of TCP connections over the loopback interface."""

    name = "tcp"
    honours = ("delay", "jitter", "bandwidth", "links")  # and no fault: a session loses, repeats and reorders nothing

    def run(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> History:
        missing = _missing()
        if missing:
            raise MachineError(
                f"the engine 'tcp' needs {' and '.join(missing)}, which this system does not have; "
                "simulate instead: --engine sim"
            )
        _allow_files(len(plan.places) + SPARE_FILES)
        from mxbench.net.cluster import Cluster

        return Cluster(plan, folder, progress).run()


def _missing() -> list[str]:
    """Return what the engine needs of a system, beside sockets, and this one lacks; on POSIX nothing."""
    found = [] if hasattr(os, "fork") else ["os.fork"]
    if not hasattr(select, "poll"):
        found.append("select.poll")
    try:
        import resource  # noqa: F401
    except ImportError:
        found.append("the module 'resource'")
    return found


def _allow_files(count: int) -> None:
    """Let this process and its children open so many files, a connection each; raise MachineError if they may not."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise MachineError(f"a process may open {hard} files here, and each of these nodes needs {count}: raise "
                           "'ulimit -n', or take fewer nodes")  # fmt: skip
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@hookimpl
def mxbench_engines() -> list[type[RunEngine]]:
    return [TcpEngine]
