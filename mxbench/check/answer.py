"""The answer to a question: what `check` returns, and what `check --json` prints."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mxbench.check.memory import memory_for_a_search
from mxbench.check.question import Network, Question, parse_question
from mxbench.check.reaction import OrderMatters
from mxbench.check.replay import replay
from mxbench.check.search import (
    CAN_ENTER,
    CONTRACT,
    DEADLOCK,
    LIMITS,
    MUTUAL_EXCLUSION,
    Found,
    Limits,
    Progressed,
    Search,
)
from mxbench.check.space import Space
from mxbench.core.algorithm import Algorithm
from mxbench.core.verdict import Verdict

PROPERTIES = (MUTUAL_EXCLUSION, DEADLOCK, CAN_ENTER, CONTRACT)
EXIT_STATUS: dict[Verdict, int] = {"valid": 0, "violated": 1, "undecided": 3}
MAX_STATES = 5_000_000


def check(
    algorithm: str | Path | type[Algorithm],
    nodes: int | None = None,
    requests: int | str | Sequence[int] | None = None,
    network: str | Network = "fifo",
    quorums: str | Sequence[Sequence[int]] | None = None,
    plugins: Sequence[str | Path] = (),
    limit_states: int | None = MAX_STATES,
    limit_seconds: float | None = None,
    on_progress: Callable[[Progressed], None] | None = None,
) -> dict[str, Any]:
    """Try every schedule of an algorithm within a bound, and return what was found, as plain data.

    algorithm: a name, a FILE.py, or a class. nodes: 3 unless a list of requests or quorums says otherwise. requests:
    how often each node asks (2), or a list, one number a node. network: fifo, reordering, duplicating, lossy and
    crashing, joined by '+', with a bound as in 'duplicating:2'. quorums: the name of a system, or a list a node.
    A limit that is hit makes the verdict undecided; None is no limit. Raises ExperimentError for what cannot be asked.
    """
    question = parse_question(algorithm, nodes, requests, network, quorums, plugins)
    return answer(question, Limits(limit_states, limit_seconds, memory_for_a_search()), on_progress)


def answer(
    question: Question, limits: Limits = LIMITS, on_progress: Callable[[Progressed], None] | None = None
) -> dict[str, Any]:
    """Return what a search found, as plain data."""
    started = time.perf_counter()
    try:
        search = Search(Space(question), limits, on_progress)
        found = search.run()
    except OrderMatters:
        search = Search(Space(question, keep_order=True), limits, on_progress)
        found = search.run()
    trace = [msgspec.to_builtins(step) for step in replay(question, found.schedule, search.space.messages)]
    verdict: Verdict = "violated" if found.property else "undecided" if found.limit else "valid"
    expected = [node for node, requests in enumerate(question.requests) if requests]
    return {
        "algorithm": question.algorithm.name,
        "nodes": question.nodes,
        "requests": list(question.requests),
        "network": str(question.network),
        "quorums": [list(quorum) for quorum in question.quorums] or None,
        "verdict": verdict,
        "property": found.property,
        "text": _sentence(question, found, trace),
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": round(time.perf_counter() - started, 3),
        "limit": found.limit or None,
        "outside_assumptions": question.outside,
        "sometimes": {
            "contention": found.contended,
            "entered": {str(node): node in found.entered for node in expected},
        },
        "not_covered": _not_covered(question, found),
        "trace": trace,
    }


def _sentence(question: Question, found: Found, trace: list[dict[str, Any]]) -> str:
    steps = f"after {len(trace)} step{'s' if len(trace) != 1 else ''}"
    waiting = _nodes(found.stuck)
    wait = "waits" if len(found.stuck) == 1 else "wait"
    match found.property:
        case "mutual exclusion":
            return f"{_nodes(trace[-1]['inside'])} are inside together {steps}"
        case "no deadlock":
            return f"{waiting} {wait} for ever: {steps} nothing can happen any more"
        case "every waiter can still enter":
            return f"{waiting} {wait}, and whatever happens from then on cannot let all of them enter, {steps}"
        case "contract":
            return f"a plugin breaks the contract {steps}: {trace[-1]['fault'] if trace else found.fault}"
    if found.limit:
        return f"no violation was found, but the search ended at its limit of {found.limit} and is not complete"
    return "in every schedule within the bound at most one node is inside, and every request is served"


def _not_covered(question: Question, found: Found) -> list[str]:
    """Return what a reader must not take from the verdict, a sentence each."""
    if found.property:
        return ["the search ended at the first violation, the nearest to the start; others may lie behind it"]
    said = []
    if found.limit:
        said.append(
            f"all schedules of up to {max(found.depth - 1, 0)} steps were tried for mutual exclusion, deadlock and "
            f"the contract; longer ones were not, and '{CAN_ENTER}' was not judged"
        )
    else:
        most = max(question.requests, default=0)
        said.append(
            f"more than {question.nodes} nodes, and more than {most} request{'s' if most != 1 else ''} of one node"
        )
    network, missing = question.network, []
    missing += ["reordering"] if network.fifo else []
    for name, count in (("repeated messages", network.duplicates), ("lost messages", network.losses),
                        ("crashes", network.crashes)):  # fmt: skip
        missing.append(f"more than {count} {name}" if count else name)
    said.append(f"networks with {', '.join(missing)}")
    if len([count for count in question.requests if count]) > 1 and not found.contended:
        said.append("contention: no schedule had two nodes that wanted to be inside")
    never = [node for node, count in enumerate(question.requests) if count and node not in found.entered]
    if never and not found.limit:
        said.append(f"an entry of {_nodes(never)}: there was none in any schedule")
    return said


def _nodes(nodes: Sequence[int]) -> str:
    if len(nodes) == 1:
        return f"node {nodes[0]}"
    return f"nodes {', '.join(map(str, nodes[:-1]))} and {nodes[-1]}" if nodes else "nobody"
