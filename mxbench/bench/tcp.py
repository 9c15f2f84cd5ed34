"""The engine tcp: against a C program with the same messages, with history and without, and with a hundred nodes."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mxbench.bench.floors import NO_GCC, Measure, compile_tcp_floor, run_tcp_floor
from mxbench.bench.pace import Pace
from mxbench.bench.plans import busy_plan, shipped
from mxbench.bench.row import Row, at_least, below, measured, noise_of, skipped
from mxbench.bench.tcp_runs import run_over_tcp
from mxbench.core.history import History

TRIAL_ENTRIES = 2_000  # of the floor, to find out how many make a run of the wanted length
TRIAL_SHARE = 0.25  # of the floor's entries, for ours
GOALS = {10: at_least(0.40), 5: at_least(0.40), 2: at_least(0.25)}
HISTORY, NODE_10, NODE_100 = below(1.10), below(35, "MB"), below(60, "MB")
READY, WHOLE, MANY, EACH = below(3, "s"), below(15, "s"), 100, 10


def run_ours(nodes: int, entries_per_node: int, history: str = "full") -> Measure:
    """Run Lamport's algorithm on the engine tcp; raise AssertionError if its counts are wrong."""
    found, span_s, _ = run_over_tcp(busy_plan(shipped("lamport"), nodes, entries_per_node, history))
    entries = nodes * entries_per_node
    messages = sum(sum(node.totals.sent_by_type) for node in found.nodes)
    assert found.ending.reason == "quiet", found.ending
    assert messages == 3 * (nodes - 1) * entries, f"{messages} messages for {entries} entries of {nodes} nodes"
    seconds = _first_request_to_last_release(found) if history != "off" else span_s
    peak_bytes = max(node.totals.peak_bytes for node in found.nodes)
    return Measure(entries, messages, seconds, span_s, peak_bytes)


def _first_request_to_last_release(history: History) -> float:
    released = [section.released for section in history.sections if section.released is not None]
    return (max(released) - min(section.requested for section in history.sections)) / 1e9


class Rounds(NamedTuple):
    """What the rounds of one n gave, one item a round."""

    floor: list[Measure]  # two a round
    full: list[Measure]
    off: list[Measure]

    def ratios(self) -> list[float]:
        """Return ours with full history over the floor that ran just before."""
        return [b.entries_per_s / a.entries_per_s for a, b in zip(self.floor[::2], self.full, strict=True)]

    def slowdowns(self) -> list[float]:
        """Return the span with full history over that without."""
        return [full.span_s / off.span_s for full, off in zip(self.full, self.off, strict=True)]

    def noise(self) -> list[float]:
        """Return the floor over itself: the second of each round over the first."""
        return [b.entries_per_s / a.entries_per_s for a, b in zip(self.floor[::2], self.floor[1::2], strict=True)]


def interleaved(program: Path, nodes: int, rounds: Iterable[int], seconds: float) -> Rounds:
    """Run both sides in turn, each for about so many seconds.

    A round runs the floor, ours with full history, the floor again and ours without history, so that each of ours has a
    floor as its neighbour in time.
    """
    trial = run_tcp_floor(program, nodes, TRIAL_ENTRIES // nodes)
    of_floor = max(1, int(trial.entries_per_s * seconds / nodes))
    of_ours = max(1, int(trial.entries_per_s * TRIAL_SHARE * seconds / nodes))
    found = Rounds([], [], [])
    for _ in rounds:
        found.floor.append(run_tcp_floor(program, nodes, of_floor))
        found.full.append(run_ours(nodes, of_ours, "full"))
        found.floor.append(run_tcp_floor(program, nodes, of_floor))
        found.off.append(run_ours(nodes, of_ours, "off"))
    return found


def over_the_floor(case: str, nodes: int, pace: Pace) -> Iterator[Row]:
    """Yield the lines of one number of nodes: entries a second over those of the floor; at ten, also what history costs
    and how much memory a node takes."""
    ratio = f"Lamport, n = {nodes}, full history: entries/s over the C floor"
    slowdown, peak = "n = 10: time with full history over that without", "n = 10: peak resident of a node"
    with tempfile.TemporaryDirectory(prefix="mxbench-floor-") as folder:
        program = compile_tcp_floor(Path(folder))
        if program is None:
            yield skipped(case, "tcp", ratio, GOALS[nodes], NO_GCC)
            return
        found = interleaved(program, nodes, pace.rounds(8, most=7, least=2), seconds=0.5)
    noise = noise_of(found.noise())
    yield measured(case, "tcp", ratio, found.ratios(), GOALS[nodes], noise)
    if nodes == 10:
        yield measured(case, "tcp", slowdown, found.slowdowns(), HISTORY, noise)
        yield measured(case, "tcp", peak, [each.peak_bytes / 1e6 for each in found.full], NODE_10, 0.0)


def hundred_nodes(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the lines of one run with a hundred nodes."""
    plan = busy_plan(shipped("lamport"), MANY, EACH, time_limit=3 * WHOLE.number)
    found, _, cluster = run_over_tcp(plan)
    over = "" if found.ending.reason == "quiet" else f"the run did not end: {found.ending.text}"
    connections = f"{MANY * (MANY - 1) // 2:,} connections"
    yield measured(case, "tcp", f"n = {MANY}: nodes ready, {connections}", [cluster.ready_s], READY, pace.noise)
    yield measured(case, "tcp", f"n = {MANY}: run of {EACH} entries each", [found.wall_s], WHOLE, pace.noise, over)
    peak = max(node.totals.peak_bytes for node in found.nodes) / 1e6
    yield measured(case, "tcp", f"n = {MANY}: peak resident of a node", [peak], NODE_100, 0.0)
