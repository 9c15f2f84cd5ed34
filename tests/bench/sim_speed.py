"""How many events a second the simulator takes, beside a bare heap loop in the same minute.

    python tests/bench/sim_speed.py [--nodes 10] [--rounds 7]

Lamport, closed loop, no think time. Each round runs the bare loop (a pop and a push of a tuple as wide as the
simulator's events), the algorithm's handlers alone on the same messages, and the simulator with each level of history;
processor time, medians. The handlers' own time is the ceiling: no simulator is faster than what it runs.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from tabulate import tabulate

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for plans

from plans import plan  # noqa: E402

from mxbench.bench.floors import heap_loop  # noqa: E402
from mxbench.core.algorithm import EntryRequest, Out, Parameters  # noqa: E402
from mxbench.core.messages import Message, message_types  # noqa: E402
from mxbench.core.network import Network  # noqa: E402
from mxbench.sim.world import World  # noqa: E402
from mxbench.workloads.hold import Hold  # noqa: E402
from mxbench_plugins.lamport import Lamport  # noqa: E402


def simulated(nodes: int, entries: int, history: str) -> tuple[float, int]:
    """Return the seconds of a run and its events."""
    world = World(plan(Lamport, nodes, entries=entries, history=history), Lamport, Hold, Network())
    began = time.process_time()
    ending = world.run()
    seconds = time.process_time() - began
    assert ending.reason == "quiet", ending
    return seconds, sum(sum(place.handled) for place in world.places)


def recorded(nodes: int, entries: int) -> list[tuple[int, int, Any]]:
    """Return (node, sender, message) of each delivery of a run, in order; sender -1 requests, -2 releases."""
    steps: list[tuple[int, int, Any]] = []
    world = World(plan(Lamport, nodes, entries=entries), Lamport, Hold, Network())
    for place in world.places:
        _record(place, steps)
    world.run()
    return steps


def _record(place: Any, steps: list[tuple[int, int, Any]]) -> None:
    node, requested, released = place.node, place.requested, place.released
    deliver = node.deliver

    def delivering(sender: int, completed: int, version: int, message: Any) -> None:
        steps.append((node.me, sender, message))
        deliver(sender, completed, version, message)

    def requesting(request: Any, arrival: Any) -> None:
        steps.append((node.me, -1, None))
        requested(request, arrival)

    def releasing(entry: Any) -> None:
        steps.append((node.me, -2, None))
        released(entry)

    node.deliver, place.requested, place.released = delivering, requesting, releasing


def handlers(nodes: int, steps: list[tuple[int, int, Any]]) -> float:
    """Return the seconds that the algorithm's handlers take for these steps, with nothing around them."""
    types = message_types(Lamport, Message)
    algorithms = [Lamport(Parameters(me, nodes)) for me in range(nodes)]
    outs = [Out(range(nodes), types, lambda options: options[0]) for _ in range(nodes)]
    for algorithm, out in zip(algorithms, outs, strict=True):
        algorithm.on_start(out)
    request = EntryRequest(0)
    began = time.process_time()
    for me, sender, message in steps:
        algorithm, out = algorithms[me], outs[me]
        if sender >= 0:
            algorithm.on_message(sender, message, out)
        elif sender == -1:
            out.may_enter = True
            algorithm.on_request(request, out)
        else:
            algorithm.on_release(out)
        out.effects.clear()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--events", type=int, default=50_000)
    given = parser.parse_args()
    entries = max(given.events // (3 * (given.nodes - 1) * given.nodes), 1)
    steps = recorded(given.nodes, entries)
    rounds: dict[str, list[float]] = {}
    for _ in range(given.rounds):
        floor = heap_loop(3 * (given.nodes - 1), given.events) / given.events
        rounds.setdefault("bare heap loop", []).append(floor)
        events = sum(sender >= 0 for _, sender, _ in steps)
        rounds.setdefault("handlers alone", []).append(handlers(given.nodes, steps) / events)
        for level in ("full", "sections", "off"):
            seconds, events = simulated(given.nodes, entries, level)
            rounds.setdefault(f"simulator, history {level}", []).append(seconds / events)
    floors = rounds["bare heap loop"]
    rows = [
        (name, statistics.median(each) * 1e6, 1 / statistics.median(each),
         statistics.median(floor / one for floor, one in zip(floors, each, strict=True)))
        for name, each in rounds.items()
    ]  # fmt: skip
    print(
        tabulate(rows, headers=["", "us an event", "events/s", "of the bare loop"], floatfmt=("", ".2f", ",.0f", ".3f"))
    )


if __name__ == "__main__":
    main()
