"""What is missing of a stored result, in sentences: the commands show what is left, but not as if it were all."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mxbench.errors import ResultError
from mxbench.experiment.results import LATEST, is_run, load_document, load_record, locate, reading, run_folders

GONE, DAMAGED = "it is not there any more", "not what mxbench stored there"


def damage(path: str | Path) -> list[str]:
    """Return a sentence for each kind of damage to the result at a path that its readers pass over; else nothing.

    Nothing is said of what the plan of a run did not ask for, and nothing of runs where all were removed, as histories
    are large: the summary is a result too. Raises ResultError where the result cannot be read at all.
    """
    if not is_result(path):
        return []
    folder = locate(path)
    with reading(folder):
        if is_run(folder):
            return _told([*_environment(folder.parent.parent), *_nodes([folder])])
        runs = run_folders(folder)
        kept = [run for run in runs if is_run(run)]
        return _told([*_environment(folder), *_left_out(folder, runs), *_nodes(kept)])


def unfinished(path: str | Path) -> str | None:
    """Return a sentence if the result at a path has not all the runs of its experiment, as it was interrupted."""
    if not is_result(path) or is_run(folder := locate(path)):
        return None
    document = load_document(folder)
    if not document.get("interrupted"):
        return None
    ended = len(document["runs"])
    only = f"only {ended} run{'s' * (ended != 1)} had ended when it was interrupted"
    return f"{folder}: not finished: {only}; continue with: mxbench run {shlex.quote(str(folder))}"


def is_result(path: str | Path) -> bool:
    """Return whether a path is meant as that of a result, not as that of a file; see `compare` and `report`."""
    with reading(path):
        return Path(path).is_dir() or Path(path).name == LATEST


def _environment(invocation: Path) -> Iterator[tuple[Path, str]]:
    file, unknown = invocation / "environment.json", "where it was made is not known"
    if not file.exists():
        yield file, f"{GONE}; {unknown}"
    elif not isinstance(_json(file), dict):
        yield file, f"{DAMAGED}; {unknown}"


def _left_out(invocation: Path, runs: list[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the runs that are not counted: those without a record, and those that only the summary tells of."""
    for run in runs:
        if not is_run(run):
            yield run, "it has no run.msgpack, so this run is left out"
    summary = _json(invocation / "summary.json")
    rows = summary.get("runs") if isinstance(summary, dict) else None
    names = {Path(str(row.get("result"))).name for row in rows or () if isinstance(row, dict) and row.get("result")}
    for name in sorted(names - {run.name for run in runs}) if runs else ():
        yield invocation / "runs" / name, f"{GONE}, so this run is left out"


def _nodes(runs: list[Path]) -> Iterator[tuple[Path, str]]:
    for run in runs:
        try:
            places = load_record(run).plan.places
        except ResultError:
            yield run, f"its run.msgpack is {DAMAGED}"
            continue
        gone = [node for node in places if not (run / "nodes" / f"{node}.msgpack").exists()]
        if gone:
            which = f"node{'s' * (len(gone) > 1)} {', '.join(map(str, gone))}"
            yield run, f"what {which} wrote down is not there any more; the events are those of the others"


def _told(found: list[tuple[Path, str]]) -> list[str]:
    """Return a line for each sentence, with the first place that it is true of and the number of the others."""
    places: dict[str, list[Path]] = {}
    for place, sentence in found:
        places.setdefault(sentence, []).append(place)
    return [f"{first}: {sentence}{_more(others)}" for sentence, (first, *others) in places.items()]


def _more(others: list[Path]) -> str:
    return f" (and {len(others)} more run{'s' * (len(others) > 1)} like it)" if others else ""


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
