"""The answer to a question: what `check` returns, and what `check --json` prints."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mxbench.check.approach import searched
from mxbench.check.memory import memory_for_a_search
from mxbench.check.question import Network, Question, parse_question
from mxbench.check.replay import replay
from mxbench.check.search import (
    CAN_ENTER,
    CONTRACT,
    LIMITS,
    MAX_STATES,
    Found,
    Limits,
    Progressed,
)
from mxbench.check.stepping import Messages
from mxbench.core.algorithm import Algorithm
from mxbench.core.property import Property
from mxbench.core.trace import Step, nodes_text, violation
from mxbench.core.verdict import Verdict
from mxbench.errors import not_repeated
from mxbench.overrun import watched

EXIT_STATUS: dict[Verdict, int] = {"valid": 0, "violated": 1, "undecided": 3}


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
    topology: str | None = None,
    holder: int | str | None = None,
    server: bool | str | None = None,
    k: int | str | None = None,
    limit_bytes: int | None = None,
    properties: Sequence[str | type[Property]] = (),
    forget: bool = True,
) -> dict[str, Any]:
    """Try every schedule of an algorithm within a bound, and return what was found, as plain data.

    algorithm: a name, a FILE.py, or a class. nodes: 3 unless a list of requests or quorums says otherwise. requests:
    how often each node asks (2), or a list, one number a node. network: fifo, reordering, duplicating, lossy and
    crashing, joined by '+', with a bound as in 'duplicating:2'. quorums: the name of a system, or a list a node.
    topology, holder, server, k: as in an experiment, for an algorithm that takes them. limit_bytes: of memory that the
    process holds, most of the machine's unless given. properties: to judge beside those that always are, by name, or
    classes. forget: False for the plain search, even where the algorithm can drop what no later step reads.
    A limit that is hit makes the verdict undecided; None is no limit. Raises ExperimentError for what cannot be asked,
    and PluginError for an algorithm that does something else when the schedule is carried out again.
    """
    question = parse_question(
        algorithm, nodes, requests, network, quorums, plugins, topology, holder, server,
        k=k, properties=properties, forget=forget,
    )  # fmt: skip
    return answer(question, Limits(limit_states, limit_seconds, limit_bytes or memory_for_a_search()), on_progress)


@watched()
def answer(
    question: Question, limits: Limits = LIMITS, on_progress: Callable[[Progressed], None] | None = None
) -> dict[str, Any]:
    """Return what a search found, as plain data."""
    started = time.perf_counter()
    search, verified = searched(question, limits, on_progress)
    found = search.found
    trace = [msgspec.to_builtins(step) for step in _carried_out(question, found, search.space.messages)]
    verdict: Verdict = "violated" if found.property else "undecided" if found.limit else "valid"
    starts_somewhere = question.algorithm.has_token or question.algorithm.can_have_server
    expected = [node for node, requests in enumerate(question.requests) if requests]
    return {
        "algorithm": question.algorithm.name,
        "nodes": question.nodes,
        "requests": list(question.requests),
        "network": str(question.network),
        "quorums": [list(quorum) for quorum in question.quorums] or None,
        "topology": question.topology,
        "holder": question.holder if starts_somewhere else None,
        "towards": list(question.towards) or None,
        "server": question.server,
        "k": question.k if question.algorithm.takes_k else None,
        "verdict": verdict,
        "property": found.property,
        "text": _sentence(question, found, trace),
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": round(time.perf_counter() - started, 3),
        "peak_bytes": found.most_bytes,
        "bytes_per_state": found.bytes_per_state,
        "forget": {"verified": verified} if verified else None,
        "properties": [_judged(cls, found) for cls in question.properties],
        "limit": found.limit or None,
        "rounds": found.rounds,
        "outside_assumptions": question.outside,
        "sometimes": {
            "contention": found.contended,
            "entered": {str(node): node in found.entered for node in expected},
        },
        "not_covered": _not_covered(question, found, verified),
        "trace": trace,
    }


def _carried_out(question: Question, found: Found, messages: Messages) -> list[Step]:
    """Return the trace of what was found; raise PluginError if real nodes do not come to the same."""
    try:
        trace = replay(question, found.schedule, messages)
    except StopIteration:  # a message of the schedule was not sent this time
        raise not_repeated(question.algorithm.name, str(found.property)) from None
    if trace and not _confirms(question, found, trace):
        raise not_repeated(question.algorithm.name, str(found.property))
    return trace


def _confirms(question: Question, found: Found, trace: list[Step]) -> bool:
    """Return whether a trace shows the violation that was found. What was asked for by name is not judged again."""
    last, breach = trace[-1], found.schedule[-1].fault
    if any(step.fault for step in (trace if found.property != CONTRACT else trace[:-1])):
        return False
    match found.property:
        case "mutual exclusion":
            return len(last.inside) > question.k
        case "no deadlock" | "every waiter can still enter":
            return last.waiting == found.stuck
        case "contract":
            # A replay takes over the faults that only a search looks for, in a class; those of a handler it has itself.
            return breach is not None and (" (in class " in breach or last.fault != breach)
    return True


def _judged(cls: type[Property], found: Found) -> dict[str, Any]:
    """Return what became of a property that was asked for; `depth` is that at which a 'sometimes' was first met."""
    verdict = "violated" if found.property == cls.name else "valid" if cls.name in found.met else None
    if verdict is None:
        complete = not found.limit and (not found.property or found.property in found.unmet)  # nothing is met by then
        verdict = "undecided" if not complete else "valid" if cls.kind == "always" else "violated"
    return {"name": cls.name, "kind": cls.kind, "verdict": verdict, "depth": found.met.get(cls.name)}


def _sentence(question: Question, found: Found, trace: list[dict[str, Any]]) -> str:
    if found.property in found.unmet:
        return f"'{found.property}' holds in no state that a schedule within the bound can reach"
    if found.property is not None:
        inside, fault = (trace[-1].get("inside", ()), trace[-1].get("fault")) if trace else ((), found.fault)
        return violation(found.property, len(trace), inside, found.stuck, fault)
    if found.limit:
        return f"no violation was found, but the search ended at its limit of {found.limit} and is not complete"
    most = "one node is" if question.k == 1 else f"{question.k} nodes are"
    asked = "every request of a node that did not crash" if question.network.crashes else "every request"
    served = f"{asked} is served" if found.rounds is False else "whoever waits can still enter"
    return f"in every schedule within the bound at most {most} inside, and {served}"


def _not_covered(question: Question, found: Found, verified: list[str]) -> list[str]:
    """Return what a reader must not take from the verdict, a sentence each."""
    if found.property in found.unmet:
        return ["a longer bound, in which it may be met"]
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
            f"more than {question.nodes} node{'s' if question.nodes != 1 else ''}, and more than {most} "
            f"request{'s' if most != 1 else ''} of one node"
        )
    if verified:
        said.append("what its 'forget' drops at this bound: that was compared at smaller ones, and is not proved")
    network, missing = question.network, []
    missing += ["reordering"] if network.fifo else []
    for one, name, count in (("repeated message", "repeated messages", network.duplicates),
                             ("lost message", "lost messages", network.losses),
                             ("crash", "crashes", network.crashes)):  # fmt: skip
        missing.append(f"more than {count} {one if count == 1 else name}" if count else name)
    said.append(f"networks with {', '.join(missing)}")
    if question.algorithm.takes_k:
        said.append(
            f"more than {question.k} inside together, which it may be asked to allow (--set k={question.k + 1})"
        )
    if found.rounds is None:
        said.append(f"whether schedules go round for ever: the limit of {found.not_worked_out} was hit before")
    if found.rounds:
        said.append("schedules that go round for ever: there are such, and in one of them somebody waits for ever")
    if not found.contended:
        said.append("contention: no schedule had two nodes that wanted to be inside")
    never = [node for node, count in enumerate(question.requests) if count and node not in found.entered]
    if never and not found.limit:
        said.append(f"an entry of {nodes_text(never)}: there was none in any schedule")
    return said
