"""Who stands where in a run: the nodes with an algorithm and a workload, then the servers, which never request.

A server of the algorithm runs the algorithm without a workload, that of the workload runs the workload's own without
an algorithm. One place for all engines to build them.
"""

import msgspec

from mxbench.core.algorithm import Algorithm, Out, Parameters
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import ZERO
from mxbench.core.entry import Entry, EntryRequest
from mxbench.core.node import Engine, Node
from mxbench.core.plan import RunPlan
from mxbench.core.workload import Workload, WorkloadOut


class NoAlgorithm(Algorithm):
    """What a server of the workload runs in the place of an algorithm: nothing."""

    name = "none"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        raise ContractBreach("a server of the workload requested the critical section")


class NoWorkload(Workload):
    """What a server of the algorithm runs in the place of a workload: nothing."""

    name = "none"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        raise ContractBreach("a server of the algorithm entered the critical section")


def roles(plan: RunPlan, me: int, algorithm: type, workload: type) -> tuple[type[Algorithm], type[Workload]]:
    """Return the classes that the place `me` runs: those given, or a server's."""
    if me < plan.nodes:
        return algorithm, workload
    if me < plan.guard:
        return algorithm, NoWorkload
    server: type[Workload] | None = workload.server_type  # type: ignore[attr-defined]
    assert server is not None, "a plan has servers only for a workload that names one"
    return NoAlgorithm, server


def build_node(plan: RunPlan, me: int, algorithm: type, workload: type, engine: Engine) -> Node:
    """Return the node (or server) of that id, ready to be started by `engine`."""
    own_algorithm, own_workload = roles(plan, me, algorithm, workload)
    parameters = Parameters(
        me, plan.nodes, plan.quorums, plan.servers, plan.holder, plan.towards, plan.most_inside, plan.algorithm_servers
    )
    options = msgspec.convert(plan.options, workload.option_type)  # type: ignore[attr-defined]
    if me >= plan.nodes:
        return Node(
            own_algorithm(parameters), own_workload(parameters, ZERO, options, None), ArrivalPlan(0), parameters, engine
        )
    share = plan.shares[me] if plan.shares else None
    work = own_workload(parameters, plan.dwell, options, share)
    return Node(own_algorithm(parameters), work, plan.arrivals[me], parameters, engine)
