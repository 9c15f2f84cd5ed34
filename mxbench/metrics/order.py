"""Who entered when, for runs that a person reads as a whole."""

from typing import Any

from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl

MOST_ENTRIES = 20  # a longer order is for the history, not for a row


class Order(Metric):
    """The entries in their order, with node, number and stamp; null for a run of more than 20 entries."""

    name = "order"
    fields = ("entry_order",)

    def measure(self, history: History) -> dict[str, Any]:
        """Return a list of {number, node, stamp} by rising number."""
        entries = history.entries
        if not 0 < len(entries) <= MOST_ENTRIES:
            return {"entry_order": None}
        return {"entry_order": [{"number": e.number, "node": e.node, "stamp": e.stamp and [*e.stamp]} for e in entries]}


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Order]
