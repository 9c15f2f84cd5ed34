"""What no machine can change: the exact counts of three small pieces of work, messages, bytes, states, virtual time."""

import pytest
from workloads import WORKS


@pytest.mark.parametrize("size", [0, 1], ids=["small", "large"])
@pytest.mark.parametrize("name", WORKS)
def test_a_piece_of_work_counts_what_it_always_did(name: str, size: int) -> None:
    work = WORKS[name]
    assert work.do(work.sizes[size]) == work.counts[size], "a changed number wants an explanation in its commit"
