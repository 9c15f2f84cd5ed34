"""How waits, responses and synchronisation delays are distributed: a line a setting, the share of them up to a length.

All are in ms, after the warm-up, with those of all repeats together.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mxbench.core.history import History
from mxbench.errors import ResultError
from mxbench.metrics.delay import synchronisation_delays
from mxbench.metrics.series import NS_PER_MS, measured, percentile
from mxbench.report.figure.series import NO_RUNS, Series
from mxbench.report.figure.style import Look, coloured, dashed, quantity, whole

STEPS = 200  # of a line


class Distribution(NamedTuple):
    """What is distributed. share_of: what is counted; values: of one run, in ns; none: why there may be none."""

    title: str
    share_of: str
    values: Callable[[History], Iterable[int]]
    none: str


def _waits(history: History) -> Iterable[int]:
    return [entry.entered - entry.arrival for entry in measured(history) if entry.entered is not None]


def _responses(history: History) -> Iterable[int]:
    return [entry.released - entry.arrival for entry in measured(history) if entry.released is not None]


DISTRIBUTIONS = {
    "wait-cdf": Distribution("wait, ms", "entries", _waits, "no entry was recorded"),
    "response-cdf": Distribution("response time, ms", "entries", _responses, "no entry was recorded"),
    "sync-delay": Distribution(
        "synchronisation delay, ms", "hand-overs", synchronisation_delays, "nobody waited while another left"
    ),
}


def distribution(kind: str, series: list[Series], look: Look) -> dict[str, Any]:
    """Return the figure of one of DISTRIBUTIONS; raise ResultError where there is nothing to draw."""
    what = DISTRIBUTIONS[kind]
    values = {
        one.name: sorted(value / NS_PER_MS for history in one.histories() for value in what.values(history))
        for one in series
    }
    names = [name for name in values if values[name]]
    if not names:
        raise ResultError(f"{NO_RUNS}: {what.none}")
    return lines_of_shares(what.title, what.share_of, {name: values[name] for name in names}, look)


def shares(rising: list[float]) -> list[tuple[float, float]]:
    """Return points of the distribution, (value, share of the values up to it), at most STEPS and the least value."""
    steps = min(len(rising), STEPS)
    return [(rising[0], 0.0), *((percentile(rising, 100 * k / steps), k / steps) for k in range(1, steps + 1))]


def lines_of_shares(title: str, share_of: str, values: dict[str, list[float]], look: Look) -> dict[str, Any]:
    """Return the figure of some distributions: by name, their values in rising order."""
    names = list(values)
    log = look.log and all(rising[0] > 0 for rising in values.values())
    # A line's points all stand in their order: where values are equal it goes up, and a sort by value would mix them.
    data = [
        {"series": name, "x": x, "y": y, "place": place}
        for name, rising in values.items()
        for place, (x, y) in enumerate(shares(rising))
    ]
    encoding = {
        "x": {"field": "x", **quantity(title, log)},
        "y": {"field": "y", **quantity(f"share of {share_of}"), "scale": {"domain": [0, 1]}},
        "order": {"field": "place"},
        "color": coloured(names, look.theme),
        "strokeDash": dashed(names),
    }
    return whole(look, data, {"mark": {"type": "line", "interpolate": "step-after"}, "encoding": encoding}, names)
