"""A measure over what was swept: a line an algorithm with its confidence band, and as dots what theory says.

The measures are those of `mxbench compare`, and of `compare --theory` the delays in units of a message's (T), which
have claims too. Along the axis goes the number of nodes, or any key that takes several numbers.
"""

from itertools import pairwise
from typing import Any

from mxbench.core.claims import claimed_of_all
from mxbench.core.distributions import parse_duration
from mxbench.errors import ResultError
from mxbench.experiment.difference import MEASURES
from mxbench.experiment.document import suggestion
from mxbench.experiment.statistics import LEVEL, mean, t_interval
from mxbench.experiment.theory import QUANTITIES
from mxbench.report.figure.series import NO_RUNS, Drawable, claim_of, differing, named
from mxbench.report.figure.style import SERIES, Look, coloured, pointed_lines, quantity, whole
from mxbench.report.text import printable

NAMES = {
    "messages_per_entry": "messages per entry",
    "saturated_messages_per_entry": "saturated messages per entry",
    "payload_bytes_per_entry": "payload per entry, bytes",
    "wire_bytes_per_entry": "bytes on the wire per entry",
    "wait_ms.mean": "wait, ms (mean)",
    "response_ms.mean": "response time, ms (mean)",
    "sync_delay_ms.mean": "synchronisation delay, ms",
    "entries_per_s": "entries per s",
    "jain": "Jain's index",
    "max_overtaking": "most entries of others before one's own",
    "wall_s": "time of a run, s",
    "synchronisation_delay": "synchronisation delay, T",
    "response_time": "response time, T",
}
KNOWN = tuple(dict.fromkeys([*MEASURES, *QUANTITIES]))
CAPACITY = "entries_per_s"  # of it the greatest is claimed, 1 / (Sd + E), where requests come at a rate
MOST_TICKS = 8
TIGHT = 1.6  # of neighbours on the axis, below which not each can have a label
Point = dict[str, Any]


def sweep(found: Drawable, look: Look, measure: str = "messages_per_entry", over: str | None = None) -> dict[str, Any]:
    """Return the figure of a measure over a key; raise ResultError where there is no such thing, or nothing to draw."""
    if measure not in KNOWN:
        raise ResultError(f"--measure {measure}: unknown{suggestion(measure, KNOWN)} (known: {', '.join(KNOWN)})")
    lines = measured_lines(found, measure)
    key = _along(lines, over)
    points = _points(lines, key)
    names = list(dict.fromkeys(point["series"] for point in points))
    if len(names) > SERIES:
        raise ResultError(
            f"{len(names)} lines are more than a figure can tell apart ({SERIES}); choose some with --where KEY=VALUE"
        )
    return _drawn(points, names, axis_name(key, lines), measure, look)


def along(found: Drawable) -> str | None:
    """Return the key that a sweep goes along unless told: the nodes, else the first that takes several numbers."""
    keys = _numeric(found.lines)
    return "nodes" if "nodes" in keys else next(iter(keys), None)


def measured_lines(found: Drawable, measure: str) -> list[Point]:
    """Return for each setting what was measured and claimed: setting, algorithm, mean, low, high, claim [low, high],
    regime of the claim on messages.

    low, high and claim are None where there is none. Raises ResultError where no run measured it.
    """
    if measure in QUANTITIES and measure not in MEASURES:
        return _of_theory(found, measure)
    return _of_comparison(found, measure)


