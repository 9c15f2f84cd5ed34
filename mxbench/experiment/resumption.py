"""Which invocation a run of an experiment goes on with: one that was cut off, or a new one.

One that was cut off is continued if it is of the same experiment, flags, plugins and data included, and was made by the
same code on the same machine: numbers of two kinds do not belong into one result. Otherwise a new one is begun.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from mxbench.experiment.folder import InvocationFolder, write_json
from mxbench.experiment.resolved import Resolved
from mxbench.experiment.unfinished import claim, is_unfinished

CONTINUED = "continued"  # in environment.json: when, after it was cut off
PASSING = ("time", "load_average", CONTINUED)  # what differs from hour to hour on one machine


class Continued(NamedTuple):
    """An invocation that is continued, and the rows of the runs that it has, by name."""

    folder: InvocationFolder
    rows: dict[str, dict[str, Any]]


def siblings(results: Path, experiment: str) -> list[Path]:
    """Return the folders of an experiment's invocations, the newest first."""
    try:
        return sorted((folder for folder in (results / experiment).iterdir() if folder.is_dir()), reverse=True)
    except OSError:
        return []


def continue_one(
    folders: Iterable[Path], resolved: Resolved, made_in: dict[str, Any], note: Callable[[str], None]
) -> Continued | None:
    """Take over the first of these invocations that was cut off and can be continued, and clean it up; None if none is.

    made_in: the environment of today. note: is told what the user should know of an invocation that is left alone.
    """
    for folder in folders:
        if not is_unfinished(folder) or not resolved.is_stored_in(folder):
            continue
        held = claim(folder)
        if held is None:
            if is_unfinished(folder):
                note(f"'{folder}' is being run by another mxbench; this is a new invocation")
            continue
        before = _environment(folder)
        differing = _differing(before, made_in)
        if differing:
            held.let_go()
            note(f"'{folder}' is unfinished, and not continued: it was made with another {', '.join(differing)}")
            continue
        taken = InvocationFolder(folder.parent.parent, folder, held)
        taken.drop()
        rows = taken.ended()
        with taken.storing():
            when = [*before.get(CONTINUED, []), datetime.now(UTC).isoformat(timespec="milliseconds")]
            write_json(folder / "environment.json", before | {CONTINUED: when})
        return Continued(taken, rows)
    return None


def _environment(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _differing(before: dict[str, Any], today: dict[str, Any]) -> list[str]:
    now = json.loads(json.dumps(today, default=str))  # as it would be read
    return [key for key in {**before, **now} if key not in PASSING and before.get(key) != now.get(key)]
