"""Theory and measurement: what algorithms claim of their costs, held against results, and how costs grow.

The document is plain data, what `mxbench compare --theory --format json` prints. Its fields are a contract:

lines     algorithm, nodes, setting (what else the sweep chose, and in what sources differ), regime, quantity
          (messages_per_entry, synchronisation_delay, response_time), unit ('messages' or 'T'), claimed (a number,
          [low, high] or null), kind (exact, range, mean), measured {mean, low, high}, ratio, holds (true, false; null
          where nothing is claimed, and for delays in real time or beside faults), runs
growth    algorithm, setting, quantity, points [[n, mean], ...], best ('1', 'log n', 'sqrt n', 'n'), formula, errors
          {shape: mean square error of prediction}; for what was measured at four or more n
level     of the intervals: 0.95 for all claims of a mean together
holds     whether no line says false
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from mxbench.core.claims import claimed_of_all
from mxbench.experiment.sources import Row, Source, key_of, make_whole, name_holders, sweeps_holder
from mxbench.experiment.statistics import LEVEL, mean, t_interval

QUANTITIES = {"messages_per_entry": "messages", "synchronisation_delay": "T", "response_time": "T"}
# What bounds a cost may reach its bound slowly, as 3 (n - 1) / n does: so 1 is a + b / n.
SHAPES: dict[str, Callable[[float], float]] = {
    "1": lambda n: 1 / n,
    "log n": math.log2,
    "sqrt n": math.sqrt,
    "n": float,
}
LEADING = ("algorithm", "nodes")
MIN_POINTS = 4
EXACT = 1e-4  # mean square error below which a shape tells enough: 1 %
MARGIN = 0.5  # a steeper shape must predict this much better than a flatter one to be named
Line = dict[str, Any]


def theory(sources: Sequence[Source]) -> dict[str, Any]:
    """Return claims beside measurements for every setting of the sources, and how each cost grows with n."""
    groups: dict[str, tuple[dict[str, Any], list[Row]]] = {}
    known = [(row, source.coordinates(row)) for source in sources for row in source.rows]
    name_holders((own for _, own in known), sweeps_holder(sources))
    make_whole([own for _, own in known])
    apart = _apart([own for _, own in known]) if len(sources) > 1 else []
    names: dict[Any, set[Any]] = {}
    for row, own in known:
        names.setdefault(row.get("algorithm"), set()).add(own["algorithm"])
    for row, own in known:
        setting = {key: value for key, value in (row.get("setting") or {}).items() if key not in LEADING}
        setting |= {key: own.get(key) for key in apart if not _is_in(key, setting)}
        several = len(names[row.get("algorithm")]) > 1 or isinstance((row.get("setting") or {}).get("algorithm"), dict)
        where = {
            "algorithm": own["algorithm"] if several else row.get("algorithm"),
            "nodes": row.get("nodes"),
            **setting,
        }
        groups.setdefault(key_of(where), (where, []))[1].append(row)
    lines = [line for where, rows in groups.values() for line in _lines(where, rows)]
    means = sum(line["kind"] == "mean" for line in lines)
    level = 1 - (1 - LEVEL) / max(means, 1)
    for line in lines:
        _judge(line, level)
    told = [line["holds"] for line in lines if line["holds"] is not None]
    return {"lines": lines, "growth": _growth(lines), "level": LEVEL, "holds": all(told)}


def _apart(known: Sequence[dict[str, Any]]) -> list[str]:
    """Return the keys in which the experiments of several sources differ: what differs within one its sweep chose."""
    keys = dict.fromkeys(key for coordinates in known for key in coordinates if key not in LEADING)
    return [key for key in keys if len({key_of({key: coordinates.get(key)}) for coordinates in known}) > 1]


def _is_in(key: str, setting: dict[str, Any]) -> bool:
    return any(f"{key}.".startswith(f"{chosen}.") for chosen in setting)


def _lines(where: dict[str, Any], rows: list[Row]) -> list[Line]:
    setting = {key: value for key, value in where.items() if key not in ("algorithm", "nodes")}
    found = []
    for quantity, unit in QUANTITIES.items():
        values, claims, told, kind, regime = _measured(quantity, rows)
        if not values:
            continue
        found.append({
            "algorithm": where["algorithm"], "nodes": where["nodes"], "setting": setting, "regime": regime,
            "quantity": quantity, "unit": unit, "claimed": claimed_of_all(claims), "kind": kind, "runs": len(values),
            "_values": values, "_claims": claims, "_told": told,
        })  # fmt: skip
    return found


def _measured(
    quantity: str, rows: list[Row]
) -> tuple[list[float], list[Any], list[bool | None], str | None, str | None]:
    """Return what was measured in each run that tells, what was claimed and whether the run alone bears it out; then
    the claims' kind and regime."""
    if quantity == "messages_per_entry":
        regime = rows[0].get("claim_regime")
        field = "saturated_messages_per_entry" if regime == "saturated" else quantity
        told = [row for row in rows if row.get(field) is not None]
        claims = [row.get("claimed_messages_per_entry") for row in told]
        holds = [row.get("claim_holds") for row in told]
        return [row[field] for row in told], claims, holds, rows[0].get("claim_kind"), regime
    found = [row[quantity] for row in rows if (row.get(quantity) or {}).get("measured") is not None]
    kind, regime = (found[0]["kind"], found[0]["regime"]) if found else (None, None)
    measured, claims, holds = ([item[key] for item in found] for key in ("measured", "claimed", "holds"))
    return measured, claims, holds, kind, regime


