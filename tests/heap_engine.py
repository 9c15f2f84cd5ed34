"""The heap loop as an engine, for tests of all above an engine: `--plugin tests/heap_engine.py --engine heap`."""

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from mxbench import hookimpl
from mxbench.core.engine import RunEngine
from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan
from mxbench.loading import load_class

sys.path.append(str(Path(__file__).parent))


class HeapEngine(RunEngine):
    """Runs in this process, in virtual time, and can reorder messages."""

    name = "heap"
    honours = ("fifo",)

    def run(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> History:
        from heap_loop import HeapLoop

        fifo = plan.network.get("fifo", True)
        history = HeapLoop(plan, load_class(plan.algorithm), load_class(plan.workload), fifo=fifo).run()
        for node in history.nodes:
            (folder / "nodes" / f"{node.node}.msgpack").write_bytes(msgspec.msgpack.encode(node))
        if progress:
            progress(Progress(len(history.entries), 0))
        return history


@hookimpl
def mxbench_engines() -> list[type[RunEngine]]:
    return [HeapEngine]
