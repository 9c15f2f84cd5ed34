"""The random search and its answer: the fields of the exhaustive checker's, for what many single schedules can tell.

A clean search is *undecided*. It has seen some thousand schedules of more than anybody can count, and 'valid' would
claim the others too.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mxbench.core.adversary import outside
from mxbench.core.algorithm import Algorithm
from mxbench.core.property import Property
from mxbench.core.scenario import Setup
from mxbench.core.trace import nodes_text, violation
from mxbench.core.verdict import Verdict
from mxbench.overrun import watched
from mxbench.sim.explore import Explored, explore
from mxbench.sim.replay import same_number
from mxbench.sim.shrink import Resize, Shrunk, shrink


@watched()
def check_at_random(
    algorithm: type[Algorithm], setup: Setup, schedules: int, seed: int = 1, resize: Resize = lambda n: None,
    on_progress: Callable[[Explored], str] | None = None, properties: Sequence[type[Property]] = (),
) -> tuple[dict[str, Any], Setup]:  # fmt: skip
    """Try so many random schedules, shrink the first that is wrong, and return the answer, and what its trace runs on.

    resize: the same setup for another number of nodes, None where there is none. on_progress: is called now and then,
    and ends the search with the limit that it names; '' to go on. The answer is plain data, as that of
    `mxbench.check`, without `seconds`. states: None, as schedules are counted and not states. transitions: steps of
    all schedules; depth: of the longest. Beside these schedules, `cut_off`: how many of them came to no end, seed, and
    `shrunk`: what the trace runs on.
    """
    limits: list[str] = []

    def progressed(found: Explored) -> bool:
        limits.append(on_progress(found) if on_progress is not None else "")
        return bool(limits[-1])

    found = explore(algorithm, setup, schedules, seed, progressed, properties)
    shrunk = shrink(algorithm, setup, found.picks, found.property, resize, properties) if found.property else None
    limit = limits[-1] if found.stopped else f"{schedules:,} schedules"
    verdict: Verdict = "violated" if shrunk else "undecided"
    starts_somewhere = algorithm.has_token or algorithm.can_have_server
    answer = {
        "algorithm": algorithm.name,
        "nodes": setup.nodes,
        "requests": list(setup.requests),
        "network": str(setup.network),
        "quorums": [list(quorum) for quorum in setup.quorums] or None,
        "topology": setup.topology,
        "holder": setup.holder if starts_somewhere else None,
        "towards": list(setup.towards) or None,
        "server": setup.server,
        "k": setup.k if algorithm.takes_k else None,
        "verdict": verdict,
        "property": found.property,
        "text": _sentence(found, shrunk, limit),
        "states": None,
        "transitions": found.steps,
        "depth": found.longest,
        "properties": [
            {
                "name": cls.name,
                "kind": cls.kind,
                "depth": None,
                "verdict": "violated" if cls.name == found.property else "undecided",
            }
            for cls in properties
        ],
        "limit": None if shrunk else limit,
        "schedules": found.schedules,
        "cut_off": found.cut_off,
        "seed": seed,
        "shrunk": _shrunk(found, shrunk) if shrunk else None,
        "outside_assumptions": outside(algorithm, setup.network, setup.quorums, setup.requests),
        "sometimes": {
            "contention": found.contended,
            "entered": {str(node): node in found.entered for node, count in enumerate(setup.requests) if count},
        },
        "not_covered": _not_covered(found, setup),
        "trace": [msgspec.to_builtins(step) for step in shrunk.trace] if shrunk else [],
    }
    return answer, shrunk.setup if shrunk else setup


def _sentence(found: Explored, shrunk: Shrunk | None, limit: str) -> str:
    if shrunk is None or found.property is None:
        tried = f"{found.schedules:,} random schedules"
        ended = f"; the search ended at its limit of {limit}" if found.stopped else ""
        return f"no violation in {tried}, which proves nothing about the others{ended}"
    steps, last = len(shrunk.trace), shrunk.trace[-1] if shrunk.trace else None
    if shrunk.repeated is not None:
        return same_number(shrunk.repeated, steps)
    inside, stuck = (last.inside, last.waiting) if last else ((), ())
    return violation(found.property, steps, inside, stuck, shrunk.fault)


def _shrunk(found: Explored, shrunk: Shrunk) -> dict[str, Any]:
    setup = shrunk.setup
    return {
        "schedule": found.number,
        "steps_before": len(found.picks),
        "steps": len(shrunk.trace),
        "nodes": setup.nodes,
        "requests": list(setup.requests),
        "quorums": [list(quorum) for quorum in setup.quorums] or None,
        "trials": shrunk.trials,
    }


def _not_covered(found: Explored, setup: Setup) -> list[str]:
    """Return what a reader must not take from the verdict, a sentence each."""
    if found.property:
        return ["the search ended at the first violation that it met; a shorter one, and others, may exist"]
    said = ["all other schedules", "'every waiter can still enter', which no single schedule shows"]
    if found.cut_off:
        said.append(f"the rest of {found.cut_off:,} schedules that were cut off, as they came to no end")
    if sum(count > 0 for count in setup.requests) > 1 and not found.contended:
        said.append("contention: no schedule had two nodes that wanted to be inside")
    never: Sequence[int] = [n for n, count in enumerate(setup.requests) if count and n not in found.entered]
    if never:
        said.append(f"an entry of {nodes_text(never)}: there was none in any schedule")
    return said
