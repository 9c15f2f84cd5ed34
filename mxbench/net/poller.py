"""The event loop of a node process: descriptors and timers, nothing else.

asyncio's callbacks cost about a quarter of a message; a node's loop is small and regular enough to be its own.
"""

import heapq
import os
import select
import time
from collections.abc import Callable
from functools import partial
from typing import Any

READ, WRITE = select.POLLIN, select.POLLOUT  # epoll has the same numbers
READABLE = READ | select.POLLHUP | select.POLLERR  # or broken, of which reading tells
PRECISE_NS = 50_000_000  # waits shorter than this need better than epoll's milliseconds
MOST_AHEAD_NS = 500_000  # that a punctual poller wakes up before a timer is due
LATER_NS, EARLIER_NS = 4_000, 16_000  # steps in which it learns how much; their ratio says how often it may be late

Wake = Callable[[int, float | None], list[tuple[int, int]]]
_let_others_run = getattr(os, "sched_yield", lambda: None)  # who waits awake must not keep others from being on time


def learnt(ahead: int, late: int) -> int:
    """Return by how much to wake up ahead of the next timer, after a wake-up that was late by so much; all in ns.

    It moves towards what four out of five wake-ups stay below: a single late one says little of the next.
    """
    return min(max(ahead + (EARLIER_NS if late > ahead else -LATER_NS), 0), MOST_AHEAD_NS)


class Poller:
    """Calls back when a descriptor can be read or written, and when a timer is due."""

    def __init__(self) -> None:
        self._poll: Any = select.epoll() if hasattr(select, "epoll") else select.poll()  # alike but in their units
        self._milliseconds = not hasattr(select, "epoll")
        self._callbacks: dict[int, Callable[[int], None]] = {}
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = 0
        self._cancelled: set[int] = set()
        self._ahead: int | None = None  # ns; None if it is not punctual
        self._look: Callable[[float | None], list[tuple[int, int]]] = self._poll.poll

    def be_punctual(self) -> None:
        """From now on wake up before a timer is due, by about as much as the system lately woke us too late, and wait
        for the rest of it awake."""
        self._ahead = MOST_AHEAD_NS // 4

    def look_with(self, wake: Wake | None) -> None:
        """From now on have `wake(descriptor, seconds)` wait for the system's epoll descriptor, deal with what it knows
        and return the other events; with None wait as before. Without epoll nothing changes."""
        if not self._milliseconds:
            self._look = self._poll.poll if wake is None else partial(wake, self._poll.fileno())

    def register(self, descriptor: int, callback: Callable[[int], None], write: bool = False) -> None:
        """Call `callback(events)` when the descriptor can be read, or also written."""
        self._poll.register(descriptor, READ | (WRITE if write else 0))
        self._callbacks[descriptor] = callback

    def watch_writing(self, descriptor: int, write: bool) -> None:
        """Begin or cease to wait for room to write."""
        self._poll.modify(descriptor, READ | (WRITE if write else 0))

    def unregister(self, descriptor: int) -> None:
        """Forget a descriptor; call it before closing."""
        if self._callbacks.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def at(self, due: int, callback: Callable[[], None]) -> int:
        """Call back at a time of time.monotonic_ns; return a number with which to cancel."""
        self._serial += 1
        heapq.heappush(self._timers, (due, self._serial, callback))
        return self._serial

    def cancel(self, serial: int) -> None:
        """Forget a timer that has not fired yet."""
        self._cancelled.add(serial)

    def later(self, seconds: float, callback: Callable[[], None]) -> int:
        """Call back after some seconds."""
        return self.at(time.monotonic_ns() + int(seconds * 1e9), callback)

    def close(self) -> None:
        """Give the system's descriptor back, and forget everything."""
        getattr(self._poll, "close", lambda: None)()  # select.poll has none
        self._callbacks.clear()
        self._timers.clear()

    def step(self) -> None:
        """Wait for something to happen, and call back for all that has."""
        while self._timers and self._timers[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._timers)[1])
        for descriptor, events in self._look(self._wait() if self._timers else None):
            callback = self._callbacks.get(descriptor)  # an earlier callback may have unregistered it
            if callback is not None:
                callback(events)
        if self._timers:
            now = time.monotonic_ns()
            while self._timers and self._timers[0][0] <= now:
                _, serial, fire = heapq.heappop(self._timers)
                if serial in self._cancelled:
                    self._cancelled.discard(serial)
                else:
                    fire()

    def _wait(self) -> float:
        """Return how long the system is to wait for descriptors at most, in its unit. A short wait ends here."""
        now, due = time.monotonic_ns(), self._timers[0][0]
        wait = due - now - (self._ahead or 0)
        if wait <= 0:
            if now < due:
                _let_others_run()
            return 0.0
        if self._milliseconds:
            return wait / 1e6
        if wait >= PRECISE_NS and self._ahead is None:
            return wait / 1e9
        # An epoll descriptor can itself be waited for, with the microseconds that epoll_wait lacks.
        readable, _, _ = select.select([self._poll.fileno()], [], [], wait / 1e9)
        if self._ahead is not None and not readable:
            self._ahead = learnt(self._ahead, time.monotonic_ns() - now - wait)
        return 0.0


class NamedTimers:
    """The timers of a node's plugins: one of each owner and name at a time."""

    def __init__(self, poller: Poller, fire: Callable[[str, str, int], None]) -> None:
        self._poller = poller
        self._fire = fire  # called with owner, name and the time at which it was due
        self._serials: dict[tuple[str, str], int] = {}

    def set(self, owner: str, name: str, due: int) -> None:
        """Set a timer, in the place of one of the same name."""
        self.cancel(owner, name)
        self._serials[owner, name] = self._poller.at(due, partial(self._due, owner, name, due))

    def cancel(self, owner: str, name: str) -> None:
        """Forget a timer, if it is set."""
        serial = self._serials.pop((owner, name), None)
        if serial is not None:
            self._poller.cancel(serial)

    def clear(self) -> None:
        """Forget every timer."""
        for owner, name in list(self._serials):
            self.cancel(owner, name)

    def live(self, owner: str | None = None) -> int:
        """Return how many are set, of one owner or of all."""
        return len(self._serials) if owner is None else sum(1 for key in self._serials if key[0] == owner)

    def _due(self, owner: str, name: str, due: int) -> None:
        del self._serials[owner, name]
        self._fire(owner, name, due)
