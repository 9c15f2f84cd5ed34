"""Whether two settings differ in a measure: by how much, how surely, and in how many of their repeats.

- Repeats of one seed met the same requests, so they are compared with each other (paired) where at least three seeds
  match; else all of one setting with all of the other.
- A count that is the same in every repeat has no noise: two such are equal or different, and no interval is needed.
- Everything else is a difference only if its 95 % interval (by bootstrap, or Student's below 8 repeats) leaves out 0
  and a t test agrees, with Holm's adjustment for all tests of the comparison: in twenty tests of nothing one would be
  'found' otherwise.
- What does not meet that is 'no difference shown', which does not say that there is none.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from mxbench.experiment.statistics import (
    FEW,
    LEVEL,
    MIN_SAMPLE,
    bootstrap_paired,
    bootstrap_unpaired,
    cliffs_delta,
    holm,
    mean,
    paired_p,
    rank_biserial,
    t_interval,
    welch_interval,
    welch_p,
)

Outcome = Literal["equal", "different", "no difference shown", "too few repeats"]
Row = dict[str, Any]
MEASURES = (
    "messages_per_entry", "saturated_messages_per_entry", "payload_bytes_per_entry", "wire_bytes_per_entry",
    "wait_ms.mean", "wait_ms.p50", "wait_ms.p90", "wait_ms.p99", "wait_ms.max", "response_ms.mean",
    "sync_delay_ms.mean", "entries_per_s", "offered_per_s", "wait_growth", "jain", "jain_wait", "max_overtaking",
    "wall_s",
)  # fmt: skip
TESTED = ("messages_per_entry", "wait_ms.mean", "sync_delay_ms.mean", "entries_per_s")
TIMES = ("wait_ms.mean", "sync_delay_ms.mean", "entries_per_s")
PAIRED_EFFECT, UNPAIRED_EFFECT = "matched-pairs rank-biserial correlation", "Cliff's delta"
SAME = 1e-9  # relative; what is computed from equal counts is that close


class Sample(NamedTuple):
    """The values of one measure in the repeats of a setting, and their seeds."""

    seeds: list[int]
    values: list[float]

    @property
    def exact(self) -> bool:
        """Whether there are repeats and they do not differ."""
        return len(self.values) > 1 and _same(min(self.values), max(self.values))


def sample(rows: Sequence[Row], measure: str) -> Sample:
    """Return the values of a measure, a part of a field as 'wait_ms.mean'; runs without one, or undecided, are out."""
    field, _, part = measure.partition(".")
    found = []
    for row in rows:
        value = (row.get(field) or {}).get(part) if part else row.get(field)
        if row.get("verdict") != "undecided" and isinstance(value, int | float) and math.isfinite(value):
            found.append((row.get("seed", 0), value))
    return Sample([seed for seed, _ in found], [value for _, value in found])


def summarise(taken: Sample) -> dict[str, Any] | None:
    """Return mean, t interval (null below three repeats and for an exact count), least, greatest; None for no value."""
    if not taken.values:
        return None
    interval = None if taken.exact else t_interval(taken.values, LEVEL)
    return {
        "mean": mean(taken.values),
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "least": min(taken.values),
        "greatest": max(taken.values),
        "repeats": len(taken.values),
        "exact": taken.exact,
    }


def differ(measure: str, reference: Sample, other: Sample) -> dict[str, Any] | None:
    """Return the difference of two settings in a measure, not yet decided by `decide`; None if one has no value.

    difference: of the means, other - reference; with low and high, its interval. relative: its share of the
    reference's mean. p: of the t test, before the adjustment.
    """
    if not reference.values or not other.values:
        return None
    pairs = _pairs(reference, other)
    if pairs:  # of repeats that have no partner nothing is said
        reference_mean, other_mean = (mean([pair[side] for pair in pairs]) for side in (0, 1))
    else:
        reference_mean, other_mean = mean(reference.values), mean(other.values)
    changes = [b - a for a, b in pairs]
    difference = mean(changes) if pairs else other_mean - reference_mean
    found: dict[str, Any] = {
        "measure": measure,
        "reference_mean": reference_mean,
        "other_mean": other_mean,
        "difference": difference,
        "relative": difference / reference_mean if reference_mean else None,
        "low": None,
        "high": None,
        "paired": bool(pairs),
        "repeats": [len(pairs)] * 2 if pairs else [len(reference.values), len(other.values)],
        "effect": None,
        "effect_kind": None,
        "p": None,
        "adjusted_p": None,
        "exact": False,
        "outcome": "too few repeats",
    }
    if min(found["repeats"]) < MIN_SAMPLE:
        return found
    if (reference.exact and other.exact) or (pairs and not any(changes)):
        alike = all(_same(a, b) for a, b in pairs) if pairs else _same(reference_mean, other_mean)
        return found | {"exact": True, "outcome": "equal" if alike else "different"}
    few = min(found["repeats"]) < FEW
    if pairs:
        interval, p = t_interval(changes) if few else bootstrap_paired(changes), paired_p(changes)
        effect, kind = rank_biserial(changes), PAIRED_EFFECT
    else:
        first, second = reference.values, other.values
        interval = welch_interval(first, second) if few else bootstrap_unpaired(first, second)
        p = welch_p(first, second)
        effect, kind = cliffs_delta(first, second), UNPAIRED_EFFECT
    low, high = interval or (None, None)
    return found | {"low": low, "high": high, "effect": effect, "effect_kind": kind, "p": p}


def decide(differences: Sequence[dict[str, Any]]) -> None:
    """Write the outcome of every difference that was tested, all of them being one family of tests."""
    tested = [difference for difference in differences if difference["p"] is not None]
    for difference, adjusted in zip(tested, holm([difference["p"] for difference in tested]), strict=True):
        beyond = difference["low"] > 0 or difference["high"] < 0
        difference["adjusted_p"] = adjusted
        difference["outcome"] = "different" if beyond and adjusted <= 1 - LEVEL else "no difference shown"


def noise(differences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return by how much the times differ though nothing was changed: for each, the median and the largest share."""
    found = []
    for measure in TIMES:
        shares = sorted(abs(d["relative"] or 0.0) for d in differences if d["measure"] == measure)
        if shares:
            middle = (shares[(len(shares) - 1) // 2] + shares[len(shares) // 2]) / 2
            same = all(d["paired"] or d["exact"] for d in differences if d["measure"] == measure)
            found.append({"measure": measure, "median": middle, "largest": shares[-1], "settings": len(shares),
                          "same_seeds": same})  # fmt: skip
    return found


def _pairs(reference: Sample, other: Sample) -> list[tuple[float, float]]:
    """Return the values of the seeds that both have, if those are enough and each seed stands for one run."""
    first, second = (dict(zip(taken.seeds, taken.values, strict=True)) for taken in (reference, other))
    if len(first) < len(reference.seeds) or len(second) < len(other.seeds):
        return []
    shared = sorted(first.keys() & second.keys())
    return [(first[seed], second[seed]) for seed in shared] if len(shared) >= MIN_SAMPLE else []


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=SAME)
