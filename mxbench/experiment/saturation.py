"""The greatest rate that is sustained, of every algorithm whose rate an experiment sweeps.

An item for each curve, plain data; its fields are a contract, as those of the comparison that it is a part of:

source, algorithm, nodes, setting    the curve: the result's number, and what else the sweep chose
points       [{offered_per_s, entries_per_s, wait_growth, sustained}, ...] by rising load: means over the repeats, and
             whether each of them was sustained (metrics/load.py); null where none of them tells
sustained_per_s    the greatest load up to which every one was sustained, null if the least was not
exceeded_per_s     the least load that was not sustained, null if all were: the sweep ends too early
served_per_s       the entries a second at the greatest load: of an overload, what the algorithm can do
claimed_capacity_per_s    1 / (Sd + E) as claimed; a number, [least, greatest] or null
"""

from collections.abc import Sequence
from typing import Any

from mxbench.core.claims import claimed_of_all
from mxbench.experiment.sources import Coordinates, Row, key_of
from mxbench.experiment.statistics import mean

RATE, CAPACITY = "workload.rate", "claimed_capacity_per_s"
Curve = list[tuple[float, list[Row]]]


def saturation(groups: Sequence[tuple[int, Coordinates, list[Row]]], varying: Sequence[str]) -> list[dict[str, Any]]:
    """Return an item for each setting of each source that was run at several rates.

    groups: the settings, as (source, coordinates, repeats). varying: the keys that tell them apart.
    """
    curves: dict[tuple[int, str], tuple[Coordinates, Curve]] = {}
    for number, coordinates, rows in groups:
        known = [row["offered_per_s"] for row in rows if row.get("offered_per_s") is not None]
        if known:
            key = (number, key_of(coordinates, without=RATE))
            curves.setdefault(key, (coordinates, []))[1].append((mean(known), rows))
    return [
        _item(number, coordinates, curve, varying)
        for (number, _), (coordinates, curve) in curves.items()
        if len(curve) > 1
    ]


def _item(number: int, coordinates: Coordinates, curve: Curve, varying: Sequence[str]) -> dict[str, Any]:
    points = [_point(offered, rows) for offered, rows in sorted(curve, key=lambda pair: pair[0])]
    kept = 0
    while kept < len(points) and points[kept]["sustained"]:
        kept += 1
    exceeded = next((point["offered_per_s"] for point in points[kept:] if point["sustained"] is False), None)
    others = [key for key in varying if key not in (RATE, "algorithm", "nodes")]
    return {
        "source": number,
        "algorithm": coordinates["algorithm"],
        "nodes": coordinates["nodes"],
        "setting": {key: coordinates.get(key) for key in others},
        "points": points,
        "sustained_per_s": points[kept - 1]["offered_per_s"] if kept else None,
        "exceeded_per_s": exceeded,
        "served_per_s": points[-1]["entries_per_s"],
        "claimed_capacity_per_s": claimed_of_all([row.get(CAPACITY) for _, rows in curve for row in rows]),
    }


def _point(offered: float, rows: list[Row]) -> dict[str, Any]:
    told = [row["sustained"] for row in rows if row.get("sustained") is not None]
    return {
        "offered_per_s": offered,
        "entries_per_s": _mean(rows, "entries_per_s"),
        "wait_growth": _mean(rows, "wait_growth"),
        "sustained": all(told) if told else None,
    }


def _mean(rows: list[Row], field: str) -> float | None:
    known = [row[field] for row in rows if row.get(field) is not None]
    return mean(known) if known else None
