"""The floors: programs that do the same work with nothing around it.

lamport.c exchanges the messages of Lamport's algorithm over a mesh of TCP connections; lamport.pml is the system that
the checker searches, for SPIN; the bare heap loop pops and pushes events, with an empty handler. The first two are
compiled where they are run.
"""

import heapq
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "floor"
NO_GCC = "skipped: there is no gcc to compile the floor with"
NO_SPIN = "skipped: there is no spin, or no gcc to compile its checker with (Debian: apt-get install spin gcc)"
EVENT = (None, 0, 0, 0, None, 0)  # what an event of the simulator carries beside its time and its number
SECONDS_MAX = 120  # for a floor to end


class Measure(NamedTuple):
    """One run of either side. span_s: from the start command to the run's end."""

    entries: int
    messages: int
    seconds: float
    span_s: float = 0.0
    peak_bytes: int = 0

    @property
    def entries_per_s(self) -> float:
        return self.entries / self.seconds


def compile_tcp_floor(folder: Path) -> Path | None:
    """Compile lamport.c into a folder; return the program, or None without gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    program = folder / "lamport"
    subprocess.run([gcc, "-O2", "-Wall", "-o", str(program), str(FOLDER / "lamport.c")], check=True)
    return program


def run_tcp_floor(program: Path, nodes: int, entries_per_node: int) -> Measure:
    """Run it; raise CalledProcessError if it fails."""
    command = [str(program), str(nodes), str(entries_per_node)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
    result = json.loads(done.stdout)
    return Measure(result["entries"], result["messages"], result["seconds"])


def heap_loop(waiting: int, events: int) -> float:
    """Return the processor seconds of events that are popped, handled and pushed, `waiting` of them in the heap."""
    heap: list[Any] = [(number * 1000, number, *EVENT) for number in range(waiting)]
    serial = waiting
    began = time.process_time()
    for _ in range(events):
        event = heapq.heappop(heap)
        _handle(event)
        heapq.heappush(heap, (event[0] + 1_000_000, serial, *EVENT))
        serial += 1
    return time.process_time() - began


def _handle(event: tuple[Any, ...]) -> None:
    """Do nothing."""


class Searched(NamedTuple):
    """What SPIN's checker found, and the processor seconds that it took."""

    errors: int
    states: int
    transitions: int
    cpu_s: float


def compile_spin_floor(folder: Path) -> Path | None:
    """Have SPIN write a checker of lamport.pml and compile it; return the program, or None without spin or gcc.

    Without partial order reduction, as every step reads what others write, and every state is to be seen.
    """
    spin, gcc = shutil.which("spin"), shutil.which("gcc")
    if spin is None or gcc is None:
        return None
    subprocess.run([spin, "-a", str(FOLDER / "lamport.pml")], check=True, cwd=folder, capture_output=True)
    options = ["-O2", "-w", "-DSAFETY", "-DNOREDUCE"]
    subprocess.run([gcc, *options, "-o", "pan", "pan.c"], check=True, cwd=folder)
    return folder / "pan"


def run_spin_floor(program: Path) -> Searched:
    """Run it; raise CalledProcessError if it fails."""
    before = os.times()
    done = subprocess.run(
        [str(program), "-m10000", "-w22"], check=True, capture_output=True, text=True, cwd=program.parent,
        timeout=SECONDS_MAX,
    )  # fmt: skip
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    found = {"errors": 0, "states": 0, "transitions": 0}
    for line in done.stdout.splitlines():
        words = line.split()
        if "errors:" in words:
            found["errors"] = int(words[words.index("errors:") + 1])
        elif words[1:3] == ["states,", "stored"]:
            found["states"] = int(words[0])
        elif words[1:2] == ["transitions"]:
            found["transitions"] = int(words[0])
    return Searched(**found, cpu_s=cpu_s)
