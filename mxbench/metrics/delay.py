"""How long nodes wait, how long the critical section stands empty between two of them, and how many pass a second.

All times are after the warm-up and in the history's own time: wall clock on processes, virtual in a simulation.
"""

import math
from typing import Any

from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl
from mxbench.metrics.series import NS_PER_MS, exits, measured, summary


class Delay(Metric):
    """Waits, synchronisation delay, throughput; percentiles by nearest rank; null without an entry.

    wait_ms: from the time a request was meant to arrive to its entry. response_ms: from there to the release.
    sync_delay_ms: see `synchronisation_delays`. entries_per_s: entries over the time from the release of the last
    warm-up entry (the first event, without warm-up) to the last release; where k may be inside, releases are taken by
    time, and those of the warm-up are the first.
    duration_ms: from the first event to the last.
    """

    name = "delay"
    fields = ("wait_ms", "response_ms", "sync_delay_ms", "entries_per_s", "duration_ms")

    def measure(self, history: History) -> dict[str, Any]:
        entries = measured(history)
        waits = [(entry.entered - entry.arrival) / NS_PER_MS for entry in entries if entry.entered is not None]
        responses = [(entry.released - entry.arrival) / NS_PER_MS for entry in entries if entry.released is not None]
        delays = [delay / NS_PER_MS for delay in synchronisation_delays(history)]
        recorded = any(node.times for node in history.nodes)
        return {
            "wait_ms": summary(waits, 50, 90, 99, greatest=True),
            "response_ms": summary(responses, 50, 90, 99, greatest=True),
            "sync_delay_ms": summary(delays, 50, 99),
            "entries_per_s": entries_per_s(history),
            "duration_ms": (history.end() - history.start()) / NS_PER_MS if recorded else None,
        }


def synchronisation_delays(history: History) -> list[int]:
    """Return, for each exit at which another request was pending, the ns to the entry of the next number.

    Pending is what was requested before the exit and had not entered. Where the next number does not enter after the
    exit, mutual exclusion is violated and there is no such delay. Where k may be inside together, entries and exits are
    taken by time, and only exits at which all k places were taken count: the k-th entry from there takes the place.
    """
    entries, sections, k = history.entries, history.sections, history.plan.most_inside
    exits: list[float | None] = [entry.released for entry in entries]
    if k > 1:
        sections = sorted(sections, key=lambda section: math.inf if section.entered is None else section.entered)
        entries = sections[: len(entries)]
        exits = [*sorted(math.inf if left is None else left for left in exits)]
    earliest: list[float] = [float("inf")] * (len(sections) + 1)  # request of those from a position on
    for position in range(len(sections) - 1, -1, -1):
        earliest[position] = min(sections[position].requested, earliest[position + 1])
    found = []
    for position in range(max(history.plan.warmup_entries, k), len(entries)):
        left, entered, before = exits[position - k], entries[position].entered, entries[position - 1].entered
        if left is not None and entered is not None and earliest[position] < left <= entered and (before or 0) <= left:
            found.append(entered - int(left))
    return found


def entries_per_s(history: History) -> float | None:
    """Return the throughput after the warm-up; None if no time passed or nobody left."""
    warmup = history.plan.warmup_entries
    left = exits(history)
    after = left[warmup:]
    since = left[warmup - 1] if after and warmup else history.start()
    if not after or max(after) <= since:
        return None
    return len(after) / ((max(after) - since) / 1e9)


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Delay]
