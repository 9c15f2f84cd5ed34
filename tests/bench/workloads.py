"""Three small deterministic pieces of work, one a layer, with what they must count: a simulated run, a search of the
checker, and the way of a message through the tcp engine's pumps without tcp.

Each comes in two sizes. What the larger one costs beyond the smaller one is the work itself, without its start.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from plans import plan
from wire_in_memory import Wire
from worlds import world

from mxbench.check.answer import check
from mxbench.core.distributions import ZERO
from mxbench.net.compiled import Link
from mxbench.net.driver import Driver, union
from mxbench.net.poller import Poller
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport

NODES = 5
Counts = dict[str, int]


class Work(NamedTuple):
    """A piece of work. do: with a size, return what was counted. per: what its units are
    called. counts: what must be counted, by size."""

    do: Callable[[Any], Counts]
    sizes: tuple[Any, Any]
    per: str
    counts: tuple[Counts, Counts]


def simulated(entries: int) -> Counts:
    """Simulate Lamport's algorithm."""
    made = world(Lamport, NODES, entries=entries, dwell=ZERO)
    ending = made.run()
    assert ending.reason == "quiet", ending
    steps = sum(place.node.steps for place in made.places)
    return {"messages": sum(place.sent() for place in made.places), "steps": steps, "virtual_ns": made.now}


def searched(requests: str) -> Counts:
    """Search every schedule of Ricart and Agrawala's algorithm."""
    found = check("ricart-agrawala", requests=requests)
    assert found["verdict"] == "valid", found["text"]
    return {"transitions": found["transitions"], "states": found["states"], "depth": found["depth"]}


def exchanged(entries: int) -> Counts:
    """Let the drivers of all nodes exchange Lamport's messages in this process: encoded, framed, decoded, handled."""
    settings = plan(Lamport, NODES, entries=entries, dwell=ZERO)
    drivers = [Driver(settings, me, Lamport, Hold, Poller()) for me in settings.places]
    wires = {(a, b): Wire() for a in settings.places for b in settings.places if a != b}
    links = {(a, b): Link(b, union(drivers[a].types)) for a, b in wires}
    for (a, b), link in links.items():
        link.connected(wires[a, b], 0)
    for me, driver in enumerate(drivers):
        driver.join({peer: links[me, peer] for peer in settings.places if peer != me})
        driver.start()
    rounds = 0
    while True:
        for link in links.values():
            link.flush()
        carried = [(a, b, bytes(wire.bytes)) for (a, b), wire in wires.items() if wire.bytes]
        if not carried:
            break
        rounds += 1
        for a, b, data in carried:
            wires[a, b].bytes.clear()
            drivers[b].pump.receive(links[b, a], data)
    assert not any(driver.node.busy for driver in drivers)
    wire_bytes = sum(link.wire_bytes for link in links.values())
    messages = sum(sum(driver.pump.handled_by_type) for driver in drivers)
    return {"messages": messages, "rounds": rounds, "wire_bytes": wire_bytes}


WORKS = {
    "sim": Work(
        simulated, (2, 42), "messages",
        ({"messages": 120, "steps": 145, "virtual_ns": 11_000_000},
         {"messages": 2_520, "steps": 2_945, "virtual_ns": 211_000_000}),
    ),
    "check": Work(
        searched, ("1,1,1", "2,2,1"), "transitions",
        ({"transitions": 5_545, "states": 2_101, "depth": 18}, {"transitions": 34_483, "states": 12_958, "depth": 30}),
    ),
    "pump": Work(
        exchanged, (2, 42), "messages",
        ({"messages": 120, "rounds": 11, "wire_bytes": 3_875},
         {"messages": 2_520, "rounds": 211, "wire_bytes": 70_412}),
    ),
}  # fmt: skip
