"""One uncontended entry over tcp: how long its node waits, over the round trip of a bare ping-pong."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from mxbench.bench.pace import Pace
from mxbench.bench.plans import busy_plan, shipped
from mxbench.bench.row import Row, below, measured, noise_of
from mxbench.bench.tcp_runs import run_over_tcp

GOAL = below(2.0)
ENTRIES = 1_000
MEASURE = "n = 2: wait p50 of an uncontended entry over a Python ping-pong's round trip"


def ping_pong() -> float:
    """Return the median round trip of the floor in seconds."""
    command = [sys.executable, "-P", "-m", "mxbench.bench.ping_pong", str(ENTRIES)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout) / 1e6


def wait_p50() -> float:
    """Return the median wait in seconds of a node whose peer never wants to enter."""
    found, _, _ = run_over_tcp(busy_plan(shipped("lamport"), 2, [ENTRIES, 0]))
    waits = [section.entered - section.requested for section in found.sections if section.entered is not None]
    assert len(waits) == ENTRIES, found.ending
    return median(waits) / 1e9


def uncontended(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the line."""
    ratios, pairs = [], []
    for _ in pace.rounds(4, most=7, least=3):
        before, ours, after = ping_pong(), wait_p50(), ping_pong()
        ratios.append(ours / ((before + after) / 2))
        pairs.append(after / before)
    yield measured(case, "tcp", MEASURE, ratios, GOAL, noise_of(pairs))
