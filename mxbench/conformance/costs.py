"""What an entry costs in simulated runs, beside what the algorithm's class claims."""

from collections.abc import Iterator
from typing import Any

import msgspec

from mxbench.conformance.outcomes import Outcome
from mxbench.conformance.schedules import Bench, question_of
from mxbench.core.algorithm import Algorithm
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.claims import Claimed
from mxbench.core.distributions import Constant
from mxbench.core.faults import NO_FAULTS
from mxbench.core.history import History
from mxbench.core.network import network_of
from mxbench.errors import ExperimentError
from mxbench.metrics.cost import MIN_WINDOW, compare_messages, messages_by_type, saturated_window
from mxbench.metrics.theory import CLAIMS, compare_delays
from mxbench.sim.explore import plan_of
from mxbench.sim.world import World
from mxbench.workloads.hold import Hold

NODES = (1, 2, 3, 5, 9)
ENTRIES = 4 * MIN_WINDOW  # of each node: claims on saturation need a window
DWELL = Constant(0.001)
NETWORK = {"delay": msgspec.to_builtins(Constant(0.001))}
WORDS = {"synchronisation_delay": "synchronisation delay", "response_time": "response time"}


def run(
    algorithm: type[Algorithm], nodes: int, *, one_at_a_time: bool = False, entries: int = ENTRIES, seed: int = 1
) -> History:  # fmt: skip
    """Return the history of a simulated run, saturated or one at a time; raise ExperimentError as `question_of`."""
    setup = question_of(algorithm, nodes).setup
    plan = msgspec.structs.replace(
        plan_of(algorithm, setup, "full", seed),
        experiment="conformance", arrivals=(ArrivalPlan(entries, ticketed=one_at_a_time),) * nodes, dwell=DWELL,
        one_at_a_time=one_at_a_time, network=NETWORK,
    )  # fmt: skip
    world = World(plan, algorithm, Hold, network_of(plan.network), NO_FAULTS)
    ending = world.run()
    return History(plan, ending, world.histories())


def messages_claim(bench: Bench) -> Outcome:
    """Compare the messages of an entry with the claim."""
    name, cls = "messages-per-entry", bench.algorithm
    if cls.messages_per_entry is None:
        return Outcome(name, "reported", f'{cls.__name__} claims nothing; write messages_per_entry = "2 * (n - 1)"')
    return _compared(name, cls, _messages)


def delay_claims(bench: Bench) -> Outcome:
    """Compare the synchronisation delay and the response time with the claims."""
    name, cls = "delays", bench.algorithm
    if all(getattr(cls, field) is None for field in CLAIMS):
        return Outcome(name, "reported", f"{cls.__name__} claims no delay")
    return _compared(name, cls, _delays)


def _compared(name: str, cls: type[Algorithm], compare: Any) -> Outcome:
    """Compare over some runs. Where a run does not end as it should, there is no cost to compare."""
    held: list[str] = []
    wrong: list[str] = []
    for nodes in NODES:
        for one_at_a_time in (True, False):
            try:
                history = run(cls, nodes, one_at_a_time=one_at_a_time)
            except ExperimentError:
                continue  # there are no quorums for so many
            except Exception as error:
                return Outcome(name, "undecided", f"{nodes} nodes: the run failed: {type(error).__name__}: {error}")
            if history.ending.reason != "quiet":
                return Outcome(name, "undecided", f"{nodes} nodes: the run is no proper one: {history.ending.text}")
            try:
                for holding, said in compare(cls, history):
                    (held if holding else wrong).append(f"{said} ({nodes} nodes, {history.plan.regime})")
            except ValueError as error:
                return Outcome(name, "failed", f"{cls.__name__}: the claim cannot be read: {error}")
    if wrong:
        return Outcome(name, "failed", "\n".join(wrong))
    if not held:
        return Outcome(name, "undecided", "the claim covers none of the runs")
    return Outcome(name, "passed", f"as claimed in {len(held)} comparisons, of {NODES[0]} to {NODES[-1]} nodes")


def _messages(cls: type[Algorithm], history: History) -> Iterator[tuple[bool, str]]:
    per_entry = sum(messages_by_type(history).values()) / len(history.entries)
    compared = compare_messages(cls, history, saturated_window(history), per_entry)
    if compared.holds is not None:
        yield compared.holds, f"{compared.figure:.3g} messages an entry, {_said(compared.claimed)}"


def _delays(cls: type[Algorithm], history: History) -> Iterator[tuple[bool, str]]:
    for field, compared in compare_delays(cls, history).items():
        if compared.holds is not None:
            yield compared.holds, f"{WORDS[field]} {compared.figure:.3g} T, {_said(compared.claimed)}"


def _said(claimed: Claimed) -> str:
    value = claimed.value
    text = " to ".join(f"{end:.3g}" for end in value) if isinstance(value, list) else f"{value:.3g}"
    kind = "" if claimed.kind == "range" else f" {claimed.kind}"
    return f"claimed{kind} {text}"
