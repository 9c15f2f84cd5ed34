"""How requests arrive in an experiment: from its workload keys to the arrivals of each node, and the tickets."""

from random import Random
from typing import NamedTuple

import msgspec

from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, scaled
from mxbench.experiment.document import Document, Mistakes, quoted
from mxbench.experiment.schema import RANDOM, HotKeys, WorkloadKeys

AMOUNTS = ("entries_per_node", "entries", "duration")


class Load(NamedTuple):
    """The requests of a run. arrivals: by node, as if all were alike. hot: the one that is not, see `of_seed`.

    tickets: the total of entries that is handed out one by one, or None. entries: the requests of each node, None where
    their number is not known before the run.
    """

    arrivals: tuple[ArrivalPlan, ...]
    hot: HotKeys | None
    tickets: int | None
    one_at_a_time: bool
    entries: list[int | None]

    def of_seed(self, seed: int) -> tuple[ArrivalPlan, ...]:
        """Return how the requests of each node arrive in the run of that seed, which may choose the hot node."""
        if self.hot is None:
            return self.arrivals
        n, factor = len(self.arrivals), self.hot.factor
        chosen = Random(f"{seed}/hot").randrange(n) if self.hot.node == RANDOM else self.hot.node
        return tuple(_hotter(plan, factor) if node == chosen else plan for node, plan in enumerate(self.arrivals))


def load_of(
    keys: WorkloadKeys, entries_key: str, named: list[int] | None, n: int, document: Document, mistakes: Mistakes
) -> Load | None:
    """Return the load that the common workload keys describe, or None and the mistakes that were found.

    entries_key: what the workload calls `entries_per_node`; named: entries by node that its options name themselves.
    """
    before = len(mistakes.found)
    _check_amount(keys, entries_key, named, document, mistakes)
    _check_arrivals(keys, document, mistakes)
    _check_hot(keys, entries_key, n, document, mistakes)
    if len(mistakes.found) > before:
        return None
    one_at_a_time = keys.arrivals == "one-at-a-time"
    if keys.entries_per_node is not None:
        entries: list[int | None] = [keys.entries_per_node] * n
    elif keys.entries is None and keys.duration is None and named is not None:
        entries = list(named)
    else:
        entries = [None] * n
    total = keys.entries if keys.entries is not None else sum(count or 0 for count in entries)
    if total and keys.warmup_entries >= total:
        what = f"'{keys.warmup_entries}' leaves nothing to measure: the run has {total} entries in all"
        mistakes.add(document, ("workload", "warmup_entries"), what)
        return None
    think = keys.think or ZERO
    ticketed = one_at_a_time or keys.entries is not None
    arrivals = tuple(ArrivalPlan(count, think, keys.rate, keys.duration, ticketed) for count in entries)
    return Load(arrivals, keys.hot, keys.entries, one_at_a_time, entries)


def _check_amount(
    keys: WorkloadKeys, entries_key: str, named: list[int] | None, document: Document, mistakes: Mistakes
) -> None:
    given = [key for key in AMOUNTS if getattr(keys, key) is not None]
    if not given and named is None:
        allowed = ", ".join([entries_key, *AMOUNTS[1:]])
        what = f"how much is there to do? write one of {allowed}, such as '{entries_key}: 10'"
        mistakes.add(document, ("workload",), what)
    for key in given[1:]:
        first = entries_key if given[0] == "entries_per_node" else given[0]
        what = f"'{key}' and '{first}' are both given; keep one ('--set workload.{first}=' removes a key for one run)"
        mistakes.add(document, ("workload", key), what)


def _check_arrivals(keys: WorkloadKeys, document: Document, mistakes: Mistakes) -> None:
    arrivals = keys.arrivals or ("open" if keys.rate is not None else "closed")
    if arrivals == "open" and keys.rate is None:
        what = "open arrivals need 'rate', the requests of each node in a second: rate: 10"
        mistakes.add(document, ("workload", "arrivals"), what)
    if arrivals != "open" and keys.rate is not None:
        what = f"a rate is for open arrivals, and these are '{arrivals}'; take one of the two keys out"
        mistakes.add(document, ("workload", "rate"), what)
    if arrivals != "closed" and keys.think is not None and keys.think != ZERO:
        reason = "the rate alone says when requests come" if arrivals == "open" else "a node requests when all is quiet"
        mistakes.add(document, ("workload", "think"), f"think is for the closed loop; here {reason}; take it out")
    if arrivals == "one-at-a-time" and keys.duration is not None:
        what = "one-at-a-time arrivals are counted, not timed; write entries_per_node or entries instead"
        mistakes.add(document, ("workload", "duration"), what)


def _check_hot(keys: WorkloadKeys, entries_key: str, n: int, document: Document, mistakes: Mistakes) -> None:
    if keys.hot is None:
        return
    path, node = ("workload", "hot"), keys.hot.node
    if node != RANDOM and not 0 <= node < n:
        mistakes.add(document, (*path, "node"), f"{quoted(node)}: nodes are 0 to {n - 1}, or {RANDOM}")
    if keys.arrivals == "one-at-a-time":
        mistakes.add(document, path, "one-at-a-time arrivals draw each node alike; write think or rate instead")
    elif keys.rate is None and (keys.think or ZERO) == ZERO:
        mistakes.add(document, path, "a hot node thinks for less long, and here nobody thinks; write think or rate")
    if keys.entries is None and keys.duration is None:
        what = f"with '{entries_key}' a hot node only comes to its end sooner; write entries, a total, or duration"
        mistakes.add(document, path, what)


def _hotter(plan: ArrivalPlan, factor: float) -> ArrivalPlan:
    rate = None if plan.rate is None else plan.rate * factor
    return msgspec.structs.replace(plan, think=scaled(plan.think, 1 / factor), rate=rate)
