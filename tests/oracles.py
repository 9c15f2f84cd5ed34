"""What tests look at in a history, worked out apart from the checkers, so that each can find the other's faults."""

from collections import Counter
from itertools import pairwise

import pytest

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import claim_for
from mxbench.core.history import History, Section


def assert_right(history: History, entries: int) -> None:
    """Assert that all was quiet at the end, all were served, one at a time, with the numbers 1 to `entries`."""
    assert history.ending.reason == "quiet", history.ending.text
    assert len(history.sections) == len(history.entries) == entries, "a request was not served"
    assert [section.number for section in history.entries] == list(range(1, entries + 1))
    assert overlaps(history) == []


def repeated_numbers(history: History) -> list[int]:
    """Return the numbers that more than one entry got."""
    return [number for number, times in Counter(s.number for s in history.entries).items() if times > 1]


def overlaps(history: History) -> list[tuple[int, int]]:
    """Return pairs of nodes that were inside together by the loop's clock, which all nodes share."""
    found = []
    latest: Section | None = None  # of those that came before, the one that leaves last
    for section in sorted(history.entries, key=lambda s: s.entered or 0):
        if latest is not None and _end(latest) > (section.entered or 0):
            found.append((latest.node, section.node))
        if latest is None or _end(section) > _end(latest):
            latest = section
    return found


def messages(history: History) -> Counter[str]:
    """Return how many messages of each type of the algorithm's were sent; not those to oneself."""
    sent: Counter[str] = Counter()
    for node in history.nodes:
        counts = node.totals.sent_by_type[: node.algorithm_types]
        sent.update(dict(zip(node.types, counts, strict=False)))
    return +sent


def messages_from_exit_to_exit(history: History, first: int, last: int) -> int:
    """Return how many messages of the algorithm's were sent from the release of one entry up to that of another."""
    low, high = (next(s.released for s in history.entries if s.number == number) or 0 for number in (first, last))
    return sum(event.kind == "sent" and not event.workload and low <= event.time < high for event in history)


def messages_per_entry(history: History) -> float:
    """Return the algorithm's messages over the entries, of the whole run."""
    return messages(history).total() / len(history.entries)


def assert_costs_what_it_claims(algorithm: type[Algorithm], history: History) -> None:
    """Assert that the messages per entry are what the algorithm claims for this load: equal, or within its range.

    Left to longer runs: what it claims on average, or as one number for saturation, which a run has to come to first.
    """
    names = {"n": float(history.plan.nodes), "k": history.plan.k or asked_and_self(history)}
    names |= {"d": edges_from_entry_to_entry(history), "s": float(history.plan.algorithm_servers)}
    assert algorithm.messages_per_entry is not None
    claimed = claim_for(algorithm.messages_per_entry, history.plan.regime, names)
    if isinstance(claimed.value, list):
        low, high = claimed.value
        slack = 1e-12 * high  # k, a mean, is rounded
        assert low - slack <= messages_per_entry(history) <= high + slack
    elif claimed.kind == "exact" and claimed.regime != "saturated":
        assert messages_per_entry(history) == pytest.approx(claimed.value, rel=1e-12)


def asked_and_self(history: History) -> float:
    """k of the claims: how many nodes are in a node's quorum or are it, averaged over the entries."""
    quorums = history.plan.quorums
    sizes = [len({*quorums[entry.node], entry.node}) for entry in history.entries] if quorums else [0]
    return sum(sizes) / len(sizes)


def edges_from_entry_to_entry(history: History) -> float:
    """d of the claims: the edges of the tree between who enters and who entered before, averaged over the entries."""
    towards = history.plan.towards
    if not towards:
        return 0.0
    walk = [history.plan.holder, *(entry.node for entry in history.entries)]
    return sum(_edges(towards, *pair) for pair in pairwise(walk)) / (len(walk) - 1)


def _edges(towards: tuple[int, ...], a: int, b: int) -> int:
    """Return how many steps from neighbour to neighbour lead from one node to another."""
    reached, steps = {a}, 0
    while b not in reached:
        above = {other for node, other in enumerate(towards) if node in reached}
        reached |= above | {node for node, other in enumerate(towards) if other in reached}
        steps += 1
        assert steps < len(towards), "this is no tree"
    return steps


def served_against_causal_order(history: History) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return pairs of requests, each (node, id), of which the first happened before the second and entered after it."""
    clocks = {node.node: [0] * history.plan.nodes for node in history.nodes}
    sent: dict[tuple[int, int, int], list[int]] = {}
    requests: dict[tuple[int, int], list[int]] = {}
    for event in history:
        clock = clocks[event.node]
        clock[event.node] += 1
        if event.kind == "sent":
            sent[event.node, event.peer, event.sequence] = list(clock)
        elif event.kind == "delivered":
            clock[:] = map(max, clock, sent[event.peer, event.node, event.sequence])
        elif event.kind == "requested":
            requests[event.node, event.detail[0]] = list(clock)
    served = [(section.node, section.id) for section in history.entries]
    # requests[b][a's node] counts the events of a's node that b has heard of: a's own, if a happened before b.
    return [
        (a, b)
        for later, a in enumerate(served)
        for b in served[:later]
        if requests[b][a[0]] >= requests[a][a[0]]
    ]  # fmt: skip


def stamps_out_of_order(history: History) -> list[tuple[int, int]]:
    """Return the stamps that are not greater than that of the entry before."""
    stamps = [section.stamp or (0, 0) for section in history.entries]
    return [stamp for before, stamp in pairwise([(0, 0), *stamps]) if stamp <= before]


def _end(section: Section) -> float:
    return float("inf") if section.released is None else section.released
