"""Two ways to draw a schedule at random that find more than to draw each step alone does.

Both rest on one observation: most errors need only a few unlucky moments. So a schedule follows a simple rule, and
departs from it a few times, at steps that are drawn. Which step comes next is said by its key in `Schedule.enabled`.

* *Priorities*: each channel, and each node's own steps, has a priority, drawn when it is met first; the enabled one of
  the highest comes next. At a few steps the one that would be next drops below all others. A channel here is what a
  thread is in the paper; where the network reorders, each message is one. Sebastian Burckhardt, Pravesh Kothari,
  Madanlal Musuvathi and Santosh Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
  ASPLOS 2010 (PCT).
* *Delays*: all take turns, in an order that is drawn once. At a few steps the one whose turn it is has to go to the
  end of the line. Michael Emmi, Shaz Qadeer and Zvonimir Rakamaric, "Delay-Bounded Scheduling", POPL 2011.
"""

from collections import Counter
from random import Random
from typing import Protocol

MOST_DEPARTURES = 8
Enabled = dict[int, None]


class Strategy(Protocol):
    """Says which step comes next."""

    def pick(self, enabled: Enabled, step: int) -> int:
        """Return one of the enabled keys; `step` counts from 0."""


class _Drawn(dict[int, float]):
    """Priorities, each drawn when it is first asked for."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw.random

    def __missing__(self, key: int) -> float:
        value = self[key] = self._draw()
        return value


class Priorities:
    """The highest priority first, with a few drops. length: how many steps a schedule is expected to have."""

    def __init__(self, draw: Random, length: int) -> None:
        self._of = _Drawn(draw)
        self._drops = {draw.randrange(length) for _ in range(draw.randrange(MOST_DEPARTURES))}

    def pick(self, enabled: Enabled, step: int) -> int:
        """Return the enabled key of the highest priority."""
        priority = self._of.__getitem__
        key = max(enabled, key=priority)
        if step in self._drops:
            self._of[key] = -1.0 - step
            key = max(enabled, key=priority)
        return key


class Delays:
    """One after the other, with a few delays. It reorders `enabled`, which is its line."""

    def __init__(self, draw: Random, length: int) -> None:
        delays = draw.randrange(2 * MOST_DEPARTURES)
        self._delays = Counter(draw.randrange(length) for _ in range(delays))

    def pick(self, enabled: Enabled, step: int) -> int:
        """Return the enabled key that is first in the line, and send it to the end."""
        for _ in range(self._delays.get(step, 0)):
            key = next(iter(enabled))
            del enabled[key]
            enabled[key] = None
        key = next(iter(enabled))
        del enabled[key]
        enabled[key] = None
        return key


STRATEGIES = (Priorities, Delays)  # taken in turn
