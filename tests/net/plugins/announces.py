"""A workload that tells all others of each entry, at such length that it is on its way when the last one leaves."""

from typing import Any

from mxbench import Entry, Workload, WorkloadMessage, WorkloadOut, hookimpl


class Note(WorkloadMessage):
    """I was inside with this number."""

    number: int
    padding: bytes


class Announces(Workload):
    """Sends a note from inside, and records those of others."""

    name = "test-announces"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        out.broadcast(Note(entry.number, bytes(3_000_000)))
        out.release()

    def on_message(self, sender: int, message: Any, out: WorkloadOut) -> None:
        out.record(message.number)


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [Announces]
