"""How costs grow with the number of nodes: `mxbench bench scale`.

Over tcp Lamport's algorithm with 2 to 100 nodes, whose messages and handlers grow with n themselves; on the simulator
token algorithms with 10 to 10,000 nodes, whose handlers do not, so that what grows there is the simulator's. Each point
is measured in a process of its own (`python -m mxbench.bench.scale ENGINE ALGORITHM NODES`).

The exponent is the slope b of cost = a * n^b, by least squares of the logarithms over all points.
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from tabulate import tabulate

from mxbench.bench.plans import busy_plan, shipped
from mxbench.bench.row import quantity
from mxbench.bench.tcp_runs import run_over_tcp
from mxbench.core.distributions import Exponential
from mxbench.core.history import History, Section
from mxbench.core.network import Network
from mxbench.sim.world import World
from mxbench.workloads.hold import Hold

CURVES = {
    ("tcp", "lamport"): (2, 5, 10, 20, 50, 100),
    ("sim", "naimi-trehel"): (10, 100, 1_000, 10_000),
    ("sim", "neilsen-mizuno"): (10, 100, 1_000, 10_000),
    ("sim", "raymond"): (10, 100, 1_000, 10_000),
}
ENTRIES = {"tcp": 200, "sim": 2_000}  # of all nodes together, and at least one each
THINK_S = 0.01  # of each node, times n: all together request as often whatever their number
COSTS = {
    "messages_per_entry": "messages an entry",
    "wait_ms_p50": "wait p50, ms",
    "harness_us_per_step": "processor time a step, us",
    "peak_mb": "peak memory, MB",
}
Point = dict[str, float]


def measured(begin: Callable[[str], None] = lambda what: None) -> list[dict[str, Any]]:
    """Return for each engine and algorithm the points, and the exponent of each cost."""
    curves = []
    for (engine, algorithm), sizes in CURVES.items():
        points = []
        for nodes in sizes:
            begin(f"{algorithm} on {engine}, n = {nodes:,}")
            command = [sys.executable, "-P", "-m", "mxbench.bench.scale", engine, algorithm, str(nodes)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            points.append(json.loads(done.stdout))
        exponents = {cost: exponent([(point["nodes"], point[cost]) for point in points]) for cost in COSTS}
        curves.append({"engine": engine, "algorithm": algorithm, "points": points, "exponents": exponents})
    return curves


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Return b of the line log y = log a + b log x that is nearest to the points; None if two are not above 0."""
    logarithms = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in logarithms}) < 2:
        return None
    mean_x = math.fsum(x for x, _ in logarithms) / len(logarithms)
    mean_y = math.fsum(y for _, y in logarithms) / len(logarithms)
    spread = math.fsum((x - mean_x) ** 2 for x, _ in logarithms)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in logarithms) / spread


def render(curves: Sequence[dict[str, Any]]) -> str:
    """Return a table for each curve, with the exponents in its last line."""
    parts = []
    for curve in curves:
        lines = [
            [f"{point['nodes']:,}", *(quantity(point[cost], "") for cost in COSTS)] for point in curve["points"]
        ]  # fmt: skip
        exponents = [curve["exponents"][cost] for cost in COSTS]
        lines.append(["n^", *("-" if found is None else f"{found:.2f}" for found in exponents)])
        table = tabulate(lines, headers=["n", *COSTS.values()], disable_numparse=True, stralign="right")
        parts.append(f"{curve['algorithm']} on {curve['engine']}, about {ENTRIES[curve['engine']]:,} entries\n{table}")
    return "\n\n".join(parts) + "\n"


def point_on_tcp(algorithm: str, nodes: int) -> Point:
    """Return what a run over tcp cost, its memory that of the largest node process."""
    cls = shipped(algorithm)
    history, _, _ = run_over_tcp(busy_plan(cls, nodes, max(ENTRIES["tcp"] // nodes, 1)))
    assert history.ending.reason == "quiet", history.ending
    steps = sum(sum(node.totals.handled_by_type) for node in history.nodes) + 2 * len(history.entries)
    cpu_s = sum(node.totals.cpu_s for node in history.nodes)
    return _point(history, steps, cpu_s, max(node.totals.peak_bytes for node in history.nodes))


def point_on_sim(algorithm: str, nodes: int) -> Point:
    """Return what a simulated run cost, its memory that of this process."""
    cls = shipped(algorithm)
    each = max(ENTRIES["sim"] // nodes, 1)
    plan = busy_plan(cls, nodes, each, "sections", "sim", think=Exponential(THINK_S * nodes))
    world = World(plan, cls, Hold, Network())
    began = time.process_time()
    ending = world.run()
    cpu_s = time.process_time() - began
    assert ending.reason == "quiet", ending
    steps = sum(place.node.steps for place in world.places)
    return _point(History(plan, ending, world.histories()), steps, cpu_s, _peak_bytes())


def _point(history: History, steps: int, cpu_s: float, peak_bytes: int) -> Point:
    messages = sum(sum(node.totals.sent_by_type) for node in history.nodes)
    return {
        "nodes": history.plan.nodes,
        "messages_per_entry": messages / len(history.entries),
        "wait_ms_p50": median(_wait_ms(section) for section in history.entries),
        "harness_us_per_step": cpu_s / steps * 1e6,
        "peak_mb": peak_bytes / 1e6,
        "steps": steps,
    }


def _wait_ms(section: Section) -> float:
    assert section.entered is not None
    return (section.entered - section.requested) / 1e6


def _peak_bytes() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    point = {"tcp": point_on_tcp, "sim": point_on_sim}[sys.argv[1]]
    print(json.dumps(point(sys.argv[2], int(sys.argv[3]))))
