"""How fair a lock is: the entries of each node beside an equal share, and how often requests were overtaken.

A request is overtaken by each entry of another node between it and its own entry.
"""

from collections import Counter
from typing import Any

from mxbench.core.history import History
from mxbench.errors import ResultError
from mxbench.metrics.fairness import overtaking
from mxbench.metrics.series import measured
from mxbench.report.figure.counts import by_node
from mxbench.report.figure.distributions import lines_of_shares
from mxbench.report.figure.series import NO_RUNS, Series
from mxbench.report.figure.style import Look

AXIS = 46  # points that a panel's numbers and their title take


def fairness(series: list[Series], look: Look) -> dict[str, Any]:
    """Return two panels, one above the other; raise ResultError where nobody entered."""
    portions: dict[str, list[float]] = {}
    overtaken: dict[str, list[float]] = {}
    for one in series:
        entries: Counter[int] = Counter()
        nodes, counts = 0, []
        for history in one.histories():
            nodes = history.plan.nodes
            entries.update(entry.node for entry in measured(history))
            counts += _overtaken(history)
        if entries:
            equal = sum(entries.values()) / nodes
            portions[one.name] = [entries[node] / equal for node in range(nodes)]
            overtaken[one.name] = sorted(counts)
    if not portions:
        raise ResultError(f"{NO_RUNS}: no entry was recorded")
    flat = look._replace(log=False)
    above = by_node(portions, ["entries", "(1: an equal share)"], flat)
    below = lines_of_shares("entries of others between request and entry", "requests", overtaken, flat)
    return _stacked(above, below, look)


def _overtaken(history: History) -> list[float]:
    return [float(count) for count in overtaking(history)]


def _stacked(above: dict[str, Any], below: dict[str, Any], look: Look) -> dict[str, Any]:
    """Return two figures as panels of one, under the legend of the first.

    What is stacked cannot be told its outer width, so room for the axes is left.
    """
    panels = []
    for panel in (above, below):
        kept = {key: value for key, value in panel.items() if key not in ("$schema", "config", "autosize", "padding")}
        panels.append(kept | {"width": look.width - AXIS, "height": round(look.height * 0.55)})
    for channel in ("color", "strokeDash"):
        panels[1]["encoding"][channel] |= {"legend": None}
    apart = {"scale": {"color": "independent", "shape": "independent", "strokeDash": "independent"}}  # and so legends
    return {
        "$schema": above["$schema"],
        "vconcat": panels,
        "resolve": apart,
        "spacing": 6,
        "padding": 3,
        "config": above["config"],
    }
