"""What messages an entry costs by their types, with the claim beside it, and how the messages fall on the nodes."""

from typing import Any

from mxbench.errors import ResultError
from mxbench.report.figure.series import NO_RUNS, Series, claim_of
from mxbench.report.figure.style import SERIES, Look, coloured, dashed, pointed_lines, quantity, whole
from mxbench.report.text import mean_of, printable

OTHERS = "others"
MOST_POINTS = 40  # nodes that have a point each


def messages_by_type(series: list[Series], look: Look) -> dict[str, Any]:
    """Return a bar for each setting: messages per entry, stacked by type, and a mark where the claim is."""
    costs = {one.name: _per_entry(one) for one in series}
    totals: dict[str, float] = {}
    for cost in costs.values():
        for kind, mean in cost.items():
            totals[kind] = totals.get(kind, 0.0) + mean
    if not totals:
        raise ResultError(f"{NO_RUNS}: no message was counted")
    kinds = list(totals)
    if len(kinds) > SERIES:
        kinds = sorted(sorted(kinds, key=lambda kind: -totals[kind])[: SERIES - 1], key=kinds.index)
    rows: list[dict[str, Any]] = []
    for name, cost in costs.items():
        shown = {printable(kind): cost.get(kind, 0.0) for kind in kinds}
        rest = sum(mean for kind, mean in cost.items() if kind not in kinds)
        shown |= {OTHERS: rest} if len(totals) > len(kinds) else {}
        rows += [
            {"name": name, "series": kind, "x": mean, "place": at} for at, (kind, mean) in enumerate(shown.items())
        ]
    names = list(dict.fromkeys(row["series"] for row in rows))
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 130, "ticks": False}}
    bars: dict[str, Any] = {
        "mark": {"type": "bar"},
        "encoding": {
            "y": y, "x": {"field": "x", "stack": "zero", **quantity("messages per entry (black: claimed)")},
            "color": coloured(names, look.theme, alternating=True), "order": {"field": "place"},
        },
    }  # fmt: skip
    layers = [bars, *_claims(series, y, look)]
    if len(layers) == 1:
        bars["encoding"]["x"]["title"] = "messages per entry"
    low = look._replace(lines=len(series))
    return whole(low, rows, {"layer": layers}, names)


def load_by_node(series: list[Series], look: Look) -> dict[str, Any]:
    """Return the messages that each node sends and receives per entry: a line a setting, or two lines for one."""
    lines: dict[str, list[float]] = {}
    for one in series:
        sent, received = _by_node(one, "sent_by_node"), _by_node(one, "received_by_node")
        if len(series) == 1:
            lines |= {"sent": sent, "received": received}
        else:
            lines[one.name] = [out + into for out, into in zip(sent, received, strict=False)]
    names = [name for name, line in lines.items() if line]
    if not names:
        raise ResultError(f"{NO_RUNS}: no run tells what its nodes sent and received")
    what = "messages per entry" if len(series) == 1 else ["messages per entry,", "sent and received"]
    return by_node({name: lines[name] for name in names}, what, look)


def by_node(lines: dict[str, list[float]], what: str | list[str], look: Look) -> dict[str, Any]:
    """Return a figure with one value for each node."""
    names, most = list(lines), max(len(line) for line in lines.values())
    data = [
        {"series": name, "node": node, "y": value} for name, line in lines.items() for node, value in enumerate(line)
    ]
    x = {"field": "node", **quantity("node", tickMinStep=1), "scale": {"zero": False, "nice": False, "padding": 6}}
    encoding = {"x": x, "y": {"field": "y", **quantity(what)}, "color": coloured(names, look.theme)}
    if most <= MOST_POINTS:
        return whole(look, data, {"layer": pointed_lines(names, encoding)}, names)
    return whole(look, data, {"mark": {"type": "line"}, "encoding": encoding | {"strokeDash": dashed(names)}}, names)


def _claims(series: list[Series], y: dict[str, Any], look: Look) -> list[dict[str, Any]]:
    """Return the layers of marks where a claim is, a line between its ends for a range."""
    claims = [(one.name, claim_of(one.line, "messages_per_entry")) for one in series]
    values = [{"name": name, "low": claim[0], "high": claim[1]} for name, claim in claims if claim is not None]
    if not values:
        return []
    ends: list[dict[str, Any]] = [
        {
            "data": {"values": values},
            "mark": {"type": "tick", "color": look.theme.ink, "thickness": 1.6, "size": 15},
            "encoding": {"y": y, "x": {"field": end, "type": "quantitative"}},
        }
        for end in ("low", "high")
    ]
    between = {"y": y, "x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}
    rule = {"type": "rule", "color": look.theme.ink, "strokeWidth": 1}
    return [{"data": {"values": values}, "mark": rule, "encoding": between}, *ends]


def _per_entry(one: Series) -> dict[str, float]:
    kinds = dict.fromkeys(kind for row in one.rows for kind in row.get("messages_by_type") or {})
    means = {
        kind: mean_of((row.get("messages_by_type") or {}).get(kind, 0) / row["entries"] for row in _entered(one))
        for kind in kinds
    }
    return {kind: mean for kind, mean in means.items() if mean is not None}


def _by_node(one: Series, field: str) -> list[float]:
    rows = [row for row in _entered(one) if row.get(field)]
    nodes = max((len(row[field]) for row in rows), default=0)
    means = [
        mean_of((row[field][node] or 0) / row["entries"] for row in rows if node < len(row[field]))
        for node in range(nodes)
    ]
    return [mean or 0.0 for mean in means]


def _entered(one: Series) -> list[dict[str, Any]]:
    return [row for row in one.rows if row.get("entries")]
