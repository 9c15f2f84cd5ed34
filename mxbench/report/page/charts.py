"""What the charts of one run take from the metrics; the others the page counts from the events that it draws.

As everywhere, times and fairness are after the warm-up.
"""

from typing import Any

from mxbench.core.history import History
from mxbench.metrics.delay import synchronisation_delays
from mxbench.metrics.fairness import overtaking
from mxbench.metrics.series import NS_PER_MS, measured, percentile
from mxbench.report.figure.distributions import shares


def charts(history: History) -> dict[str, Any]:
    """Return as plain data: whether there was a warm-up, sync_delay and overtaking; null where there is none."""
    return {
        "warmed_up": history.plan.warmup_entries > 0,
        "sync_delay": _sync_delay(history),
        "overtaking": _overtaking(history),
    }


def _sync_delay(history: History) -> dict[str, Any] | None:
    """Return the distribution as points (ms, share up to it), from (0, 0), and two percentiles, in ms."""
    rising = sorted(delay / NS_PER_MS for delay in synchronisation_delays(history))
    if not rising:
        return None
    points = [(0.0, 0.0), *shares(rising)]
    return {"points": points, "p50": percentile(rising, 50), "p99": percentile(rising, 99)}


def _overtaking(history: History) -> dict[str, Any] | None:
    """Return how often the requests of each node were overtaken on average, null without one, and the most of all."""
    counts = overtaking(history)
    if not counts:
        return None
    # The order of `overtaking`: those that entered, by number, then those that never did.
    requests = [*measured(history), *(section for section in history.sections if section.entered is None)]
    of_node: list[list[int]] = [[] for _ in range(history.plan.nodes)]
    for section, count in zip(requests, counts, strict=True):
        of_node[section.node].append(count)
    means = [round(sum(own) / len(own), 3) if own else None for own in of_node]
    return {"means": means, "most": max(counts)}
