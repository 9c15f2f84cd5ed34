"""'Every waiter can still enter', for a graph in which schedules may come back to where they were, or meet.

Theory of operation: a state *lacks* a waiter if no way is known from it to a state where that node waits no longer
(it entered). At first every state lacks all of its waiters. A state learns from its successors: it lacks those only
that every one of its successors lacks. The states are gone through from those that have come farthest with their
requests, and of these from the last level, back to the start: so a state comes after nearly all of its successors, and
nearly everything is learnt in one pass; passes are repeated until nothing changes. What is lacking then is lacking for
ever. Only steps are followed, not faults: a waiter must not depend on the network's failing, nor on another node's
crash.

Where every waiter can still enter, it may yet never do so: in a schedule that goes round for ever. For that a state
keeps of its waiters those that *some* successor keeps. What is kept in the end is kept along a way without an end.
"""

from collections.abc import Callable

from mxbench.check.graph import Graph

STATES_BETWEEN_LOOKS = 20_000


def stranded(graph: Graph, on_work: Callable[[], None]) -> int | None:
    """Return a state of the lowest level from which a waiter can never enter, None if there is none.

    on_work is called now and then, and may raise to end it.
    """
    _learn_all(graph, True, on_work)
    if not graph.any_lacking():
        return None
    return next(min(found) for level in range(len(graph.levels)) if (found := graph.lacking(level)))


def may_wait_for_ever(graph: Graph, on_work: Callable[[], None]) -> bool:
    """Return whether a schedule goes round for ever while a node waits. on_work: as above."""
    _learn_all(graph, False, on_work)
    return graph.any_lacking()


def _learn_all(graph: Graph, every: bool, on_work: Callable[[], None]) -> None:
    on_work()
    states = graph.note_waiters()
    changed = True
    while changed and graph.any_lacking():
        changed = False
        for first in range(0, states, STATES_BETWEEN_LOOKS):
            on_work()
            changed |= graph.learn(first, min(first + STATES_BETWEEN_LOOKS, states), every)
