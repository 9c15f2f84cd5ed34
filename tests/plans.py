"""Plans of runs for tests, and a short way to run one on the heap loop."""

from collections.abc import Callable, Sequence
from typing import Any

from heap_loop import HeapLoop

from mxbench.core.algorithm import Algorithm
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, Constant, Distribution
from mxbench.core.history import History
from mxbench.core.plan import PluginRef, RunPlan
from mxbench.core.quorums import Quorums
from mxbench.experiment.placement import Placement
from mxbench.quorum_systems.grid import Grid
from mxbench.workloads.hold import Hold

DWELL = Constant(0.001)  # longer than no time, so that two nodes inside together are seen


def plan(
    algorithm: type[Algorithm], nodes: int = 3, *, entries: int | Sequence[int] | None = 3, think: Distribution = ZERO,
    rate: float | None = None, dwell: Distribution = DWELL, one_at_a_time: bool = False, tickets: int | None = None,
    quorums: Quorums | None = None, topology: str | None = None, holder: int | str = 0, server: bool = False,
    workload: type = Hold, seed: int = 1, duration: float | None = None, **others: Any,
) -> RunPlan:  # fmt: skip
    """Return the plan of one run. entries: for each node, or one number for all; None with `tickets`, a total.

    Algorithms with quorums get a grid unless told, those on a tree their own topology. `others` are further fields of
    the RunPlan.
    """
    if tickets is not None:
        entries = None
    of_node = list(entries) if isinstance(entries, Sequence) else [entries] * nodes
    ticketed = one_at_a_time or tickets is not None
    others.setdefault("falls_quiet", algorithm.falls_quiet)
    others.setdefault("k", 1 if algorithm.takes_k else None)
    if quorums is None:
        quorums = Grid().for_nodes(nodes) if algorithm.quorum_system else ()
    return RunPlan(
        experiment="test",
        algorithm=_ref(algorithm),
        quorum_system=algorithm.quorum_system,
        quorums=quorums,
        nodes=nodes,
        **Placement(topology or algorithm.topology, holder, server).fields(nodes, seed),
        workload=_ref(workload),
        arrivals=tuple(ArrivalPlan(count, think, rate, duration, ticketed) for count in of_node),
        dwell=dwell,
        tickets=tickets,
        one_at_a_time=one_at_a_time,
        seed=seed,
        **others,
    )


def run(
    algorithm: type[Algorithm], nodes: int = 3, *, workload: type = Hold, fifo: bool = True,
    delay: Callable[[int, int, Any], int] | None = None, **settings: Any,
) -> History:  # fmt: skip
    """Run an algorithm on the heap loop; `settings` are those of `plan`."""
    return HeapLoop(plan(algorithm, nodes, workload=workload, **settings), algorithm, workload, delay, fifo).run()


def _ref(cls: Any) -> PluginRef:
    return PluginRef(cls.name, cls.__module__, cls.__qualname__)
