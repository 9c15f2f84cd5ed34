"""Real connections broken in mid-run: nothing is lost, repeated or reordered, and every count is what it would be."""

from itertools import permutations
from pathlib import Path

import pytest
from clusters import Disturbed, assert_whole, counts_by_node, lamport
from oracles import assert_right
from plans import plan

from mxbench.core.distributions import Constant
from mxbench.net.cluster import Cluster
from mxbench_plugins.ring import Ring


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [2, 4])
def test_cutting_every_connection_again_and_again_changes_no_count(nodes: int, tmp_path: Path) -> None:
    the_plan = lamport(nodes, entries=1200 // nodes)

    def cut_all(cluster: Cluster) -> None:
        for _ in range(3):
            for node, peer in permutations(range(nodes), 2):
                cluster.cut(node, peer)

    disturbed = Disturbed(the_plan, tmp_path / "cut", cut_all, times=5)
    assert disturbed.acts >= 2, "the run was over before it could be disturbed"
    assert_right(disturbed.history, 1200)
    assert_whole(disturbed.history)
    others = 1200 // nodes * (nodes - 1)
    counts = {"Request": others, "Reply": others, "Release": others}
    assert counts_by_node(disturbed.history) == [(counts, counts)] * nodes


def test_a_connection_that_is_cut_while_nothing_is_sent_is_made_again(tmp_path: Path) -> None:
    the_plan = lamport(2, entries=8, one_at_a_time=True, dwell=Constant(0.02))
    disturbed = Disturbed(the_plan, tmp_path, lambda cluster: cluster.cut(0, 1), times=1000)
    assert disturbed.acts >= 16
    assert_right(disturbed.history, 16)
    assert_whole(disturbed.history)


def test_the_two_sides_may_cut_at_once(tmp_path: Path) -> None:
    def cut_both(cluster: Cluster) -> None:
        cluster.cut(0, 1)
        cluster.cut(1, 0)

    disturbed = Disturbed(lamport(3, entries=100), tmp_path, cut_both, times=1000)
    assert disturbed.acts >= 1
    assert_right(disturbed.history, 300)
    assert_whole(disturbed.history)


def test_a_token_is_not_lost_or_doubled_by_cuts(tmp_path: Path) -> None:
    ring = plan(Ring, 3, entries=20, dwell=Constant(0.004))

    def cut_around(cluster: Cluster) -> None:
        for node in range(3):
            cluster.cut(node, (node + 1) % 3)

    disturbed = Disturbed(ring, tmp_path, cut_around, times=1000)
    assert disturbed.acts >= 2
    assert_right(disturbed.history, 60)
