"""The folder of one invocation, as it is read: what each run left. It is written by folder.py.

results/<experiment>/<invocation>/
    README.txt        what all this is
    experiment.yaml   the experiment as it was run (resolved.py)
    environment.json  versions, machine, commit
    summary.json      the document that `run --json` prints
    runs/<run>/       run.msgpack (plan and ending), summary.json (the row), nodes/<id>.msgpack (the history)
    unfinished        while it is under way, and where it was cut off (unfinished.py)
results/latest        a link to the newest invocation (a text file with its path where links do not work)
results/index.html    a page of all invocations (index.py)
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.history import FORMAT, History, NodeHistory
from mxbench.core.plan import Ending, RunPlan
from mxbench.core.verdict import SEVERITY, worst
from mxbench.errors import ResultError

LATEST = "latest"


class RunRecord(msgspec.Struct, frozen=True):
    """What run.msgpack holds: all of a history but the events of the nodes."""

    plan: RunPlan
    ending: Ending
    wall_s: float
    format: int = FORMAT


def load_history(path: str | Path) -> History:
    """Return the history of a run, from its folder or that of an invocation with one run; raise ResultError if not."""
    folder = run_folder(path)
    record = load_record(folder)
    if record.format != FORMAT:
        raise ResultError(f"{folder}: format {record.format}; this mxbench reads format {FORMAT}")
    decoder = msgspec.msgpack.Decoder(NodeHistory)
    with reading(folder):
        files = sorted((folder / "nodes").glob("*.msgpack"))
    return History(record.plan, record.ending, [_decode(file, decoder) for file in files], record.wall_s)


def load_record(run: Path) -> RunRecord:
    """Return what the folder of a run tells of it beside its events."""
    record: RunRecord = _decode(run / "run.msgpack", msgspec.msgpack.Decoder(RunRecord))
    return record


def load_row(path: str | Path) -> dict[str, Any]:
    """Return the row of a run, from its folder."""
    file = Path(path) / "summary.json"
    row = _load_json(file)
    if not isinstance(row.get("verdict"), str) or row["verdict"] not in SEVERITY or type(row.get("seed")) is not int:
        raise ResultError(f"{file}: not what mxbench stored there: it has no verdict, or no seed")
    row["result"] = str(path)  # where it is now: results may have been moved
    return row


def load_rows(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of all runs of an invocation that ended, in their order."""
    return [load_row(run) for run in runs_of(locate(path))]


def load_document(path: str | Path) -> dict[str, Any]:
    """Return the document of an invocation or of one of its runs, with the places where they are now.

    An invocation that was cut off before its summary was written is put together from its runs; of one whose runs
    were removed, as histories are large, the summary is enough.
    """
    folder = locate(path)
    invocation = folder.parent.parent if is_run(folder) else folder
    rows = [load_row(folder)] if is_run(folder) else load_rows(folder)
    with reading(invocation):
        ended = (invocation / "summary.json").is_file()
    if ended:
        document = _load_json(invocation / "summary.json")
    else:
        verdict = worst(row["verdict"] for row in rows)
        document = {"name": rows[0].get("experiment") if rows else None, "verdict": verdict, "interrupted": True}
    return document | {"runs": rows or document.get("runs", []), "result": str(folder)}


def locate(path: str | Path) -> Path:
    """Return the folder of a result, an invocation's or a run's; raise ResultError if there is none."""
    folder = Path(path)
    with reading(path):
        if folder.is_file() and folder.name == LATEST:
            folder = folder.parent / folder.read_text(encoding="utf-8").strip()
        if not folder.exists():
            raise ResultError(f"{path}: there is no such folder; 'mxbench run' tells where its result is")
        if not is_run(folder) and not (folder / "runs").is_dir() and not (folder / "summary.json").is_file():
            inside = sorted(folder.glob("*/experiment.yaml")) if folder.is_dir() else []
            hint = f"; its results are in folders such as '{inside[-1].parent}'" if inside else ""
            raise ResultError(f"{path}: not a result of mxbench{hint}")
    return folder


def run_folder(path: str | Path) -> Path:
    """Return the folder of one run: the given one, or the only run of an invocation."""
    folder = locate(path)
    if is_run(folder):
        return folder
    runs = runs_of(folder)
    if len(runs) == 1:
        return runs[0]
    if not runs:
        raise ResultError(f"{path}: no run of it has ended")
    shown = ", ".join(run.name for run in runs[:4]) + (", ..." if len(runs) > 4 else "")
    raise ResultError(f"{path}: it holds {len(runs)} runs; name one, such as '{runs[0]}' ({shown})")


def shown_run(path: str | Path) -> tuple[Path, int]:
    """Return the run to show of a result, the first that is not valid if there is one, and the number of the others."""
    folder = locate(path)
    runs = [] if is_run(folder) else runs_of(folder)
    if len(runs) < 2:
        return run_folder(path), 0
    return next((run for run in runs if load_row(run).get("verdict") != "valid"), runs[0]), len(runs) - 1


def runs_of(invocation: Path) -> list[Path]:
    """Return the folders of the runs that ended, in their order; damage.py tells of those without a record."""
    with reading(invocation):
        return [run for run in run_folders(invocation) if is_run(run)]


def run_folders(invocation: Path) -> list[Path]:
    """Return all folders that are named as those of runs, in their order; may raise OSError."""
    runs = invocation / "runs"
    if not runs.is_dir():
        return []
    return sorted(run for run in runs.iterdir() if not run.name.startswith(".") and run.is_dir())


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of one run."""
    return (folder / "run.msgpack").is_file()


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn what the file system refuses, or what is no text, into ResultError that names the file or this path."""
    try:
        yield
    except OSError as error:
        raise ResultError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ResultError(f"{path}: not UTF-8 text") from error


def _decode(file: Path, decoder: Any) -> Any:
    try:
        return decoder.decode(file.read_bytes())
    except OSError as error:
        raise ResultError(f"{file}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultError(f"{file}: not what mxbench stored there: {error}") from error


def _load_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ResultError(f"{file}: not what mxbench stored there: {error}") from error
    if not isinstance(value, dict):
        raise ResultError(f"{file}: not what mxbench stored there")
    return value
