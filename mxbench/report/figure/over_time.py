"""Throughput over time: the entries of each of forty spans of a run, a line a setting, of its first repeat."""

from typing import Any

from mxbench.errors import ResultError
from mxbench.report.figure.series import NO_RUNS, Series
from mxbench.report.figure.style import Look, coloured, dashed, quantity, whole

SPANS = 40
NS = 1e9


def throughput(series: list[Series], look: Look) -> dict[str, Any]:
    """Return the figure; raise ResultError where nobody entered."""
    found: dict[str, list[tuple[float, float]]] = {}
    for one in series:
        history = next(one.histories(), None)
        start, length = (history.start(), history.end() - history.start()) if history else (0, 0)
        entered = [entry.entered - start for entry in history.entries if entry.entered is not None] if history else []
        if entered and length:
            found[one.name] = _spans(entered, length)
    if not found:
        raise ResultError(f"{NO_RUNS}: no entry was recorded")
    names, longest = list(found), max(line[-1][0] for line in found.values())
    unit, factor = ("s", 1.0) if longest >= 2 else ("ms", 1e3)
    data = [{"series": name, "x": at * factor, "y": rate} for name, line in found.items() for at, rate in line]
    encoding = {
        "x": {"field": "x", **quantity(f"time since the start, {unit}")},
        "y": {"field": "y", **quantity("entries per s")},
        "color": coloured(names, look.theme),
        "strokeDash": dashed(names),
    }
    return whole(look, data, {"mark": {"type": "line", "interpolate": "step-after"}, "encoding": encoding}, names)


def _spans(entered: list[int], length: int) -> list[tuple[float, float]]:
    """Return (beginning in s, entries per s) of each span, and the end with the last rate; few entries, few spans."""
    spans = max(2, min(SPANS, len(entered) // 4))
    counts = [0] * spans
    for time in entered:
        counts[min(spans - 1, time * spans // length)] += 1
    width = length / spans / NS
    rates = [count / width for count in counts]
    return [*((place * width, rate) for place, rate in enumerate(rates)), (length / NS, rates[-1])]
