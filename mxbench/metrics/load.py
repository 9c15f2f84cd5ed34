"""Whether the nodes keep up with requests that come at a rate of their own, beside the most that could be served.

Of an open loop (`rate:`). Above the greatest rate that is sustained, what is not served is left for later, so waits
grow for as long as requests come, by (offered / served - 1) seconds in a second. Below it they go up and down and stay.
"""

import math
from collections.abc import Sequence
from typing import Any

from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class
from mxbench.metrics.series import measured
from mxbench.metrics.theory import claimed_delay, message_delay

MOST_GROWTH = 0.02  # of the waits, in seconds a second; up to it a rate counts as sustained
MIN_ENTRIES = 100  # after the warm-up; the waits of fewer go up and down by more than that


class Offered(Metric):
    """Load and capacity; null for closed loops.

    offered_per_s: requests a second, of all nodes together that have any to make. wait_growth: the slope of the waits
    over the times at which their requests were meant to come (least squares, after the warm-up), seconds a second.
    sustained: whether that is at most 0.02; null where fewer than 100 entries tell. claimed_capacity_per_s: see
    `claimed_capacity`.
    """

    name = "offered"
    fields = ("offered_per_s", "wait_growth", "sustained", "claimed_capacity_per_s")

    def measure(self, history: History) -> dict[str, Any]:
        asking = [arrivals for arrivals in history.plan.arrivals if arrivals.entries != 0]
        rates = [arrivals.rate for arrivals in asking if arrivals.rate is not None]
        if not rates:
            return dict.fromkeys(self.fields)
        entries = measured(history)
        waits = [(entry.arrival, entry.entered - entry.arrival) for entry in entries if entry.entered is not None]
        growth = slope(waits)
        told = growth is not None and len(waits) >= MIN_ENTRIES and history.ending.reason == "quiet"
        return {
            "offered_per_s": math.fsum(rates),
            "wait_growth": growth,
            "sustained": growth <= MOST_GROWTH if told and growth is not None else None,
            "claimed_capacity_per_s": claimed_capacity(history),
        }


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of the line through (x, y) with the least squares; None where all x are one."""
    if not points:
        return None
    x = math.fsum(point[0] for point in points) / len(points)
    y = math.fsum(point[1] for point in points) / len(points)
    spread = math.fsum((point[0] - x) ** 2 for point in points)
    return math.fsum((point[0] - x) * (point[1] - y) for point in points) / spread if spread else None


def claimed_capacity(history: History) -> float | list[float] | None:
    """Return k / (Sd * T + E), the entries a second that the claimed saturated synchronisation delay Sd allows.

    k nodes may be inside together, T is the constant delay of a message, E the mean dwell. [least, greatest] for a
    claim that is a range; None without a claim or a constant T, where nothing takes time, and where the nodes have
    unequal loads: the claim speaks of all of them, each wanting to enter as often as any other.
    """
    plan = history.plan
    unit = message_delay(plan)
    if unit is None or not plan.equal_loads:
        return None
    names = plan.names([entry.node for entry in history.entries])
    claimed = claimed_delay(load_class(plan.algorithm).synchronisation_delay, plan, "saturated", names).value
    if claimed is None:
        return None
    turns = [delay * unit / 1e9 + plan.dwell.mean for delay in (claimed if isinstance(claimed, list) else [claimed])]
    if not all(turns):
        return None
    found = sorted(plan.most_inside / turn for turn in turns)
    return found if isinstance(claimed, list) else found[0]


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Offered]
