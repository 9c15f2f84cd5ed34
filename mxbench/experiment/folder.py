"""The folder of one invocation while it is under way: nothing half-written ever bears a final name.

What stands where in it is told by results.py, which reads it.
"""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.history import History
from mxbench.errors import ExperimentError, MachineError, ResultError
from mxbench.experiment.index import REPORT, write_index
from mxbench.experiment.results import LATEST, RunRecord, load_row, runs_of
from mxbench.experiment.unfinished import Mark, mark
from mxbench.files import write_whole

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
of an event is in mxbench/core/history.py.

Where there is a file 'unfinished', the invocation is under way or was cut off; in the second case 'mxbench run' with
this folder, or the same command as before, continues it. A folder whose name begins with a point is a run that was cut
off; it can be deleted.
"""


class InvocationFolder:
    """The results of one invocation while it is under way; no other process continues it meanwhile."""

    def __init__(self, results: Path, path: Path, held: Mark) -> None:
        self.results, self.path, self._mark = results, path, held

    @classmethod
    def create(cls, results: Path, experiment: str) -> "InvocationFolder":
        """Make a folder of its own under results/<experiment>; raise ExperimentError if that cannot be written."""
        path = None
        try:
            path = _make_unique(results / experiment)
            (path / "runs").mkdir()
            held = mark(path)
        except OSError as error:
            if path is not None:
                _remove(path)
            raise _told(error, f"the results folder '{results}' cannot be written", ExperimentError) from error
        return cls(results, path, held)

    def describe(self, name: str, version: str, environment: dict[str, Any]) -> None:
        """Write the files that explain the folder."""
        with self.storing():
            write_whole(self.path / "README.txt", _README.format(name=name, version=version))
            write_json(self.path / "environment.json", environment)

    def ended(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the runs that ended, by name; remove those that a failure of the machine or of mxbench
        left unreadable, or brought down."""
        rows = {}
        for run in runs_of(self.path):
            try:
                if all(file.stat().st_size for file in run.rglob("*")):  # a power failure can leave empty files
                    row = load_row(run)
                    if row.get("failed") != "harness":
                        rows[run.name] = row
                        continue
            except (OSError, ResultError):
                pass
            shutil.rmtree(run, ignore_errors=True)
        return rows

    def begin(self, run: str) -> Path:
        """Return an empty folder with a hidden name, for an engine to write a run into."""
        folder = self.path / "runs" / f".{run}"
        with self.storing():
            (folder / "nodes").mkdir(parents=True)
        self._be_there()
        return folder

    def keep(self, run: str) -> None:
        """Give a run that was begun, and that is written, its name."""
        self._be_there()
        with self.storing():
            (self.path / "runs" / f".{run}").rename(self.path / "runs" / run)

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
        """Write the summary and the index, let `latest` point here, and give the folder up: for good, unless it was
        interrupted."""
        self._be_there()
        with self.storing():
            try:
                write_json(self.path / "summary.json", document)
            finally:  # a full disk still has room for a link
                _point(self.results / LATEST, self.path)
        with suppress(OSError):  # a result without a line in the index is a result
            (self.path / REPORT).unlink(missing_ok=True)  # made of the runs there were when this was cut off
            write_index(self.results)
        if not document["interrupted"]:
            self._mark.lift()
        self._mark.let_go()

    def abandon(self) -> None:
        """Remove the folder, and the experiment's if nothing else is in it: no run has ended."""
        self._mark.lift()  # first, so that nobody continues what is being removed
        _remove(self.path)

    def let_go(self) -> None:
        """Leave the folder as it is, for another process to continue."""
        self._mark.let_go()

    @property
    def stands(self) -> bool:
        """False once somebody else removed it."""
        return self._mark.stands

    def _be_there(self) -> None:
        """Raise MachineError if somebody removed the folder: what was stored is gone, and the rest is not all."""
        if not self.stands:
            raise MachineError(f"'{self.path}' was removed while it was being written")

    def storing(self) -> AbstractContextManager[None]:
        """Turn what the file system refuses into MachineError."""
        return storing(self.path)


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into MachineError that names the folder."""
    try:
        yield
    except OSError as error:
        raise _told(error, f"'{folder}' cannot be written", MachineError) from error


def write_run(folder: Path, history: History, row: dict[str, Any]) -> None:
    """Complete the folder of a run, in which its engine has written the nodes' histories; may raise OSError."""
    record = RunRecord(history.plan, history.ending, history.wall_s)
    (folder / "run.msgpack").write_bytes(msgspec.msgpack.encode(record))
    write_json(folder / "summary.json", row)


def write_json(file: Path, value: Any) -> None:
    """Write a value as readable JSON, all of it or nothing."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
    write_whole(file, text.encode(errors="backslashreplace"))  # the path of a folder need not be UTF-8


def reason(error: OSError) -> str:
    """Return in words what the system refused."""
    return "the disk is full" if error.errno in _FULL else error.strerror or str(error)


def _remove(invocation: Path) -> None:
    """Remove an invocation, and the folder of its experiment if nothing else is in it."""
    shutil.rmtree(invocation, ignore_errors=True)
    with suppress(OSError):
        invocation.parent.rmdir()


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
    return (MachineError if error.errno in _FULL else kind)(f"{what}: {reason(error)}")
