"""What the metrics share: which entries count as measured, and how a series of numbers is summed up."""

import math
from collections.abc import Sequence

from mxbench.core.history import History, Section

NS_PER_MS = 1e6


def measured(history: History) -> list[Section]:
    """Return the entries after the warm-up, by number. Warm-up cuts times, throughput and fairness, not counts."""
    return history.entries[history.plan.warmup_entries :]


def percentile(rising: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least `percent` of all do not exceed."""
    return rising[max(math.ceil(percent / 100 * len(rising)), 1) - 1]


def summary(values: Sequence[float], *percents: int, greatest: bool = False) -> dict[str, float] | None:
    """Return mean, p50, ... and, if asked, max of the values; None if there is none."""
    if not values:
        return None
    rising = sorted(values)
    found = {"mean": math.fsum(rising) / len(rising)}
    found.update({f"p{percent}": percentile(rising, percent) for percent in percents})
    return {**found, "max": rising[-1]} if greatest else found


def jain(values: Sequence[float]) -> float | None:
    """Return Jain's index of fairness, from 1/len (one has all) to 1 (all have the same): (sum x)^2 / (len * sum x^2).

    All zeros are equal shares: 1. None if there is no value.
    """
    if not values:
        return None
    squares = math.fsum(value * value for value in values)
    return math.fsum(values) ** 2 / (len(values) * squares) if squares else 1.0
