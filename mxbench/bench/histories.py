"""A history of ten million events: how long it takes to load, and how much memory to go through it.

It is a simulated run of Lamport's algorithm on ten nodes, continued again and again by its own copy, later in time and
with the numbers that follow, so that it is as whole as the first. `python -m mxbench.bench.histories FOLDER` loads one
in a process of its own and prints what that took.
"""

import json
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from operator import add
from pathlib import Path
from typing import Any

import msgspec

from mxbench.bench.pace import Pace
from mxbench.bench.plans import busy_plan, shipped
from mxbench.bench.row import Row, below, measured
from mxbench.core.history import NodeHistory, Totals
from mxbench.core.network import Network
from mxbench.core.records import DELIVERED, ENTERED, RELEASED, REQUESTED, SENT
from mxbench.experiment.results import RunRecord, load_history
from mxbench.sim.world import World
from mxbench.workloads.hold import Hold

NODES, ENTRIES = 10, 20  # of the run that is continued
EVENTS = 10_000_000
EVENTS_OF_ENTRY = 2 * 3 * (NODES - 1) + 3  # each message twice; without dwell there is no timer
MEMORY, SECONDS = below(400, "MB"), below(5, "s")


def write_history(folder: Path, events: int = EVENTS) -> int:
    """Write a history of at least so many events into a folder, and return how many it has."""
    lamport = shipped("lamport")
    world = World(busy_plan(lamport, NODES, ENTRIES, engine="sim"), lamport, Hold, Network())
    ending = world.run()
    histories = world.histories()
    messages = sum(sum(node.totals.sent_by_type) for node in histories)
    sections = sum(len(node.details) for node in histories)
    each = 2 * messages + sections
    copies = -(-events // each)
    (folder / "nodes").mkdir(parents=True)
    for node in histories:
        (folder / "nodes" / f"{node.node}.msgpack").write_bytes(
            msgspec.msgpack.encode(_continued(node, copies, world.now + 1))
        )
    (folder / "run.msgpack").write_bytes(msgspec.msgpack.encode(RunRecord(world.plan, ending, 0.0)))
    return each * copies


def _continued(node: NodeHistory, copies: int, duration: int) -> NodeHistory:
    """Return a node's history so many times, one after the other."""
    times, codes = node.columns()
    received = Counter(code >> 12 & 0xFFFFF for code in codes if code & 15 == DELIVERED)
    steps = [_step(code, received, len(node.details)) << 32 for code in codes]
    later = [duration] * len(times)
    all_times, all_codes, details = array("q"), array("q"), list[Any]()
    for number in range(copies):
        all_times += times
        all_codes += codes
        times, codes = array("q", map(add, times, later)), array("q", map(add, codes, steps))
        details += _details(node, number)
    return NodeHistory(
        node.node, node.types, node.algorithm_types, all_times.tobytes(), all_codes.tobytes(), details,
        node.payloads * copies, Totals([count * copies for count in node.totals.sent_by_type],
                                       [count * copies for count in node.totals.handled_by_type]),
    )  # fmt: skip


def _step(code: int, received: Counter[int], details: int) -> int:
    """Return by how much the number in a record grows from one copy to the next."""
    kind = code & 15
    return 0 if kind == SENT else received[code >> 12 & 0xFFFFF] if kind == DELIVERED else details


def _details(node: NodeHistory, copy: int) -> Iterator[Any]:
    """Yield the details of one copy, in which entries have the numbers that follow."""
    kinds = [code & 15 for code in node.columns()[1] if code & 15 not in (SENT, DELIVERED)]
    entries, before = copy * NODES * ENTRIES, copy * ENTRIES
    for kind, detail in zip(kinds, node.details, strict=True):
        if kind == REQUESTED:
            yield (detail[0] + before, None)
        elif kind == ENTERED:
            yield (detail[0] + before, detail[1] + entries, 0, (detail[3][0] + copy * 1_000_000, detail[3][1]))
        elif kind == RELEASED:
            yield (detail[0] + entries,)
        else:
            yield detail


def load(folder: Path) -> dict[str, float]:
    """Load a history, find its sections and go through its records; return what that took."""
    began = time.monotonic()
    history = load_history(folder)
    entries = len(history.entries)
    loaded = time.monotonic()
    records = sum(1 for _ in history.records())
    return {
        "load_s": loaded - began,
        "stream_s": time.monotonic() - loaded,
        "entries": entries,
        "records": records,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def histories(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the lines of one history."""
    with tempfile.TemporaryDirectory(prefix="mxbench-") as name:
        folder = Path(name) / "run"
        events = write_history(folder)
        command = [sys.executable, "-P", "-m", "mxbench.bench.histories", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout)
    assert found["entries"] * EVENTS_OF_ENTRY == events, found
    what = f"history of {events:,} events"
    told = f"{found['records']:,} records, gone through in {found['stream_s']:.1f} s"
    yield measured(case, "history", f"{what}: load and find the sections", [found["load_s"]], SECONDS, pace.noise)
    yield measured(case, "history", f"{what}: memory, all records read", [found["peak_mb"]], MEMORY, 0.0, told)


if __name__ == "__main__":
    print(json.dumps(load(Path(sys.argv[1]))))
