"""How the tests grade: the command as a user runs it, and what it leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

RUBRIC = """
name: exercise
seed: 7
properties:
  - {name: contract, property: contract, points: 10, nodes: 2, requests: 1}
  - {name: safe, property: mutual exclusion, points: 30, nodes: 2, requests: 1}
  - {name: no deadlock, property: no deadlock, points: 20, nodes: 2, requests: 1}
  - {name: can enter, property: every waiter can still enter, points: 10, nodes: 2, requests: 1}
runs:
  - name: cost
    points: 30
    nodes: 3
    workload: {type: counter, entries_per_node: 5, dwell: 1ms}
    expect: {messages_per_entry: "<= 2 * (n - 1)"}
limits: {step: 500ms, item: 5s, submission: 20s, memory: 256MB, output: 10kB, states: 50000, steps: 20000}
"""
MOST_SECONDS = 400.0


def command(folder: Path, rubric: Path, *more: str) -> list[str]:
    """Return the command that grades a folder."""
    return [sys.executable, "-m", "mxbench", "grade", str(folder), "--rubric", str(rubric), *more]


def environment(place: Path) -> dict[str, str]:
    """Return an environment in which every temporary folder is in one place, so that what is left can be seen."""
    temporary = place / "tmp"
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(temporary), "MXBENCH_TEST_SECRET": "of-the-judge"}


def grade(place: Path, submissions: dict[str, str], rubric: str = RUBRIC) -> tuple[int, dict[str, Any]]:
    """Grade texts by name and return the exit status and the JSON; the grades are in place/out."""
    folder = place / "submissions"
    folder.mkdir()
    for name, text in submissions.items():
        (folder / f"{name}.py").write_text(text)
    (place / "rubric.yaml").write_text(rubric)
    done = subprocess.run(
        command(folder, place / "rubric.yaml", "--out", str(place / "out"), "--json"), capture_output=True, text=True,
        env=environment(place), timeout=MOST_SECONDS,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def processes_in(place: Path) -> list[str]:
    """Return the command lines of the processes that work in a folder, removed or not."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(str(place)):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended, or is somebody else's
    return found
