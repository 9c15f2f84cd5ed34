"""The order of a run in space that grows with what happened in it, and not with all pairs of its nodes."""

import tracemalloc

from by_hand import delivered, entered, history, requested, sent

from mxbench.core.happened_before import known
from mxbench.core.history import ENTERED, REQUESTED


def test_nodes_that_never_spoke_take_no_space() -> None:
    """With a list for each pair of 4,000 nodes it was over a gigabyte."""
    first = [requested(1.0), sent(1.0, 1), entered(4.0, 1)]
    second = [delivered(2.0, 0, 0), requested(3.0, 0)]
    run = history(first, second, *([] for _ in range(3_998)))
    tracemalloc.start()
    found = known(run, REQUESTED, ENTERED)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found[0][0][:3] == (1, 0, 0)
    assert known(run, REQUESTED, REQUESTED)[1][0][:3] == (1, 0, 0)
    assert most < 50_000_000
