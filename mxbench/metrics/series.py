"""What the metrics share: in what order entries came, which count as measured, and how numbers are summed up."""

import math
from collections.abc import Sequence

from mxbench.core.history import History, Section

NS_PER_MS = 1e6


def in_order(history: History) -> list[Section]:
    """Return the entries in the order in which they came: by number, or by time where several may be inside.

    One at a time, the number is that order, whatever the clocks of the nodes say. Where k may be inside, it tells how
    many entries lie behind one in a row, but not how many beside it (checkers/width.py).
    """
    if history.plan.most_inside == 1:
        return history.entries
    return sorted(history.entries, key=lambda entry: (entry.entered or 0, entry.requested))


def exits(history: History) -> list[int]:
    """Return the times of all releases, in the order of the entries; by time where several may be inside."""
    left = [entry.released for entry in history.entries if entry.released is not None]
    return left if history.plan.most_inside == 1 else sorted(left)


def measured(history: History) -> list[Section]:
    """Return the entries after the warm-up, in order. Warm-up cuts times, throughput and fairness, not counts."""
    return in_order(history)[history.plan.warmup_entries :]


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
