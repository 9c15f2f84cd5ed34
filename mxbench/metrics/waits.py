"""Why each node waited: every wait cut into four parts that sum to it exactly, in ns.

    queueing  others were before this request, and nobody was inside: their hand-overs
    dwell     others were before this request, and somebody was inside
    network   the last hand-over (from the exit of the one before, or from the request if that came later): messages
              of its critical path on their way
    handlers  the last hand-over: the critical path at nodes, from the receipt of one of its messages to the sending of
              the next, and whatever of the hand-over no message explains (a timer, a wake-up that came late)

Where k may be inside together, 'somebody was inside' reads 'k were', and the exit is that which made room last.

On tcp 'network' holds all from the sender's step to the receiver's: the kernel, and the wait for a processor.

The critical path is walked backwards: from the entry to the message whose delivery let the node enter, to the step
that sent it, to the message that caused that step, until the beginning of the hand-over. It needs messages, so with
`history: sections` the two last parts are not known.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.core.history import History, NodeHistory, Section
from mxbench.core.metric import Metric
from mxbench.core.records import DELIVERED, ENTERED, EVERY_PEER, RELEASED, REQUESTED, SENT, TIMER
from mxbench.hookspecs import hookimpl
from mxbench.metrics.series import NS_PER_MS, measured

PARTS = ("queueing", "dwell", "network", "handlers")
BEGINNINGS = (DELIVERED, REQUESTED, RELEASED, TIMER)  # the records with which a step begins
MAX_PATH = 100_000  # messages on one critical path


class WaitParts(msgspec.Struct):
    """The parts of one wait, in ns. network and handlers are None where messages were not recorded."""

    section: Section
    queueing: int
    dwell: int
    network: int | None
    handlers: int | None


class Waits(Metric):
    """Mean parts of the waits after the warm-up, in ms; they sum to the mean of wait_ms."""

    name = "waits"
    fields = ("wait_parts_ms",)

    def measure(self, history: History) -> dict[str, Any]:
        """Return the mean of each part; None for what was not recorded."""
        chosen = {id(section) for section in measured(history)}
        parts = [wait for wait in explain(history) if id(wait.section) in chosen]
        if not parts:
            return {"wait_parts_ms": None}
        return {"wait_parts_ms": {name: _mean([getattr(wait, name) for wait in parts]) for name in PARTS}}


def explain(history: History) -> list[WaitParts]:
    """Return the parts of every wait that ended in an entry, in the order of the entries' numbers."""
    entries = history.entries
    several = history.plan.most_inside > 1
    occupied = Occupied(entries, history.plan.most_inside)
    steps = {node.node: _Steps(node, history.plan.nodes) for node in history.nodes} if history.complete else None
    found = []
    for position, entry in enumerate(entries):
        assert entry.entered is not None, "entries have entered"
        before = entries[position - 1].released if position else None
        if several:  # where there is one place the number tells who had it before, whatever the clocks of the nodes say
            before = occupied.last_end(entry.entered)
        handover = min(max(before or 0, entry.arrival), entry.entered)
        dwell = occupied.until(handover) - occupied.until(entry.arrival)
        network = _on_the_way(steps, entry, handover) if steps is not None else None
        handlers = None if network is None else entry.entered - handover - network
        found.append(WaitParts(entry, handover - entry.arrival - dwell, dwell, network, handlers))
    return found


def _on_the_way(steps: dict[int, "_Steps"], entry: Section, since: int) -> int:
    """Return for how many ns after `since` a message of the entry's critical path was on its way."""
    network = 0
    node, at = entry.node, steps[entry.node].entry(entry.id)
    for _ in range(MAX_PATH):
        here = steps[node]
        kind, time = here.codes[at] & 15, here.times[at]
        if kind != DELIVERED or time <= since:
            break
        sender = here.codes[at] >> 12 & EVERY_PEER
        sent_at, cause = steps[sender].sendings[node][here.codes[at] >> 32]
        network += time - max(sent_at, since)
        if sent_at <= since or cause < 0:
            break
        node, at = sender, cause
    return network


class _Steps:
    """The steps of one node: for each sending and each entry, the record with which its step began."""

    def __init__(self, node: NodeHistory, n: int) -> None:
        self.times, self.codes = node.columns()
        self.sendings: dict[int, list[tuple[int, int]]] = {}  # by receiver: (time, beginning of the step) by sequence
        self._entries: dict[int, int] = {}
        beginning = -1
        for at, code in enumerate(self.codes):
            kind = code & 15
            if kind == SENT:
                peer = code >> 12 & EVERY_PEER
                sending = (self.times[at], beginning)
                for to in range(n) if peer == EVERY_PEER else (peer,):  # to itself too, where nobody looks
                    self.sendings.setdefault(to, []).append(sending)
            elif kind in BEGINNINGS:
                beginning = at
            elif kind == ENTERED:
                self._entries[node.details[code >> 32][0]] = beginning

    def entry(self, request: int) -> int:
        """Return the position of the record that began the step in which a request was granted."""
        return self._entries[request]


class Occupied:
    """When all places were taken: k nodes or more were inside."""

    def __init__(self, entries: Sequence[Section], k: int) -> None:
        self._from: list[int] = []
        self._to: list[int] = []
        self._before: list[int] = []  # for how long, before each of these periods
        stays = [(e.entered, e.released) for e in entries if e.entered is not None and e.released is not None]
        changes = [(entered, 1, 1) for entered, _ in stays]
        changes += [(released, 2 if released == entered else 0, -1) for entered, released in stays]
        inside = total = 0
        for time, _, change in sorted(changes):  # at one instant some leave, then others enter, and may leave again
            inside += change
            if change > 0 and inside == k:
                self._from.append(time)
                self._before.append(total)
            elif change < 0 and inside == k - 1:
                self._to.append(time)
                total += time - self._from[-1]

    def until(self, time: int) -> int:
        """Return for how many ns before `time` all places were taken."""
        position = bisect_right(self._from, time) - 1
        if position < 0:
            return 0
        return self._before[position] + min(time, self._to[position]) - self._from[position]

    def last_end(self, time: int) -> int | None:
        """Return when a place was last free again, until `time`; None if none had been wanting."""
        position = bisect_right(self._to, time) - 1
        return self._to[position] if position >= 0 else None


def _mean(values: list[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) / NS_PER_MS if len(known) == len(values) else None


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Waits]
