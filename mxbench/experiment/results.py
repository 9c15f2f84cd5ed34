"""The folder of one invocation: what each run left, stored so that nothing half-written ever bears a final name.

results/<experiment>/<invocation>/
    README.txt        what all this is
    experiment.yaml   the experiment as it was run (resolved.py)
    environment.json  versions, machine, commit
    summary.json      the document that `run --json` prints
    runs/<run>/       run.msgpack (plan and ending), summary.json (the row), nodes/<id>.msgpack (the history)
results/latest        a link to the newest invocation (a text file with its path where links do not work)
"""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.history import FORMAT, History, NodeHistory
from mxbench.core.plan import Ending, RunPlan
from mxbench.errors import ExperimentError, MachineError, ResultError

LATEST = "latest"
DROP_TRIES, DROP_PAUSE_S = 20, 0.05
_FULL = (errno.ENOSPC, errno.EDQUOT)
_README = """This folder holds one invocation of the experiment '{name}', as mxbench {version} stored it.

experiment.yaml   the experiment with everything that flags changed; 'mxbench run' with this folder runs it again
environment.json  versions, machine, commit and load at the start
summary.json      one row for each run, and the verdict over all: what 'mxbench run --json' prints
runs/<run>/       one run: one setting, one seed
    summary.json        its row
    run.msgpack         its plan and how it ended
    nodes/<id>.msgpack  what each node wrote down

'mxbench show' with this folder, or that of a run, prints it: with --log the messages of a run, with --gantt who waited
and who was inside, with --ledger the chain of blocks. In Python, mxbench.load_history("runs/<run>") returns a history:
its plan, its ending, and its events; iterate over it for every event in an order that no node contradicts. The format
of an event is in mxbench/core/history.py. A folder whose name begins with a point is a run that was cut off; it can be
deleted.
"""


class RunRecord(msgspec.Struct, frozen=True):
    """What run.msgpack holds: all of a history but the events of the nodes."""

    plan: RunPlan
    ending: Ending
    wall_s: float
    format: int = FORMAT


class InvocationFolder:
    """The results of one invocation while it is under way."""

    def __init__(self, results: Path, experiment: str) -> None:
        """Make a folder of its own under results/<experiment>; raise ExperimentError if that cannot be written."""
        self.results = results
        try:
            self.path = _make_unique(results / experiment)
            (self.path / "runs").mkdir()
        except OSError as error:
            raise _told(error, f"the results folder '{results}' cannot be written", ExperimentError) from error

    def describe(self, name: str, version: str, environment: dict[str, Any]) -> None:
        """Write the files that explain the folder."""
        with self.storing():
            write_text(self.path / "README.txt", _README.format(name=name, version=version))
            write_json(self.path / "environment.json", environment)

    def begin(self, run: str) -> Path:
        """Return an empty folder with a hidden name, for an engine to write a run into."""
        folder = self.path / "runs" / f".{run}"
        with self.storing():
            (folder / "nodes").mkdir(parents=True)
        return folder

    def keep(self, run: str, history: History, row: dict[str, Any]) -> None:
        """Complete a run that was begun, and give it its name."""
        hidden = self.path / "runs" / f".{run}"
        record = RunRecord(history.plan, history.ending, history.wall_s)
        with self.storing():
            (hidden / "run.msgpack").write_bytes(msgspec.msgpack.encode(record))
            write_json(hidden / "summary.json", row)
            hidden.rename(hidden.with_name(run))

    def drop(self) -> None:
        """Remove what was begun and will not be completed."""
        for _ in range(DROP_TRIES):
            begun = list((self.path / "runs").glob(".*"))
            for folder in begun:
                shutil.rmtree(folder, ignore_errors=True)
            if not any(folder.exists() for folder in begun):
                break
            time.sleep(DROP_PAUSE_S)  # a process that is being ended may still have written into it

    def finish(self, document: dict[str, Any]) -> None:
        """Write the summary and let `latest` point here."""
        with self.storing():
            try:
                write_json(self.path / "summary.json", document)
            finally:  # a full disk still has room for a link
                _point(self.results / LATEST, self.path)

    def abandon(self) -> None:
        """Remove the folder, and the experiment's if nothing else is in it: no run has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            self.path.parent.rmdir()

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Turn what the file system refuses into MachineError that says what is kept."""
        try:
            yield
        except OSError as error:
            raise _told(error, f"'{self.path}' cannot be written", MachineError) from error


