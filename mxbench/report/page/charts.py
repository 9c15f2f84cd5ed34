"""What the charts of one run take from the metrics; the others the page counts from the events that it draws.

As everywhere, times and fairness are after the warm-up.
"""

from typing import Any

from mxbench.core.history import History
from mxbench.metrics.fairness import overtaking
from mxbench.metrics.series import NS_PER_MS, measured, percentile
from mxbench.report.figure.distributions import DISTRIBUTIONS, shares

PERCENTS = (50, 90, 99)


def charts(history: History) -> dict[str, Any]:
    """Return as plain data: whether there was a warm-up; distributions of wait, response and sync_delay, in ms; and
    overtaking; null where there is none."""
    return {
        "warmed_up": history.plan.warmup_entries > 0,
        "wait": _distribution(history, "wait-cdf"),
        "response": _distribution(history, "response-cdf"),
        "sync_delay": _distribution(history, "sync-delay"),
        "overtaking": _overtaking(history),
    }


def _distribution(history: History, kind: str) -> dict[str, Any] | None:
    """Return one of DISTRIBUTIONS as points (ms, share up to it), from (0, 0), with its percentiles and the most."""
    rising = sorted(value / NS_PER_MS for value in DISTRIBUTIONS[kind].values(history))
    if not rising:
        return None
    told = {f"p{percent}": percentile(rising, percent) for percent in PERCENTS}
    return {"points": [(0.0, 0.0), *shares(rising)], **told, "max": rising[-1]}


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
