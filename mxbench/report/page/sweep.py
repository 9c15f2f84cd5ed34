"""What a sweep over a number shows: each measure over it, a line an algorithm, with the claim beside what was measured.

A chart for each measure and each combination of whatever else varies. The lines are those of `mxbench figure --kind
sweep`: along the axis goes the number of nodes, or else the first key that takes several numbers or durations.
"""

from typing import Any

from mxbench.errors import ResultError
from mxbench.report.figure.series import Drawable, differing
from mxbench.report.figure.sweep import CAPACITY, NAMES, along, axis_name, measured_lines, number_of, shapes
from mxbench.report.text import setting_text

MEASURES = (
    "messages_per_entry", "saturated_messages_per_entry", "wait_ms.mean", "response_ms.mean", "sync_delay_ms.mean",
    "synchronisation_delay", "response_time", "entries_per_s", "jain", "max_overtaking",
)  # fmt: skip
SATURATED = "saturated_messages_per_entry"
CLAIMED_ONLY = (SATURATED, "synchronisation_delay", "response_time")  # else they repeat another
MOST_CHARTS = 36
Line = dict[str, Any]


def sweep(found: Drawable) -> dict[str, Any]:
    """Return as plain data: charts (title, across, series of points [x, mean, low, high] and claim [x, low, high]), and
    how many more there are than are drawn. No chart where nothing was swept over a number.
    """
    key = along(found)
    if key is None:
        return {"charts": [], "left": 0}
    charts = [chart for measure in MEASURES for chart in _charts(found, measure, key)]
    return {"charts": charts[:MOST_CHARTS], "left": len(charts[MOST_CHARTS:])}


def _charts(found: Drawable, measure: str, key: str) -> list[dict[str, Any]]:
    try:
        lines = measured_lines(found, measure)
    except ResultError:  # nothing measured it
        return []
    if measure in CLAIMED_ONLY:
        lines = [line for line in lines if line["claim"] is not None]
    rest = [other for other in differing(found.lines) if other not in ("algorithm", key)]
    facets: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        facets.setdefault(tuple(setting_text(line["setting"].get(other)) for other in rest), []).append(line)
    made = []
    for facet, chosen in facets.items():
        if measure == SATURATED and all(line["regime"] != "saturated" for line in chosen):
            continue
        where = ", ".join(f"{other} {value}" for other, value in zip(rest, facet, strict=True))
        series = _series(chosen, key)
        if any(len(one["points"]) > 1 for one in series):
            title = _title(measure, any(one["claim"] for one in series)) + (f" ({where})" if where else "")
            made.append({"title": title, "across": axis_name(key, lines), "series": series})
    return made


def _title(measure: str, claimed: bool) -> str:
    most = ", and the most that is claimed" if claimed and measure == CAPACITY else ""
    return NAMES[measure] + most


def _series(lines: list[Line], key: str) -> list[dict[str, Any]]:
    series: dict[str, dict[str, Any]] = {}
    placed = [
        (number_of(line["setting"].get(key)), line, shape)
        for line, shape in zip(lines, shapes(lines, key), strict=True)
    ]
    for x, line, shape in sorted(placed, key=lambda one: one[0] or 0):
        name = setting_text(line["setting"].get("algorithm", line["algorithm"])) + shape
        one = series.setdefault(name, {"name": name, "points": [], "claim": []})
        low, high = (line["mean"] if line[end] is None else line[end] for end in ("low", "high"))
        one["points"].append([x, line["mean"], low, high])
        if line["claim"] is not None:
            one["claim"].append([x, *line["claim"]])
    return list(series.values())