def load_history(path: str | Path) -> History:
    """Return the history of a run, from its folder or that of an invocation with one run; raise ResultError if not."""
    folder = run_folder(path)
    record = _decode(folder / "run.msgpack", msgspec.msgpack.Decoder(RunRecord))
    if record.format != FORMAT:
        raise ResultError(f"{folder}: format {record.format}; this mxbench reads format {FORMAT}")
    decoder = msgspec.msgpack.Decoder(NodeHistory)
    nodes = [_decode(file, decoder) for file in sorted((folder / "nodes").glob("*.msgpack"))]
    return History(record.plan, record.ending, nodes, record.wall_s)


def load_row(path: str | Path) -> dict[str, Any]:
    """Return the row of a run, from its folder."""
    row = _load_json(Path(path) / "summary.json")
    row["result"] = str(path)  # where it is now: results may have been moved
    return row


def load_rows(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of all runs of an invocation that ended, in their order."""
    return [load_row(run) for run in runs_of(locate(path))]


def load_document(path: str | Path) -> dict[str, Any]:
    """Return the document of an invocation or of one of its runs, with the places where they are now.

    An invocation that was cut off before its summary was written is put together from its runs.
    """
    folder = locate(path)
    invocation = folder.parent.parent if is_run(folder) else folder
    rows = [load_row(folder)] if is_run(folder) else load_rows(folder)
    if (invocation / "summary.json").is_file():
        document = _load_json(invocation / "summary.json")
    else:
        document = {"name": rows[0].get("experiment") if rows else None, "interrupted": True}
    return document | {"runs": rows, "result": str(folder)}


def locate(path: str | Path) -> Path:
    """Return the folder of a result, an invocation's or a run's; raise ResultError if there is none."""
    folder = Path(path)
    if folder.is_file() and folder.name == LATEST:
        folder = folder.parent / folder.read_text(encoding="utf-8").strip()
    if not folder.exists():
        raise ResultError(f"{path}: there is no such folder; 'mxbench run' tells where its result is")
    if not is_run(folder) and not (folder / "runs").is_dir():
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
    """Return the folders of the runs that ended, in their order."""
    runs = invocation / "runs"
    return (
        sorted(run for run in runs.iterdir() if not run.name.startswith(".") and is_run(run)) if runs.is_dir() else []
    )


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of one run."""
    return (folder / "run.msgpack").is_file()


def write_json(file: Path, value: Any) -> None:
    """Write a value as readable JSON, all of it or nothing."""
    write_text(file, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def write_text(file: Path, text: str) -> None:
    """Write a file beside its place, then rename it: it is whole or not there."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def _make_unique(parent: Path) -> Path:
    """Make a folder whose name sorts by time and that no other invocation has, even one of the same moment."""
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        now = datetime.now(UTC)
        folder = parent / f"{now:%Y-%m-%d_%H-%M-%S}.{now.microsecond // 1000:03d}_{secrets.token_hex(2)}"
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            continue


def _point(link: Path, target: Path) -> None:
    """Let a link, or where links do not work a text file, lead to `target`; at no moment is there none."""
    relative = os.path.relpath(target, link.parent)
    beside = link.with_name(f".{LATEST}.{secrets.token_hex(4)}")
    try:
        beside.symlink_to(relative, target_is_directory=True)
    except (OSError, NotImplementedError):
        beside.write_text(relative + "\n", encoding="utf-8")
    try:
        beside.replace(link)
    except OSError:  # somebody's folder of that name: theirs to keep
        beside.unlink()


def _told(error: OSError, what: str, kind: type[ExperimentError] | type[MachineError]) -> Exception:
    if error.errno in _FULL:
        return MachineError(f"{what}: the disk is full")
    return kind(f"{what}: {error.strerror or error}")


def _decode(file: Path, decoder: Any) -> Any:
    try:
        return decoder.decode(file.read_bytes())
    except OSError as error:
        raise ResultError(f"{file}: cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
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
