"""The states of a space that were reached, level by level, and what each of them lacks.

A level holds the states that are so many steps away from the start, and no fewer, in the order in which they were
found: neighbours stay together. `compiled.py` has the same class in C, and says which one is used.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import filterfalse

from mxbench.check.loop import learner, masker, sorter
from mxbench.check.remembered import Remembered
from mxbench.check.space import Space


class Graph:
    """The graph of a space as far as it was reached. levels: of states, the last one is to be expanded next."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.levels: list[Sequence[int]] = [sorted(set(space.initial()))]
        self._expand = space.expander()
        self._seen = set(self.levels[0])
        self._fresh: dict[int, None] = {}  # what the next level will hold, in the order in which they are found
        self._graded = True
        self._lacking: dict[int, int] = {}
        self._farthest_first: list[int] = []

    @property
    def count(self) -> int:
        """How many states were reached."""
        return len(self._seen) + len(self._fresh)

    def expand(self, first: int, last: int) -> tuple[int, list[int]]:
        """Reach the successors of these states of the last level; return how many steps lead to them, and the states
        that have no step, faults of the network apart."""
        after: list[int] = []
        final: list[int] = []
        self._expand(self.levels[-1][first:last], after, final)
        reached = dict.fromkeys(after)
        fresh = dict.fromkeys(filterfalse(self._seen.__contains__, reached))
        self._graded &= len(fresh) == len(reached)
        if self._fresh:
            self._fresh.update(fresh)
        else:
            self._fresh = fresh
        return len(after), final

    def close_level(self) -> bool:
        """Make what was reached for the first time the next level; return whether nothing else was reached."""
        graded, self._graded = self._graded, True
        self.levels.append(list(self._fresh))
        self._seen.update(self._fresh)
        self._fresh = {}
        return graded

    def after(self, state: int) -> tuple[list[int], bool]:
        """Return the successors of a state, and whether it has no step, faults of the network apart."""
        after: list[int] = []
        final: list[int] = []
        self._expand((state,), after, final)
        return after, bool(final)

    def depth_of(self, state: int) -> int:
        """Return the number of the level that a state is in."""
        return next(depth for depth in reversed(range(len(self.levels))) if state in self.levels[depth])

    def most_inside(self, level: int) -> int:
        """Return the greatest number of nodes that are inside in a state of a level."""
        return self.space.inside(max(self.levels[level], default=0))

    # ---- waiters, once all levels are there (`waiters.py`) ----------------------------------------------------------

    def note_waiters(self) -> int:
        """Let every state lack all of its waiters; return how many states there are to learn."""

        def mask(node: int, local: int) -> int:
            return self.space.waits(node, local) << node

        places = range(self.space.n)
        note = masker([Remembered(partial(mask, node)) for node in places])
        sort = sorter([Remembered(partial(self.space.rank, node)) for node in places])
        ranks: dict[int, list[int]] = defaultdict(list)
        for level in self.levels:
            note(level, self._lacking)
            sort(level, ranks)
        self._farthest_first = [state for rank in sorted(ranks, reverse=True) for state in reversed(ranks[rank])]
        steps = self.space.progress()
        self._learn = {every: learner(steps, every) for every in (True, False)}
        return len(self._farthest_first)

    def learn(self, first: int, last: int, every: bool) -> bool:
        """Let these states, of those that have come farthest first, learn from their successors: each lacks on only
        what every one of them lacks, or some of them. Return whether one lacks less than before."""
        lacking = self._lacking
        return self._learn[every]([state for state in self._farthest_first[first:last] if state in lacking], lacking)

    def any_lacking(self) -> bool:
        """Return whether a state still lacks a waiter."""
        return bool(self._lacking)

    def lacking(self, level: int) -> list[int]:
        """Return the states of a level that still lack a waiter."""
        return [state for state in self.levels[level] if state in self._lacking]
