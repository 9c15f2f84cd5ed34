"""Plans of runs that are measured: closed loops, in which nobody dwells."""

from collections.abc import Sequence

from mxbench.core.algorithm import Algorithm
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, Distribution
from mxbench.core.plan import PluginRef, RunPlan
from mxbench.experiment.placement import Placement
from mxbench.registry import Registry
from mxbench.workloads.hold import Hold


def shipped(name: str) -> type[Algorithm]:
    """Return a shipped algorithm."""
    cls: type[Algorithm] = Registry().get("algorithms", name).cls
    return cls


def busy_plan(
    algorithm: type[Algorithm], nodes: int, entries: int | Sequence[int] | None, history: str = "full",
    engine: str = "tcp", tickets: int | None = None, time_limit: float | None = None, think: Distribution = ZERO,
) -> RunPlan:  # fmt: skip
    """Return the plan of a closed loop without dwell, and without think time unless told.

    entries: of each node, or a list with one number a node; None with `tickets`, the total.
    """
    each = list(entries) if isinstance(entries, Sequence) else [entries] * nodes
    return RunPlan(
        experiment="bench",
        algorithm=_ref(algorithm),
        nodes=nodes,
        **Placement(algorithm.topology, 0, False).fields(nodes, seed=1),
        engine=engine,
        workload=_ref(Hold),
        arrivals=tuple(ArrivalPlan(count, think, ticketed=tickets is not None) for count in each),
        tickets=tickets,
        history=history,  # type: ignore[arg-type]
        time_limit=time_limit,
        falls_quiet=algorithm.falls_quiet,
    )


def _ref(cls: type) -> PluginRef:
    return PluginRef(cls.name, cls.__module__, cls.__qualname__)  # type: ignore[attr-defined]
