"""The engine tcp against its floor: entries a second of Lamport's algorithm over those of the C program lamport.c.

    python tests/bench/tcp_ratio.py [--nodes 10 5 2] [--rounds 5] [--seconds 1.2]

Dwell 0, think 0, a closed loop. Each round runs the floor, mxbench with full history, the floor again and mxbench
without history, so that each of ours has a floor as its neighbour in time; a ratio is that of two neighbours. On a
machine that others use, absolute times mean nothing and a single ratio little: read the medians, and beside them how
far the floor differs from itself. The ratio of processor time is steadier than that of throughput, and close to it
while all cores are busy.

Throughput with full history counts from the first request to the last release, as the history has them. Without a
history there is no such thing, so 'off' (and the slowdown, which compares like with like) counts from the parent's
start command until it has found the run to be over, a few ms more.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate

from mxbench.bench.floors import NO_GCC, compile_tcp_floor
from mxbench.bench.tcp import GOALS, HISTORY, Rounds, interleaved

TARGETS = {nodes: (0.25 if nodes > 2 else None, goal.number) for nodes, goal in GOALS.items()}  # of the first issue
MAX_SLOWDOWN = HISTORY.number  # full history over none


def show(rows: dict[int, Rounds]) -> str:
    """Return the table."""
    headers = [
        "n", "floor\nentries/s", "mxbench\nentries/s", "ratio", "min..max", "asked, later", "by CPU",
        "off:\nratio", "off:\nby CPU", f"full/off\n(< {MAX_SLOWDOWN:.2f})", "by CPU", "floor/floor\nmin..max",
    ]  # fmt: skip
    lines = []
    for nodes, row in rows.items():
        asked = ", ".join("-" if target is None else f"{target:.2f}" for target in TARGETS.get(nodes, (None, None)))
        lines.append([
            nodes, f"{statistics.median(m.entries_per_s for m in row.floor):,.0f}",
            f"{statistics.median(m.entries_per_s for m in row.full):,.0f}",
            _median(row.ratios()), _range(row.ratios()), asked, _median(row.cpu_ratios()),
            _median(row.ratios_off()), _median(row.cpu_ratios_off()),
            _median(row.slowdowns()), _median(row.cpu_slowdowns()), _range(row.noise()),
        ])  # fmt: skip
    return tabulate(lines, headers, disable_numparse=True, stralign="right")


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.2f}"


def _range(values: list[float]) -> str:
    return f"{min(values):.2f}..{max(values):.2f}"


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 5, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.2, help="length of one run, about")
    arguments = parser.parse_args()
    if min(arguments.nodes) < 2 or arguments.rounds < 1:
        parser.error("at least 2 nodes and 1 round are needed")
    with tempfile.TemporaryDirectory(prefix="mxbench-floor-") as folder:
        program = compile_tcp_floor(Path(folder))
        if program is None:
            print(NO_GCC)
            return 0
        rows = {
            nodes: interleaved(program, nodes, range(arguments.rounds), arguments.seconds) for nodes in arguments.nodes
        }
    print(
        "Lamport, dwell 0, think 0: entries a second on tcp over those of the C floor, medians of neighbours in time\n"
    )
    print(show(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
