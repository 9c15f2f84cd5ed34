"""The submissions in a course's folder: each FILE.py, and each folder with one."""

import stat
from pathlib import Path
from typing import NamedTuple

from mxbench.errors import ExperimentError

MAX_BYTES = 1_000_000
MAX_SUBMISSIONS = 10_000


class Submission(NamedTuple):
    """One submission: its name, which is that of its file or folder, and its text; or why it cannot be judged."""

    name: str
    file: str
    text: bytes = b""
    refused: str = ""


def find(folder: Path) -> list[Submission]:
    """Return the submissions in a folder, by name; raise ExperimentError where there is none."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ExperimentError(f"{folder}: not a folder of submissions: {error.strerror}") from None
    found = [one for entry in entries if (one := _submission(entry)) is not None]
    if not found:
        raise ExperimentError(f"{folder}: it holds no submission: no FILE.py, and no folder with one")
    if len(found) > MAX_SUBMISSIONS:
        raise ExperimentError(f"{folder}: {len(found):,} submissions; at most {MAX_SUBMISSIONS:,} are graded at once")
    return found


def _submission(entry: Path) -> Submission | None:
    if entry.name.startswith((".", "__")):
        return None
    if entry.suffix == ".py":
        return _read(entry.name, entry)
    if entry.is_symlink() or not entry.is_dir():
        return None
    try:
        files = sorted(file for file in entry.iterdir() if file.suffix == ".py" and not file.name.startswith("."))
    except OSError as error:
        return Submission(entry.name, "", refused=f"its folder cannot be read: {error.strerror}")
    if len(files) != 1:
        return Submission(entry.name, "", refused=f"its folder holds {len(files)} Python files; a submission is one")
    return _read(entry.name, files[0])


def _read(name: str, file: Path) -> Submission:
    """Read a file, but nothing that a link, a pipe or a device leads to: it may be what a submission is not to see."""
    try:
        mode = file.lstat()
        if not stat.S_ISREG(mode.st_mode):
            return Submission(name, file.name, refused="it is not a file, but a link, a folder or a device")
        if mode.st_size > MAX_BYTES:
            return Submission(name, file.name, refused=f"its file has {mode.st_size:,} bytes; at most {MAX_BYTES:,}")
        return Submission(name, file.name, file.read_bytes())
    except OSError as error:
        return Submission(name, file.name, refused=f"its file cannot be read: {error.strerror}")
