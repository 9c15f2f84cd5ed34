"""The graph of `graph.py` in C, which is taken where mxbench was installed with a compiler at hand.

Both reach the same states in the same order, and one test body runs on both. A level is a range of the numbers that
the states have in the order in which they were found; their values are made when somebody asks for them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, overload

from mxbench.check.graph import Graph
from mxbench.check.loop import COUNTER, FIELD, LOCAL
from mxbench.check.space import Space
from mxbench.check.tables import Tables
from mxbench.compiled import compiled

WORD = 64
INSIDE = 16  # bits for the number of nodes inside
AT_ONCE = 4096  # values made together when a level is gone through

_graph = compiled("mxbench.check._graph")


def graph_of(space: Space) -> Graph:
    """Return a graph of a space: compiled where that can be."""
    return Graph(space) if _graph is None else CompiledGraph(space)


def _words(space: Space) -> int:
    return -(-(space.top + INSIDE) // WORD)


class Level(Sequence[int]):
    """The states with numbers from `first` up to `last`, as integers."""

    def __init__(self, graph: Any, first: int, last: int) -> None:
        self._graph, self.first, self.last = graph, first, last

    def __len__(self) -> int:
        return self.last - self.first

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            if place.step not in (None, 1):
                return [self[number] for number in range(*place.indices(len(self)))]
            first, last, _ = place.indices(len(self))
            found: list[int] = self._graph.states(self.first + first, self.first + max(first, last))
            return found
        number = range(self.first, self.last)[place]
        state: int = self._graph.states(number, number + 1)[0]
        return state

    def __iter__(self) -> Iterator[int]:
        for first in range(self.first, self.last, AT_ONCE):
            yield from self._graph.states(first, min(first + AT_ONCE, self.last))


class CompiledGraph(Graph):
    """The same in C."""

    def __init__(self, space: Space) -> None:
        self.space = space
        words = _words(space)
        self._bytes = words * WORD // 8
        counters = tuple((at, most) for at, most in zip(space.counters, space.limits, strict=True) if most)
        left = space.left if space.forgets else space.top
        self._graph = _graph.Graph(
            tables=Tables(space), places=space.n, field_bits=FIELD, local_bits=LOCAL, words=words,
            top=space.top, left=left, counter_bits=COUNTER, counters=counters,
        )  # fmt: skip
        for state in sorted(set(space.initial())):
            self._graph.add(self._packed(state))
        self.levels = []
        self._add_level()
        self._graded = True

    @property
    def count(self) -> int:
        found: int = self._graph.count
        return found

    def expand(self, first: int, last: int) -> tuple[int, list[int]]:
        level = self._last_level()
        steps, final, met = self._graph.expand(level.first + first, min(level.first + last, level.last))
        self._graded = self._graded and not met
        return steps, final

    def close_level(self) -> bool:
        graded, self._graded = self._graded, True
        self._add_level()
        return graded

    def _add_level(self) -> None:
        first = self._last_level().last if self.levels else 0
        self.levels.append(Level(self._graph, first, self._graph.begin_level()))

    def _last_level(self) -> Level:
        level = self.levels[-1]
        assert isinstance(level, Level)
        return level

    def after(self, state: int) -> tuple[list[int], bool]:
        found: tuple[list[int], bool] = self._graph.after(self._packed(state))
        return found

    def depth_of(self, state: int) -> int:
        number = self._graph.find(self._packed(state))
        firsts = [level.first for level in self.levels if isinstance(level, Level)]
        return bisect_right(firsts, number) - 1

    def most_inside(self, level: int) -> int:
        asked = self.levels[level]
        assert isinstance(asked, Level)
        most: int = self._graph.most_inside(asked.first, asked.last)
        return most

    def note_waiters(self) -> int:
        space = self.space
        places = [(node, range(len(space.reactions[node].locals))) for node in range(space.n)]
        waits = tuple(array("i", [space.waits(node, local) for local in locals]) for node, locals in places)
        ranks = tuple(array("i", [space.rank(node, local) for local in locals]) for node, locals in places)
        states: int = self._graph.note(waits, ranks)
        return states

    def learn(self, first: int, last: int, every: bool) -> bool:
        changed: bool = self._graph.learn(first, last, every)
        return changed

    def any_lacking(self) -> bool:
        return bool(self._graph.lacks)

    def lacking(self, level: int) -> list[int]:
        asked = self.levels[level]
        assert isinstance(asked, Level)
        states: list[int] = self._graph.lacking(asked.first, asked.last)
        return states

    def _packed(self, state: int) -> bytes:
        return state.to_bytes(self._bytes, "little")
