"""'Every waiter can still enter', for a graph in which schedules may come back to where they were, or meet.

Theory of operation: a state *lacks* a waiter if no way is known from it to a state where that node waits no longer
(it entered). At first every state lacks all of its waiters. A state learns from its successors: it lacks those only
that every one of its successors lacks. The states are gone through from those that have come farthest with their
requests, and of these from the last level, back to the start: so a state comes after nearly all of its successors, and
nearly everything is learnt in one pass; passes are repeated until nothing changes. What is lacking then is lacking for
ever. Only steps are followed, not faults: a waiter must not depend on the network's failing, nor on another node's
crash.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from mxbench.check.space import Space

STATES_BETWEEN_LOOKS = 20_000


def stranded(space: Space, levels: Sequence[Sequence[int]], on_work: Callable[[], None]) -> int | None:
    """Return a state of the lowest level from which a waiter can never enter, None if there is none.

    on_work is called now and then, and may raise to end it.
    """
    note, learn = space.masker(), space.learner()
    lacking: dict[int, int] = {}
    for level in levels:
        on_work()
        note(level, lacking)
    sort = space.sorter()
    ranks: dict[int, list[int]] = defaultdict(list)
    for level in levels:
        sort(level, ranks)
    changed = True
    while changed and lacking:
        changed = False
        for rank in sorted(ranks, reverse=True):
            rest = [state for state in reversed(ranks[rank]) if state in lacking]
            for start in range(0, len(rest), STATES_BETWEEN_LOOKS):
                on_work()
                changed |= learn(rest[start : start + STATES_BETWEEN_LOOKS], lacking)
    if not lacking:
        return None
    return next(min(found) for level in levels if (found := [state for state in level if state in lacking]))
