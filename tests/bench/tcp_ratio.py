"""The engine tcp against its floor: entries a second of Lamport's algorithm over those of floor/lamport.c.

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
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for plans, when run as a script

from plans import plan  # noqa: E402

from mxbench.core.distributions import ZERO  # noqa: E402
from mxbench.core.history import History  # noqa: E402
from mxbench.net.cluster import Cluster  # noqa: E402
from mxbench_plugins.lamport import Lamport  # noqa: E402

SOURCE = HERE / "floor" / "lamport.c"
TARGETS = {10: (0.25, 0.40), 5: (0.25, 0.40), 2: (None, 0.25)}  # full history: what the first issue asks, and 'Fast'
MAX_SLOWDOWN = 1.10  # full history over none
NO_GCC = "skipped: there is no gcc to compile the floor with"
TRIAL_ENTRIES = 2_000  # of the floor, to find out how many make a run of the wanted length
TRIAL_SHARE = 0.25  # of the floor's entries, for ours


class Measure(NamedTuple):
    """One run of either side. cpu_s: processor time of all nodes; span_s: from the start command to the run's end."""

    entries: int
    messages: int
    seconds: float
    cpu_s: float
    span_s: float = 0.0

    @property
    def entries_per_s(self) -> float:
        return self.entries / self.seconds

    @property
    def cpu_per_entry(self) -> float:
        return self.cpu_s / self.entries


class TimedCluster(Cluster):
    """A Cluster that measures the time from its start command to the end of the run, with any level of history."""

    span_s = 0.0

    def _go(self) -> None:
        began = time.monotonic()
        super()._go()
        self.span_s = time.monotonic() - began


def compile_floor(folder: Path) -> Path | None:
    """Compile the floor into a folder; return the program, or None without gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    program = folder / "lamport"
    subprocess.run([gcc, "-O2", "-Wall", "-o", str(program), str(SOURCE)], check=True)
    return program


def run_floor(program: Path, nodes: int, entries_per_node: int) -> Measure:
    """Run the floor; raise CalledProcessError if it fails."""
    command = [str(program), str(nodes), str(entries_per_node)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Measure(result["entries"], result["messages"], result["seconds"], result["cpu_s"])


def run_ours(nodes: int, entries_per_node: int, history: str = "full") -> Measure:
    """Run Lamport's algorithm on the engine tcp; raise AssertionError if its counts are wrong."""
    settings = plan(Lamport, nodes, entries=entries_per_node, dwell=ZERO, history=history)
    with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
        cluster = TimedCluster(settings, Path(folder))
        found = cluster.run()
    entries = nodes * entries_per_node
    messages = sum(sum(node.totals.sent_by_type) for node in found.nodes)
    assert found.ending.reason == "quiet", found.ending
    assert messages == 3 * (nodes - 1) * entries, f"{messages} messages for {entries} entries of {nodes} nodes"
    seconds = _first_request_to_last_release(found) if history != "off" else cluster.span_s
    return Measure(entries, messages, seconds, sum(node.totals.cpu_s for node in found.nodes), cluster.span_s)


def _first_request_to_last_release(history: History) -> float:
    released = [section.released for section in history.sections if section.released is not None]
    return (max(released) - min(section.requested for section in history.sections)) / 1e9


class Row(NamedTuple):
    """What the rounds of one n gave, one item a round."""

    floor: list[Measure]  # two a round
    full: list[Measure]
    off: list[Measure]

    def ratios(self) -> list[float]:
        """Return ours with full history over the floor that ran just before."""
        return [b.entries_per_s / a.entries_per_s for a, b in zip(self.floor[::2], self.full, strict=True)]

    def ratios_off(self) -> list[float]:
        """Return the same without history."""
        return [b.entries_per_s / a.entries_per_s for a, b in zip(self.floor[1::2], self.off, strict=True)]

    def cpu_ratios(self) -> list[float]:
        """Return the floor's processor time an entry over ours with full history."""
        return [a.cpu_per_entry / b.cpu_per_entry for a, b in zip(self.floor[::2], self.full, strict=True)]

    def cpu_ratios_off(self) -> list[float]:
        """Return the same without history."""
        return [a.cpu_per_entry / b.cpu_per_entry for a, b in zip(self.floor[1::2], self.off, strict=True)]

    def slowdowns(self) -> list[float]:
        """Return the span with full history over that without."""
        return [full.span_s / off.span_s for full, off in zip(self.full, self.off, strict=True)]

    def cpu_slowdowns(self) -> list[float]:
        """Return the processor time with full history over that without."""
        return [full.cpu_s / off.cpu_s for full, off in zip(self.full, self.off, strict=True)]

    def noise(self) -> list[float]:
        """Return the floor over itself: the second of each round over the first."""
        return [b.entries_per_s / a.entries_per_s for a, b in zip(self.floor[::2], self.floor[1::2], strict=True)]


def measure(program: Path, nodes: int, rounds: int, seconds: float) -> Row:
    """Run both sides in turn, each for about so many seconds."""
    trial = run_floor(program, nodes, TRIAL_ENTRIES // nodes)
    of_floor = max(1, int(trial.entries_per_s * seconds / nodes))
    of_ours = max(1, int(trial.entries_per_s * TRIAL_SHARE * seconds / nodes))
    row = Row([], [], [])
    for _ in range(rounds):
        row.floor.append(run_floor(program, nodes, of_floor))
        row.full.append(run_ours(nodes, of_ours, "full"))
        row.floor.append(run_floor(program, nodes, of_floor))
        row.off.append(run_ours(nodes, of_ours, "off"))
    return row


def show(rows: dict[int, Row]) -> str:
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
        program = compile_floor(Path(folder))
        if program is None:
            print(NO_GCC)
            return 0
        rows = {nodes: measure(program, nodes, arguments.rounds, arguments.seconds) for nodes in arguments.nodes}
    print(
        "Lamport, dwell 0, think 0: entries a second on tcp over those of the C floor, medians of neighbours in time\n"
    )
    print(show(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