def number_of(value: Any) -> float | None:
    """Return the number that a value of a setting is, a duration (that of `{exponential: 2ms}` too) in ms, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict) and len(value) == 1:
        [value] = value.values()
    if not isinstance(value, str) or not value[:1].isdigit():
        return None
    try:
        return parse_duration(value) * 1000
    except ValueError:
        return None


def shapes(lines: list[Point], key: str) -> list[str]:
    """Return what to add to the name of each line's series: the kind of its value, where not all are of one kind.

    A wait that is always 2 ms and one of 2 ms on average lie at one place of the axis, and are two things.
    """
    values = [line["setting"].get(key) for line in lines]
    kinds = [next(iter(value)) if isinstance(value, dict) else "constant" for value in values]
    return [f", {printable(kind)}" for kind in kinds] if len(set(kinds)) > 1 else [""] * len(kinds)


def axis_name(key: str, lines: list[Point]) -> str:
    """Return what the axis of a swept key is called: with ms, where some of its values are durations."""
    plain = all(isinstance(line["setting"].get(key), int | float) for line in lines)
    return printable(key) + ("" if plain else ", ms")


def _of_comparison(found: Drawable, measure: str) -> list[Point]:
    rows = {row["result"]: row for source in found.sources for row in source.rows}
    lines = []
    for line in found.lines:
        summary = line["measures"].get(measure)
        if summary is None:
            continue
        claim = claim_of(line, measure)
        if measure == CAPACITY:
            told = [rows[result].get("claimed_capacity_per_s") for result in line["results"] if result in rows]
            claim = _band(told) if told else None
        lines.append(_line(line, claim, summary))
    if not lines:
        raise ResultError(f"{NO_RUNS}: no run of it measured {measure}")
    return lines


def _of_theory(found: Drawable, measure: str) -> list[Point]:
    rows = {row["result"]: row for source in found.sources for row in source.rows}
    lines = []
    for line in found.lines:
        told = [rows[result].get(measure) or {} for result in line["results"] if result in rows]
        told = [one for one in told if one.get("measured") is not None]
        if told:
            values = [one["measured"] for one in told]
            low, high = t_interval(values, LEVEL) or (mean(values), mean(values))
            lines.append(
                _line(line, _band([one["claimed"] for one in told]), {"mean": mean(values), "low": low, "high": high})
            )
    if not lines:
        raise ResultError(f"{NO_RUNS}: no run of it measured {measure}; it needs one constant delay on every link")
    return lines


def _line(line: Point, claim: list[float] | None, summary: Point) -> Point:
    return {"setting": line["setting"], "algorithm": line["algorithm"], "claim": claim,
            "regime": line["claim_regime"], **{key: summary[key] for key in ("mean", "low", "high")}}  # fmt: skip


def _band(claims: list[Any]) -> list[float] | None:
    """Return what the repeats of a setting claim together, as [low, high]; None unless each claims something."""
    claim = None if None in claims else claimed_of_all(claims)
    return [claim, claim] if isinstance(claim, int | float) else claim


def _along(lines: list[Point], over: str | None) -> str:
    keys = _numeric(lines)
    if over is None:
        if not keys:
            raise ResultError(f"{NO_RUNS}: they differ in no number; 'matrix: {{nodes: [3, 5, 9]}}' sweeps one")
        return "nodes" if "nodes" in keys else keys[0]
    known = [key for key in keys if over in (key, key.rpartition(".")[2])]
    if not known:
        said = f"swept over numbers: {', '.join(keys)}" if keys else "nothing was swept over a number"
        words = [key for key in differing(lines) if over in (key, key.rpartition(".")[2])]
        why = "its values are no numbers" if words else f"it does not vary{suggestion(over, keys)}"
        raise ResultError(f"--over {over}: {why} ({said})")
    return known[0]


def _numeric(lines: list[Point]) -> list[str]:
    """Return the keys in which lines differ and all are numbers."""
    return [key for key in differing(lines) if all(number_of(line["setting"].get(key)) is not None for line in lines)]


def _points(lines: list[Point], key: str) -> list[Point]:
    keys = [other for other in differing(lines) if other != key]
    points = []
    for line, shape in zip(lines, shapes(lines, key), strict=True):
        low, high = (line["mean"] if line[end] is None else line[end] for end in ("low", "high"))
        ends = line["claim"] or [None, None]
        points.append({
            "series": named(line, keys) + shape, "x": number_of(line["setting"].get(key)), "y": line["mean"],
            "low": low, "high": high, "claim_low": ends[0], "claim_high": ends[1],
        })  # fmt: skip
    return sorted(points, key=lambda point: point["x"])


def _drawn(points: list[Point], names: list[str], across: str, measure: str, look: Look) -> dict[str, Any]:
    title = NAMES.get(measure, measure)
    log_x, log_y = (look.log and all(point[end] > 0 for point in points) for end in ("x", "low"))
    claimed = [point for point in points if point["claim_low"] is not None]
    values = sorted({point["x"] for point in points})
    axis: dict[str, Any] = {"values": values} if _have_room(values, log_x) else {}
    if all(value == int(value) for value in values) and (axis or not log_x):
        axis |= {"format": ",d", "tickMinStep": 1}  # three values would be 1.0, 2.0 and 3.0
    x: dict[str, Any] = {"field": "x", **quantity(across, log_x, **axis)}
    x["scale"] |= {"zero": False, "nice": False, "padding": 6}
    dots = "dots: at most, as claimed" if measure == CAPACITY else "dots: claimed"
    y = quantity(f"{title} ({dots})" if claimed else title, log_y)
    base = {"x": x, "color": coloured(names, look.theme)}
    layers: list[dict[str, Any]] = []
    if any(point["high"] > point["low"] for point in points):
        band = base | {"y": {"field": "low", **y}, "y2": {"field": "high"}}
        layers.append({"mark": {"type": "area", "opacity": 0.22}, "encoding": band})
    shown = base | {"y": {"field": "y", **y}}
    layers += pointed_lines(names, shown)
    layers += _claims(claimed, x, y, look)
    return whole(look, points, {"layer": layers}, names)


def _claims(claimed: list[Point], x: Point, y: Point, look: Look) -> list[dict[str, Any]]:
    """Return the dotted lines of what is claimed: one a series, two where it is a range."""
    if not claimed:
        return []
    mark = {"type": "line", "color": look.theme.ink, "strokeDash": [0.1, 3], "strokeCap": "round", "strokeWidth": 1.4}
    ends = ["claim_low", "claim_high"] if any(p["claim_low"] != p["claim_high"] for p in claimed) else ["claim_low"]
    return [
        {
            "data": {"values": claimed}, "mark": mark,
            "encoding": {"x": x, "y": {"field": end, **y}, "detail": {"field": "series"}},
        }
        for end in ends
    ]  # fmt: skip


def _have_room(values: list[float], log: bool) -> bool:
    near = any(low > 0 and high / low < TIGHT for low, high in pairwise(values))
    spread = values[-1] - values[0]
    tight = any(high - low < spread / 14 for low, high in pairwise(values))
    return len(values) <= MOST_TICKS and not (near if log else tight)
