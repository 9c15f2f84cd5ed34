"""What an engine is to mxbench: something that carries out the plan of one run and returns its history."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan


class RunEngine:
    """Carries out runs. A run that fails ends with `Ending(reason='failed', ...)` in its history, not with an
    exception; MachineError is for what kept it from beginning."""

    name: ClassVar[str]
    honours: ClassVar[tuple[str, ...]] = ()  # the network keys that it can carry out: delay, fifo, loss, duplicate
    virtual: ClassVar[bool] = False  # whether its time is: it has links only as the experiment says
    most_nodes: ClassVar[int] = 1000  # in one run
    parallel: ClassVar[bool] = False  # whether several runs of a sweep may go on at once: nothing of it is measured

    def run(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> History:
        """Carry out the plan, store each node's NodeHistory as folder/nodes/<id>.msgpack, and return the history."""
        raise NotImplementedError
