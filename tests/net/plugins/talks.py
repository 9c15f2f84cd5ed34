"""A workload that prints where it can, and records which modules are loaded and what standard input holds."""

import sys
from typing import Any

from mxbench import Entry, Workload, WorkloadOut, hookimpl

print("printed on import " * 1000, flush=True)
print("kept in a buffer on import")


class Talks(Workload):
    """Prints at every entry."""

    name = "test-talks"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        print("printed inside", flush=True)
        out.record(sorted(sys.modules))
        out.record(sys.stdin.read())
        out.release()

    def on_timer(self, name: str, out: WorkloadOut) -> Any:
        """Set no timer."""


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [Talks]
