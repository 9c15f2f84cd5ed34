"""Who got how much, who waited longest, and who was overtaken: in time, and against happened-before."""

import math
from bisect import bisect_left, bisect_right
from typing import Any

from mxbench.core.happened_before import Vector, known
from mxbench.core.history import REQUESTED, History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl
from mxbench.metrics.series import in_order, jain, measured


class Fairness(Metric):
    """Jain's index, the longest wait, overtaking and inversions, all after the warm-up; null without an entry.

    jain: on entries by node, over the nodes that requested. jain_wait: on their mean waits, over the nodes that
    entered. longest_wait_node: the node of the longest wait. max_overtaking: the most entries by others between a
    request and its entry (or the end, if it has none). fcfs_inversions: see that function.
    """

    name = "fairness"
    fields = ("jain", "jain_wait", "longest_wait_node", "max_overtaking", "fcfs_inversions")

    def measure(self, history: History) -> dict[str, Any]:
        entries = measured(history)
        if not entries:
            return dict.fromkeys(self.fields)
        waits: dict[int, list[int]] = {section.node: [] for section in history.sections}
        for entry in entries:
            waits[entry.node].append((entry.entered or 0) - entry.arrival)
        longest = max(entries, key=lambda entry: (entry.entered or 0) - entry.arrival)
        return {
            "jain": jain([len(of_node) for of_node in waits.values()]),
            "jain_wait": jain([sum(of_node) / len(of_node) for of_node in waits.values() if of_node]),
            "longest_wait_node": longest.node,
            "max_overtaking": max_overtaking(history),
            "fcfs_inversions": fcfs_inversions(history) if history.complete else None,
        }


def max_overtaking(history: History) -> int:
    """Return the most entries of other nodes that came after a request and before its own entry."""
    return max(overtaking(history), default=0)


def overtaking(history: History) -> list[int]:
    """Return for each request after the warm-up how many entries of other nodes came between it and its own entry, or
    the end, if it has none."""
    entries = measured(history)
    moments = sorted((entry.entered or 0, entry.number) for entry in history.entries)
    found = []
    for section in [*entries, *(section for section in history.sections if section.entered is None)]:
        # A node has one request at a time, so all entries between are of others.
        after = bisect_right(moments, (section.requested, math.inf))
        own = len(moments) if section.entered is None else bisect_left(moments, (section.entered, section.number))
        found.append(max(own - after, 0))
    return found


def fcfs_inversions(history: History) -> int:
    """Return how many pairs of requests, one happened-before the other, were served in the other order.

    Requests are ordered by the algorithm's messages; entries as by `in_order`; what was never served comes last.
    Each node keeps how many requests of each node it knows of. It is enough to look at the last one known of each:
    the earlier ones had been served before that was made (its own last one, too, before this one was).
    """
    ranks: dict[int, list[float]] = {}  # of a node's requests, in its order: their places among the entries
    places = {(entry.node, entry.id): place for place, entry in enumerate(in_order(history))}
    for section in sorted(history.sections, key=lambda section: section.id):
        ranks.setdefault(section.node, []).append(places.get((section.node, section.id), math.inf))
    inversions = 0
    for node, vectors in known_requests(history).items():
        for rank, vector in zip(ranks.get(node, ()), vectors, strict=True):
            if history.plan.warmup_entries <= rank < math.inf:
                last_known = (ranks[other][count - 1] for other, count in enumerate(vector) if count)
                inversions += sum(1 for earlier in last_known if earlier > rank)
    return inversions


def known_requests(history: History) -> dict[int, list[Vector]]:
    """Return for each request of each node how many requests of every node had happened before it."""
    return known(history, REQUESTED, at=REQUESTED)


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Fairness]
