"""A short way to simulate a run, with or without the engine around it."""

from typing import Any

import msgspec
from plans import plan

from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import Exponential
from mxbench.core.faults import NO_FAULTS, parse_faults
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.sim.world import World
from mxbench.workloads.hold import Hold

RANDOM = Network(delay=Exponential(0.002))


def world(
    algorithm: type[Algorithm], nodes: int = 3, *, network: Network | None = None, faults: list[Any] | None = None,
    workload: type = Hold, **settings: Any,
) -> World:  # fmt: skip
    """Return the world of a run, before its first event. faults: as an experiment writes them."""
    given = NO_FAULTS if faults is None else parse_faults(faults, nodes)
    planned = plan(
        algorithm, nodes, workload=workload, falls_quiet=algorithm.falls_quiet, engine="sim",
        faults=msgspec.to_builtins(given) if faults else {}, **settings,
    )  # fmt: skip
    return World(planned, algorithm, workload, network or Network(), given)


def simulate(algorithm: type[Algorithm], nodes: int = 3, **settings: Any) -> History:
    """Return the history of a simulated run; `settings` are those of `world`."""
    made = world(algorithm, nodes, **settings)
    ending = made.run()
    return History(made.plan, ending, made.histories())


def stored(history: History) -> list[bytes]:
    """Return what the engine would store of each node."""
    return [msgspec.msgpack.encode(node) for node in history.nodes]


def counts(history: History) -> dict[int, tuple[list[int], list[int]]]:
    """Return by node the messages sent and handled, by type."""
    return {node.node: (node.totals.sent_by_type, node.totals.handled_by_type) for node in history.nodes}
