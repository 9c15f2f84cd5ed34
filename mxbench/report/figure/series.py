"""Which settings of a result a figure draws, and what each is called: by what it differs in from the others.

A setting's repeats belong together. Seven series are the most that can be told apart; of a sweep with more, a reader
chooses with conditions such as 'nodes=9'.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from mxbench.core.history import History
from mxbench.errors import ResultError
from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.results import load_history
from mxbench.experiment.sources import Source, load_source
from mxbench.experiment.where import matching
from mxbench.report.figure.style import SERIES
from mxbench.report.text import printable, setting_text

NO_RUNS = "there is nothing to draw"
UNDECIDED = f"{NO_RUNS}: every run of it is undecided, and such runs have no part in the numbers"
K = "algorithm.k"  # how many may be inside together
SYMBOLS = {"nodes": "n", K: "k"}
Row = dict[str, Any]


class Series(NamedTuple):
    """One setting: its name in the legend, its line of the comparison, and the rows of its decided repeats."""

    name: str
    line: dict[str, Any]
    rows: list[Row]

    def histories(self) -> Iterator[History]:
        """Yield the histories of the repeats; raise ResultError where they were removed."""
        for row in self.rows:
            yield load_history(row["result"])


class Drawable(NamedTuple):
    """The results of a figure: as stored, compared, and the lines of the comparison that were chosen."""

    sources: list[Source]
    comparison: dict[str, Any]
    lines: list[dict[str, Any]]


def drawable(results: Sequence[str | Path], where: Iterable[str] = (), over: str | None = None) -> Drawable:
    """Return what the conditions 'KEY=VALUE' leave of some results; raise ResultError if that is nothing.

    over: the key that a sweep is to go along, if it is told.
    """
    sources = [load_source(result) for result in results]
    return compared(sources, compare_sources(sources), where, over)


def compared(
    sources: list[Source], comparison: dict[str, Any], where: Iterable[str] = (), over: str | None = None
) -> Drawable:  # fmt: skip
    """Return what the conditions leave of a comparison; see `drawable`."""
    rows = {row["result"]: row for source in sources for row in source.rows}
    lines = [line | {K: _k(line, rows)} for line in comparison["lines"]]
    for condition in where:
        lines = _chosen(lines, condition)
    return Drawable(sources, comparison, _by_k(lines, over))


def _k(line: dict[str, Any], rows: dict[str, Row]) -> int | None:
    return next((rows[result].get("k") for result in line["results"] if result in rows), None)


def _by_k(lines: list[dict[str, Any]], over: str | None) -> list[dict[str, Any]]:
    """Return the lines with k as a key of its own where a sweep is to go along it, or they differ in nothing else.

    Elsewhere k is part of an algorithm's name, as its quorum system is.
    """
    several = len({line[K] for line in lines}) > 1 and all(line[K] is not None for line in lines)
    if not several or (over not in (K, "k") and differing(lines) != ["algorithm"]):
        return lines
    return [line | {"setting": {**line["setting"], "algorithm": line["algorithm"], K: line[K]}} for line in lines]


def series_of(found: Drawable) -> list[Series]:
    """Return a series for each setting, which says so where none of its runs was decided.

    Raises ResultError if they are too many, or no run of any was decided.
    """
    keys = differing(found.lines)
    if len(found.lines) > SERIES:
        few = " ".join(f"--where {shlex.quote(f'{key}={value}')}" for key, value in _fewer(found.lines, keys))
        raise ResultError(
            f"{len(found.lines)} settings are more than a figure can tell apart ({SERIES}); "
            f"choose some, such as with {few}"
        )
    rows = {row["result"]: row for source in found.sources for row in source.rows}
    series = []
    for line in found.lines:
        repeats = [rows[result] for result in line["results"] if result in rows]
        known = decided(repeats)
        # A bar of no height could be read as a lock that costs nothing.
        series.append(Series(named(line, keys) + " (undecided)" * bool(repeats and not known), line, known))
    if any(rows) and not any(one.rows for one in series):
        raise ResultError(UNDECIDED)
    return series


def decided(rows: Iterable[Row]) -> list[Row]:
    """Return the runs that have a part in numbers, as in `mxbench compare`: one that was cut off has none."""
    return [row for row in rows if row.get("verdict") != "undecided"]


def _fewer(lines: Sequence[dict[str, Any]], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield keys with their values in the last line, until there are few enough lines with them; the algorithm last."""
    for key in sorted(keys, key="algorithm".__eq__):
        value = setting_text(lines[-1]["setting"].get(key))
        lines = [line for line in lines if setting_text(line["setting"].get(key)) == value]
        yield key, value
        if len(lines) <= SERIES:
            return


def differing(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Return the keys in which some lines differ."""
    keys = dict.fromkeys(key for line in lines for key in line["setting"])
    return [key for key in keys if len({setting_text(line["setting"].get(key)) for line in lines}) > 1]


def named(line: dict[str, Any], keys: Sequence[str]) -> str:
    """Return a line's name: its values of some keys, the algorithm if there are none."""
    parts = [_part(key, line["setting"].get(key)) for key in keys]
    return ", ".join(parts) or printable(line["setting"].get("algorithm", line["algorithm"]))


def claim_of(line: dict[str, Any], measure: str) -> list[float] | None:
    """Return what is claimed of a measure in a setting, as [low, high]; None where nothing is.

    A claim for a saturated algorithm speaks of the window in which all nodes ask, not of the whole run.
    """
    claim = line["claimed_messages_per_entry"]
    regimes = {"messages_per_entry": ("any", "uncontended"), "saturated_messages_per_entry": ("any", "saturated")}
    if claim is None or line["claim_regime"] not in regimes.get(measure, ()):
        return None
    return list(claim) if isinstance(claim, list) else [claim, claim]


def _part(key: str, value: Any) -> str:
    if key in SYMBOLS:
        return f"{SYMBOLS[key]} = {value}"
    if isinstance(value, str) and not value[:1].isdigit():
        return printable(value)
    return f"{printable(key.rpartition('.')[2])} {setting_text(value)}"


def _chosen(lines: list[dict[str, Any]], condition: str) -> list[dict[str, Any]]:
    several = any(line[K] is not None for line in lines)
    settings = [line["setting"] | ({K: line[K]} if several else {}) for line in lines]
    return list(compress(lines, matching(settings, condition)))
