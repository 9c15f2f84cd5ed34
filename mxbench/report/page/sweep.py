"""What a sweep over a number shows: each measure over it, a line an algorithm, with the claim beside what was measured.

A chart for each measure and each combination of whatever else varies. It is the comparison's lines, put in order.
"""

from typing import Any

from mxbench.report.text import printable

MEASURES = (
    ("messages_per_entry", "messages per entry"),
    ("wait_ms.mean", "wait, ms"),
    ("sync_delay_ms.mean", "synchronisation delay, ms"),
    ("entries_per_s", "entries per s"),
)
CLAIMED = "messages_per_entry"
MOST_CHARTS = 12
Line = dict[str, Any]


def sweep(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the charts as plain data: title, across, series of [x, mean, low, high] with the claim as [x, low, high].

    Empty where nothing was swept over a number.
    """
    lines: list[Line] = comparison["lines"]
    across = _across(lines, comparison["varying"])
    if across is None:
        return []
    rest = [key for key in comparison["varying"] if key not in ("algorithm", across) and _values(lines, key)[1:]]
    facets = {tuple(str(line["setting"].get(key)) for key in rest): None for line in lines}
    charts = []
    for measure, title in MEASURES:
        for facet in facets:
            chosen = [line for line in lines if tuple(str(line["setting"].get(key)) for key in rest) == facet]
            series = _series(chosen, across, measure)
            where = ", ".join(f"{key} {value}" for key, value in zip(rest, facet, strict=True))
            if any(len(one["points"]) > 1 for one in series):
                charts.append({"title": title + (f" ({where})" if where else ""), "across": across, "series": series})
    return charts[:MOST_CHARTS]


def _across(lines: list[Line], varying: list[str]) -> str | None:
    """Return the key that a chart goes along: the nodes, or else the first number that takes several values."""
    for key in sorted(varying, key=lambda key: key != "nodes"):
        values = _values(lines, key)
        if len(values) > 1 and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            return key
    return None


def _values(lines: list[Line], key: str) -> list[Any]:
    found: list[Any] = []
    for line in lines:
        if line["setting"].get(key) not in found:
            found.append(line["setting"].get(key))
    return found


def _series(lines: list[Line], across: str, measure: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in sorted(lines, key=lambda line: float(line["setting"][across])):
        summary, x = line["measures"].get(measure), line["setting"][across]
        name = printable(line["setting"].get("algorithm", line["algorithm"]))
        series = found.setdefault(name, {"name": name, "points": [], "claim": []})
        if summary is None:
            continue
        low, high = (summary["mean"] if summary[end] is None else summary[end] for end in ("low", "high"))
        series["points"].append([x, summary["mean"], low, high])
        claimed = line["claimed_messages_per_entry"]
        if measure == CLAIMED and claimed is not None:
            series["claim"].append([x, *(claimed if isinstance(claimed, list) else [claimed, claimed])])
    return [series for series in found.values() if series["points"]]
