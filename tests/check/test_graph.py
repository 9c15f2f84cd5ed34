"""The graph in Python and the one in C: step by step they reach the same states, in the same order."""

from array import array
from typing import Any

import models
import pytest
from cases import CASES, question_of

from mxbench.check import compiled
from mxbench.check.compiled import CompiledGraph, graph_of
from mxbench.check.graph import Graph
from mxbench.check.question import MAX_NODES, Question
from mxbench.check.space import Space
from mxbench.check.waiters import may_wait_for_ever, stranded

MOST = 3_000  # states of a graph that is gone through
AT_ONCE = 7  # an odd number, so that a level is left in pieces
pytestmark = pytest.mark.skipif(compiled._graph is None, reason="mxbench was installed without a C compiler")


def both(question: Question, forgets: bool) -> tuple[Graph, Graph]:
    """Return the two graphs after all their steps, which were compared."""
    python, c = Graph(Space(question, forgets=forgets)), CompiledGraph(Space(question, forgets=forgets))
    assert list(python.levels[0]) == list(c.levels[0])
    while python.levels[-1] and python.count < MOST:
        size = len(python.levels[-1])
        for first in range(0, size, AT_ONCE):
            assert python.expand(first, first + AT_ONCE) == c.expand(first, first + AT_ONCE)
            assert python.count == c.count  # a search may be ended here, and tells it
        assert python.close_level() == c.close_level()
        assert list(python.levels[-1]) == list(c.levels[-1])
        depth = len(python.levels) - 1
        assert python.most_inside(depth) == c.most_inside(depth)
        assert python.space.faults == c.space.faults
    return python, c


@pytest.mark.parametrize("forgets", [False, True], ids=["plain", "forgets"])
@pytest.mark.parametrize(
    ("algorithm", "bound"),
    [
        *CASES,
        (models.TicksAndForgets, {"nodes": 2, "requests": "1,2"}),
        ("raymond-k-entry", {"nodes": 3, "k": 2, "requests": 1}),
        ("coordinator", {"nodes": 2, "server": True}),
        ("naimi-trehel", {"nodes": 9, "requests": "1,0,0,0,0,0,0,0,1"}),
        ("ricart-agrawala", {"network": "reordering+duplicating:2+lossy+crashing", "requests": "1,1,0"}),
    ],
    ids=str,
)
def test_both_graphs_are_the_same(algorithm: Any, bound: dict[str, Any], forgets: bool) -> None:
    python, c = both(question_of(algorithm, bound), forgets)
    assert stranded(python, lambda: None) == stranded(c, lambda: None)
    assert [python.lacking(level) for level in range(len(python.levels))] == [
        c.lacking(level) for level in range(len(c.levels))
    ]
    assert may_wait_for_ever(python, lambda: None) == may_wait_for_ever(c, lambda: None)
    assert [python.lacking(level) for level in range(len(python.levels))] == [
        c.lacking(level) for level in range(len(c.levels))
    ]
    for depth, level in enumerate(python.levels):
        for state in list(level)[:3]:
            assert c.depth_of(state) == python.depth_of(state) == depth
            # Where they were not expanded, new numbers are given out, which depend on who asks first.
            assert depth == len(python.levels) - 1 or c.after(state) == python.after(state)


def test_a_waiter_that_is_stranded_is_found_by_both() -> None:
    python, c = both(question_of(models.NeverServed, {"nodes": 2}), False)
    assert stranded(python, lambda: None) is not None
    assert stranded(c, lambda: None) == stranded(python, lambda: None)


def test_a_space_begins_the_same_however_often_it_is_asked() -> None:
    space = Space(question_of("lamport", {"requests": "1,1,0"}))
    counts = set()
    for kind in (CompiledGraph, Graph, CompiledGraph):
        graph = kind(space)
        while graph.levels[-1]:
            graph.expand(0, len(graph.levels[-1]))
            graph.close_level()
        counts.add(graph.count)
    assert len(counts) == 1


def test_a_level_in_c_is_a_sequence_of_integers() -> None:
    python, c = both(question_of("ricart-agrawala", {"nodes": 2}), False)
    states, level = list(python.levels[5]), c.levels[5]
    assert len(states) > 3
    assert level[0] == states[0]
    assert level[-1] == states[-1]
    assert list(level[1:]) == states[1:]
    assert list(level[2:1]) == []
    assert list(level[::2]) == states[::2]
    assert list(level[::-1]) == states[::-1]
    assert list(level[3:0:-2]) == states[3:0:-2]
    assert states[2] in level
    assert min(level) == min(states)
    with pytest.raises(IndexError):
        level[len(states)]


def test_the_most_nodes_that_may_be_asked_for_fit_the_graph_in_c() -> None:
    bound = {"nodes": MAX_NODES, "requests": ",".join(["9"] * MAX_NODES), "server": True}
    bound["network"] = "duplicating:9+lossy:9+crashing:9"
    assert isinstance(graph_of(Space(question_of("coordinator", bound), forgets=True)), CompiledGraph)


def test_an_error_in_a_step_leaves_the_graph_in_c_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(Space(question_of("ricart-agrawala", {"nodes": 2})))
    monkeypatch.setattr(graph.space.reactions[0], "to", lambda local, act: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        graph.expand(0, 1)
    monkeypatch.undo()
    steps, final = graph.expand(0, 1)
    assert (steps, final) == (2, [])


@pytest.mark.parametrize("first", [-1, 1, 5])
def test_states_that_are_not_there_are_refused(first: int) -> None:
    graph = graph_of(Space(question_of("ricart-agrawala", {"nodes": 2})))
    assert isinstance(graph, CompiledGraph)
    with pytest.raises(IndexError):
        graph._graph.expand(first, first + 1)
    with pytest.raises(IndexError):
        graph._graph.states(first, first + 1)


def test_states_of_one_tag_and_one_place_in_the_table_are_told_apart() -> None:
    def state_of(hashed: int) -> bytes:
        """Return the state of one word whose hash is this: `hash_of` in c/words.h backwards."""
        hashed ^= hashed >> 32
        before = hashed
        for _ in range(3):
            before = hashed ^ before >> 29
        return (before * pow(0x9E3779B97F4A7C15, -1, 1 << 64) % (1 << 64)).to_bytes(8, "little")

    assert compiled._graph is not None
    graph = compiled._graph.Graph(
        tables=None, places=1, field_bits=20, local_bits=10, words=1, top=40, left=40, counter_bits=4, counters=()
    )
    states = [state_of(0xABCD1234 << 32 | number << 12 | 5) for number in range(600)]
    for state in states * 2:
        graph.add(state)
    assert graph.count == 600
    assert list(map(graph.find, states)) == list(range(600))


def test_what_is_known_of_waiters_ends_with_the_states_that_were_looked_at() -> None:
    graph = compiled._graph.Graph(
        tables=None, places=1, field_bits=16, local_bits=8, words=1, top=16, left=16, counter_bits=4, counters=()
    )
    with pytest.raises(RuntimeError, match="made once"):
        graph.__init__(None, 9, 9, 9, 9, 9, 9, 9, ())
    graph.add((0).to_bytes(8, "little"))
    with pytest.raises(IndexError):
        graph.lacking(0, 1)  # of which nothing is noted yet
    waits = array("i", [1])
    assert graph.note((waits,), (waits,)) == 1
    assert graph.lacking(0, 1) == [0]
    for state in range(1, 40):
        graph.add(state.to_bytes(8, "little"))
    with pytest.raises(IndexError):
        graph.lacking(0, 40)
    for every in (True, False):
        with pytest.raises(IndexError):
            graph.learn(0, 40, every)
