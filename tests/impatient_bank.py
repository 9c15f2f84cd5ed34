"""A bank that reads whatever tip it holds, without the wait for the height: wrong, and only the ledger shows it."""

from mxbench import Entry, Workload, hookimpl
from mxbench.workloads.bank import Bank


class ImpatientBank(Bank):
    """The bank, but a client inside never waits for a block that is on its way."""

    name = "impatient-bank"

    def must_wait(self, entry: Entry) -> bool:
        return False


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [ImpatientBank]
