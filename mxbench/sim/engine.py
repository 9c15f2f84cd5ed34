"""The engine `sim`, as a plugin."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from mxbench.core.engine import RunEngine
from mxbench.core.faults import FaultPlan
from mxbench.core.history import History
from mxbench.core.network import network_of
from mxbench.core.plan import Progress, RunPlan
from mxbench.files import write_whole
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class


class SimEngine(RunEngine):
    """One process and virtual time: the same seed gives the same run, over any network, with any faults."""

    name = "sim"
    virtual = parallel = True
    most_nodes = 10_000
    honours = ("delay", "jitter", "fifo", "loss", "duplicate", "bandwidth", "links", "faults")

    def run(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> History:
        from mxbench.sim.world import World  # which who only asks what engines there are does not pay for

        started = time.monotonic()
        faults = msgspec.convert(plan.faults, FaultPlan)
        world = World(
            plan, load_class(plan.algorithm), load_class(plan.workload), network_of(plan.network), faults, progress
        )
        ending = world.run()
        histories = world.histories()
        files = folder / "nodes"
        files.mkdir(parents=True, exist_ok=True)
        for history in histories:
            write_whole(files / f"{history.node}.msgpack", msgspec.msgpack.encode(history))
        return History(plan, ending, histories, time.monotonic() - started)


@hookimpl
def mxbench_engines() -> list[type[RunEngine]]:
    return [SimEngine]
