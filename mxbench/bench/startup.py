"""What a user waits for before anything happens: commands that are started anew each time."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import yaml

from mxbench.bench.pace import Pace
from mxbench.bench.row import Row, below, measured, noise_of

ANSWERS, RUNS = below(0.25, "s"), below(0.8, "s")
ONE_ENTRY = {
    "name": "bench_one_entry",
    "algorithm": "lamport",
    "nodes": 3,
    "workload": {"type": "hold", "entries": 1, "dwell": "0s", "think": "0s"},
}


def cold(arguments: list[str], folder: Path) -> float:
    """Return the seconds of a command from its start to its end; raise CalledProcessError if it fails."""
    began = time.monotonic()
    command = [sys.executable, "-P", "-m", "mxbench", *arguments]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=60)
    return time.monotonic() - began


def startup(case: str, pace: Pace) -> Iterator[Row]:
    """Yield a line for each command."""
    with tempfile.TemporaryDirectory(prefix="mxbench-") as name:
        folder = Path(name)
        file = folder / "one_entry.yaml"
        file.write_text(yaml.safe_dump(ONE_ENTRY))
        commands = {"--help": ["--help"], "list": ["list"], "run": ["run", file.name]}
        shown: dict[str, list[float]] = {name: [] for name in commands}
        for arguments in commands.values():
            cold(arguments, folder)  # what it needs is compiled, and in memory, from now on
        for _ in pace.rounds(5, most=9, least=3):
            for name, arguments in commands.items():
                shown[name].append(cold(arguments, folder))
    helps = shown["--help"]
    noise = noise_of([b / a for a, b in pairwise(helps)])
    for command, goal in (("--help", ANSWERS), ("list", ANSWERS)):
        yield measured(case, "start", f"mxbench {command}", shown[command], goal, noise)
    yield measured(case, "start", "mxbench run, one entry on 3 nodes", shown["run"], RUNS, noise)