def _judge(line: Line, level: float) -> None:
    """Say whether the claim holds: exactly, within its range in every run, or within the interval of the mean."""
    values, claims, told = line.pop("_values"), line.pop("_claims"), line.pop("_told")
    average = mean(values)
    interval = t_interval(values, level if line["kind"] == "mean" else LEVEL)
    low, high = interval or (average, average)
    line["measured"] = {"mean": average, "low": low, "high": high}
    claimed = line["claimed"]
    line["ratio"] = average / claimed if isinstance(claimed, int | float) and claimed else None
    if claimed is None or (line["unit"] == "T" and None in told):  # a delay that a run tells and does not judge
        line["holds"] = None
    elif line["kind"] == "mean":
        # A claim may differ from run to run, as the distances do: the difference is what must be nought on average.
        off = [value - claim for value, claim in zip(values, claims, strict=True)]
        around = t_interval(off, level) or (mean(off), mean(off))
        line["holds"] = around[0] <= 0 <= around[1] or _equal(mean(off), 0.0, claimed)
        # Where chance plays no part, nothing but a run's two ends keeps a mean from being exact: each run tells alone.
        if not line["holds"] and _same(values):
            line["holds"] = _every(told)
    else:
        line["holds"] = _every(told)


def _every(told: list[bool | None]) -> bool | None:
    known = [holds for holds in told if holds is not None]
    return all(known) if known else None


def _same(values: list[float]) -> bool:
    return all(_equal(value, values[0], values[0]) for value in values)


def _equal(value: float, other: float, scale: float) -> bool:
    return abs(value - other) <= 1e-9 * max(abs(scale), 1.0)


# ---- growth ---------------------------------------------------------------------------------------------------------


def _growth(lines: list[Line]) -> list[dict[str, Any]]:
    curves: dict[str, list[Line]] = {}
    for line in lines:
        where = {"algorithm": line["algorithm"], "quantity": line["quantity"], "setting": _without_nodes(line)}
        curves.setdefault(key_of(where), []).append(line)
    found = []
    for curve in curves.values():
        points = sorted((line["nodes"], line["measured"]["mean"]) for line in curve)
        if len(points) >= MIN_POINTS:
            best, formula, errors = fit(points)
            first = curve[0]
            found.append({"algorithm": first["algorithm"], "setting": _without_nodes(first),
                          "quantity": first["quantity"], "points": [list(point) for point in points],
                          "best": best, "formula": formula, "errors": errors})  # fmt: skip
    return found


def _without_nodes(line: Line) -> dict[str, Any]:
    return {key: value for key, value in line["setting"].items() if key != "nodes"}


def fit(points: Sequence[tuple[float, float]]) -> tuple[str, str, dict[str, float]]:
    """Return which of 1, log n, sqrt n and n tells the points best: its name, the line, and every shape's error.

    Each shape is fitted as a + b * shape(n) by least squares. The error is that of prediction: each point is left out
    in turn and told from the others, relative to its own size. The flattest shape that is nearly the best is named.
    """
    errors = {}
    for name, shape in SHAPES.items():
        off = []
        for left_out in range(len(points)):
            others = [point for position, point in enumerate(points) if position != left_out]
            a, b = _least_squares(others, shape)
            n, value = points[left_out]
            off.append(((a + b * shape(n) - value) / (abs(value) or 1.0)) ** 2)
        errors[name] = math.fsum(off) / len(off)
    least = min(errors.values())
    best = next(name for name, error in errors.items() if error * MARGIN <= least or error < EXACT)
    a, b = _least_squares(points, SHAPES[best])
    if best == "1":
        formula = f"{a:.3g}" + (f" {'-' if b < 0 else '+'} {abs(b):.3g} / n" if abs(b) > 1e-3 * abs(a) else "")
    else:
        formula = f"{b:.3g} {best}" + (f" {'-' if a < 0 else '+'} {abs(a):.3g}" if abs(a) > 1e-9 else "")
    return best, formula, errors


def _least_squares(points: Sequence[tuple[float, float]], shape: Callable[[float], float]) -> tuple[float, float]:
    xs, ys = [shape(n) for n, _ in points], [value for _, value in points]
    x, y = mean(xs), mean(ys)
    spread = math.fsum((value - x) ** 2 for value in xs)
    slope = math.fsum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread if spread else 0.0
    return y - slope * x, slope
