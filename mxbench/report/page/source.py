"""What a page is made of: results with their rows and comparison, and the runs that are drawn.

All rows are in the tables. Drawn are, within a bound on their events, the runs that are not valid, the gravest first,
and then the first run of each setting; the page says how many are not.
"""

from pathlib import Path
from typing import Any, NamedTuple

from mxbench.core.history import History
from mxbench.core.verdict import SEVERITY
from mxbench.errors import ResultError
from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.results import is_run, load_document, load_history, locate, reading, runs_of
from mxbench.experiment.sources import Source, load_source

MOST_EVENTS = 300_000  # of all runs drawn on one page, beyond the first
MOST_RUNS = 24
TOGETHER = {"mutual exclusion", "no overlap"}
Row = dict[str, Any]


class Result(NamedTuple):
    """One result as it is stored. folder: of the invocation or the run; experiment: the text of its file, if kept."""

    folder: Path
    document: dict[str, Any]
    source: Source
    experiment: str


class Drawn(NamedTuple):
    """A run to draw."""

    row: Row
    history: History


class Contents(NamedTuple):
    """All that a page shows. not_drawn: how many runs are in the tables only."""

    results: list[Result]
    comparison: dict[str, Any]
    drawn: list[Drawn]
    not_drawn: int

    @property
    def rows(self) -> list[Row]:
        """Every run of every result, in their order."""
        return [row for result in self.results for row in result.document["runs"]]


def load(paths: list[str | Path]) -> Contents:
    """Return what a page of these results shows; raise ResultError for what is none or has no run that ended."""
    if not paths:
        raise ResultError("nothing to report; name a result, such as results/latest")
    results = [_result(path) for path in paths]
    folders = [result.folder for result in results]
    repeated = next((folder for folder in folders if folders.count(folder) > 1), None)
    if repeated:
        raise ResultError(f"{repeated}: it is given twice")
    candidates = [run for result in results for run in _candidates(result)]
    drawn = _within_bounds(candidates)
    rows = sum(len(result.document["runs"]) for result in results)
    return Contents(results, compare_sources([result.source for result in results]), drawn, rows - len(drawn))


def _result(path: str | Path) -> Result:
    folder = locate(path).resolve()
    invocation = folder.parent.parent if is_run(folder) else folder
    file = invocation / "experiment.yaml"
    source = load_source(folder)  # which tells where the file is no experiment
    with reading(file):
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
    return Result(folder, load_document(folder), source, text)


def gravity(row: Row) -> int:
    """Return how much a run asks to be looked at first: two nodes inside together before all else, 0 if it is valid."""
    violated = {finding["property"] for finding in row.get("findings") or () if finding["outcome"] == "violated"}
    if violated & TOGETHER:
        return 3
    return SEVERITY.get(row.get("verdict") or "", 1)


def _candidates(result: Result) -> list[tuple[Row, Path]]:
    """Return the runs worth drawing, in the order of their weight."""
    rows = result.document["runs"]
    folders = [result.folder] if is_run(result.folder) else runs_of(result.folder)
    seen: set[str] = set()
    found = []
    for row, folder in zip(rows, folders, strict=False):  # no folder, of a result whose runs were removed
        setting = str([row.get(key) for key in ("algorithm", "quorum_system", "nodes", "engine", "setting")])
        if gravity(row) or setting not in seen:
            found.append((row, folder))
        seen.add(setting)
    return sorted(found, key=lambda run: -gravity(run[0]))


def _within_bounds(candidates: list[tuple[Row, Path]]) -> list[Drawn]:
    drawn: list[Drawn] = []
    events = 0
    for row, folder in candidates[:MOST_RUNS]:
        history = load_history(folder)
        events += sum(len(node.times) // 8 for node in history.nodes)
        if drawn and events > MOST_EVENTS:
            break
        drawn.append(Drawn(row, history))
    return drawn
