"""Whether an algorithm's `forget` drops only what no later step depends on: compared with the plain search.

A search in which the algorithm forgets is a search of another, smaller graph. That both say the same is not proved but
compared, where the full graph is small: the same nodes, network and quorums, and fewer requests. What must be equal:

* the verdict, as the property that is violated;
* the set of final states, after the algorithm forgot in each of them what it may;
* all steps between *situations*. A situation is what one sees of a state from outside: of each node, how many requests
  it has left, and whether it waits or is inside.

Comparing verdicts alone is not enough: a `forget` can lose schedules of an algorithm that is right in all of them.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import msgspec

from mxbench.check.question import Question
from mxbench.check.reaction import OrderMatters
from mxbench.check.search import Limits, Search
from mxbench.check.space import Space
from mxbench.core.algorithm import Algorithm
from mxbench.core.trace import shown
from mxbench.errors import PluginError

SMALL = 10_000  # states of a full graph that may be compared; a plain search that is smaller needs no forgetting
Situation = tuple[tuple[int, bool, bool], ...]
Seen = tuple[str | None, frozenset[Any], frozenset[tuple[Situation, Situation]]]


def forgets(question: Question) -> bool:
    """Return whether the algorithm of a question has a `forget` of its own."""
    return question.algorithm.forget is not Algorithm.forget


def verified(question: Question, too_large: bool = False) -> list[str]:
    """Return the bounds at which forgetting was compared with the plain search, as text; none if all are too large.

    too_large: that of the question itself is known to be. Raises PluginError if they differ.
    """
    found = []
    for requests in _smaller(question.requests):
        if too_large and requests == question.requests:
            break
        scope = msgspec.structs.replace(question, requests=requests)
        plain = Search(Space(scope), Limits(SMALL))
        try:
            if plain.run().limit:
                break
            with_it = Search(Space(scope, forgets=True), Limits(SMALL))
            with_it.run()
            told = ",".join(map(str, requests))
            difference = _difference(_seen(plain, with_it.space), _seen(with_it, with_it.space))
        except OrderMatters:
            break  # the search with dicts in every order would be far larger
        if difference:
            raise PluginError(
                f"{question.algorithm.name}: its 'forget' drops what a later step depends on: with --requests {told} "
                f"{difference}; mend it, or pass --no-forget to search without"
            )
        found.append(f"requests {told} ({plain.found.states:,} states)")
    return found


def _smaller(requests: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield smaller bounds, the smallest first: the first two nodes that ask, the last two, then more of them."""
    asking = [node for node, count in enumerate(requests) if count]
    pairs: list[tuple[int, ...]] = [*combinations(asking, 2)] or [tuple(asking)]
    chosen: list[tuple[tuple[int, ...], int]] = [(pairs[0], 1), (pairs[-1], 1), (pairs[0], 2), (tuple(asking), 1)]
    told: set[tuple[int, ...]] = set()
    for nodes, most in chosen:
        bound = tuple(min(count, most) if node in nodes else 0 for node, count in enumerate(requests))
        if bound not in told:
            told.add(bound)
            yield bound


def _difference(plain: Seen, forgetful: Seen) -> str | None:
    """Return what differs, in words."""
    if plain[0] != forgetful[0]:
        return f"the search with it finds '{forgetful[0] or 'no violation'}', without '{plain[0] or 'no violation'}'"
    if plain[1] != forgetful[1]:
        return f"it ends in {len(forgetful[1])} different states, without in {len(plain[1])}, and not the same ones"
    if plain[2] != forgetful[2]:
        lost, new = len(plain[2] - forgetful[2]), len(forgetful[2] - plain[2])
        return f"{lost} steps that are possible without it are lost, and {new} are possible that were not"
    return None


def _seen(search: Search, forgetful: Space) -> Seen:
    """Return what a search has seen: its violation, its final states, and the steps between situations."""
    space = search.space
    situations: dict[int, Situation] = {}
    for level in search.graph.levels:
        for state in level:
            situations[state] = _situation(space, state)
    final: list[int] = []
    steps: set[tuple[Situation, Situation]] = set()
    for state, situation in situations.items():
        after, ends = search.graph.after(state)
        final += [state] * ends
        steps |= {(situation, situations[there]) for there in after if there in situations}
    return search.found.property, frozenset(_end(space, state, forgetful) for state in final), frozenset(steps)


def _situation(space: Space, state: int) -> Situation:
    locals = (space.reactions[node].locals[local] for node, (local, _) in enumerate(space.fields(state)))
    return tuple([(local.requests, local.waiting, local.inside) for local in locals])


def _end(space: Space, state: int, forgetful: Space) -> Any:
    """Return a final state without what may be forgotten in it: each node's state, and what is on its way."""
    fields = space.fields(state)
    known = [space.reactions[node].locals[local] for node, (local, _) in enumerate(fields)]
    over = not sum(local.requests for local in known)
    nodes = [forgetful.reactions[node].forgotten(local, over) for node, local in enumerate(known)]
    contents = [space.channels[node].contents[number] for node, (_, number) in enumerate(fields)]
    sent = [[[shown(space.messages[m]) for m in channel] for channel in channels] for channels in contents]
    return (tuple(nodes), str(sent))
