"""The command as a person types it, in a process of its own or in this one, and a quick experiment for it."""

import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

from mxbench.cli import app

HERE = Path(__file__).parent
HEAP = str(HERE / "heap_engine.py")
QUICK = """name: quick
algorithm: lamport
nodes: 3
engine: heap
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
"""
ON_HEAP = ("quick.yaml", "--plugin", HEAP)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mxbench", *arguments]


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder and wait for it."""
    return subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, timeout=120)


def invoked(folder: Path, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which saves its start; `lines` are what a person types then."""
    with chdir(folder):
        done = CliRunner().invoke(app, list(arguments), input=lines)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
