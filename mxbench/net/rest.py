"""Whether a run is over, from what its nodes answer to polls: Mattern's four counters.

Two successive polls in which nobody has a live timer, as many messages were handled as sent, and nothing has changed,
show that nothing can happen any more. If then nobody waits or is inside, all is done; else the run is stuck.

Of an algorithm that sends for ever only the entries and the workload's messages count, and its timers do not.
"""

from collections.abc import Collection, Mapping
from typing import Literal

from mxbench.core.trace import stuck_line
from mxbench.net.control import Status

Polled = tuple[Status, ...]


class RestDetector:
    """Looks at one poll after the other; each holds a status of every place, with the same serial."""

    def __init__(self, falls_quiet: bool) -> None:
        self._falls_quiet = falls_quiet
        self._before: Polled | None = None  # the last poll, if nothing but messages was left to happen

    def seems_over(self, statuses: Collection[Status]) -> bool:
        """Return whether, as far as is known, nothing but messages is left to happen: time to ask everybody."""
        return not any(busy(status) or self._timers(status) for status in statuses)

    def look(self, polled: Polled) -> Literal["quiet", "stuck"] | None:
        """Return how the run has come to rest, or None if it has not, or not yet for certain."""
        if any(map(self._timers, polled)) or self._on_their_way(polled):
            self._before = None
            return None
        if self._before is None or not self._same(self._before, polled):
            self._before = polled
            return None
        if not any(map(busy, polled)):
            self._before = None
            return "quiet"
        return "stuck" if self._falls_quiet else None

    def _timers(self, status: Status) -> int:
        return status.timers + (status.algorithm_timers if self._falls_quiet else 0)

    def _same(self, before: Polled, now: Polled) -> bool:
        if self._falls_quiet:
            return before == now
        return [(s.entries, s.workload_sent) for s in before] == [(s.entries, s.workload_sent) for s in now]

    def _on_their_way(self, polled: Polled) -> int:
        if self._falls_quiet:
            return sum(status.sent - status.handled for status in polled)
        return sum(status.workload_sent - status.workload_handled for status in polled)


def busy(status: Status) -> bool:
    """Return whether a node waits or is inside."""
    return status.waiting or status.inside


def stalled(polled: Polled, limit: float) -> str | None:
    """Return what is wrong with a run in which nobody has asked, entered or left for `limit` seconds; None if a timer
    or a message of the workload may still change that, or if nothing is left but timers of the algorithm."""
    if any(status.timers for status in polled) or sum(s.workload_sent - s.workload_handled for s in polled) != 0:
        return None
    waiting = [node for node, status in enumerate(polled) if status.waiting]
    inside = [node for node, status in enumerate(polled) if status.inside]
    if not waiting and not inside and sum(status.sent - status.handled for status in polled) == 0:
        return None
    if inside:
        text = f"nodes {inside} were inside for {limit:g} s"
    elif waiting:
        text = f"nobody entered for {limit:g} s while nodes {waiting} waited"
    else:
        text = f"nobody wanted to enter for {limit:g} s (an algorithm that sends for ever says falls_quiet = False)"
    return f"{text}; messages still flow"


def stuck_lines(statuses: Mapping[int, Status], descriptions: Mapping[int, str]) -> tuple[str, ...]:
    """Return a line for each node that waits or is inside, with its state as far as it was told."""
    return tuple(
        stuck_line(node, status.inside, descriptions.get(node, "not told"))
        for node, status in sorted(statuses.items())
        if busy(status)
    )
