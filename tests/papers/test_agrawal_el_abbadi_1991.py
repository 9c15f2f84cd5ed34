"""Agrawal and El Abbadi, "An Efficient and Fault-Tolerant Solution for Distributed Mutual Exclusion", 1991: what the
paper says, tested."""

import math
from itertools import combinations

import pytest
from oracles import assert_right, messages, messages_per_entry
from plans import run

from mxbench.quorum_systems.tree import Tree
from mxbench_plugins.agrawal_el_abbadi import AgrawalElAbbadi

HEIGHTS = range(1, 7)
FIFTEEN = 15  # the size of the paper's example, a tree of four levels


def up_to_the_root(node: int) -> set[int]:
    return {node} | (up_to_the_root((node - 1) // 2) if node else set())


@pytest.mark.parametrize("height", HEIGHTS)
def test_quorums_are_logarithmic_in_the_best_case(height: int) -> None:
    """Abstract: tree quorums "are logarithmic in the size of the network in the best case". With no failure a quorum is
    a path from the root to a leaf: log2(n + 1) nodes."""
    n = 2**height - 1
    quorums = Tree().for_nodes(n)
    assert {len(quorum) for quorum in quorums} == {math.log2(n + 1)} == {height}
    for quorum in quorums:
        assert set(quorum) == up_to_the_root(max(quorum))
    assert min(map(len, Tree().coterie(min(n, FIFTEEN)))) == min(height, 4)


@pytest.mark.parametrize("n", range(1, 65))
def test_the_root_is_in_every_quorum_while_nothing_has_failed(n: int) -> None:
    """Section 2: a quorum begins with the root, unless the root does not answer."""
    quorums = Tree().for_nodes(n)
    assert all(0 in quorum for quorum in quorums)
    history = run(AgrawalElAbbadi, n, entries=1, quorums=quorums, one_at_a_time=True)
    assert_right(history, entries=n)
    root = history.nodes[0]
    handled = dict(zip(root.types, root.totals.handled_by_type, strict=False))
    assert handled["Request"] == n - 1, "each other node asks it, once"


def test_degradation_is_graceful_up_to_a_majority_of_all_nodes() -> None:
    """Abstract: the algorithm "requires more messages only as the number of failures increase". Section 3: a quorum has
    from log2(n + 1) to (n + 1) / 2 nodes; the largest is that of all leaves, when all else is down."""
    coterie = sorted(map(set, Tree().coterie(FIFTEEN)), key=len)
    leaves = set(range(7, FIFTEEN))
    assert len(coterie[-1]) == len(leaves) == (FIFTEEN + 1) / 2
    assert leaves in coterie
    worst = []
    for down in range(4):
        smallest = [next(q for q in coterie if not q & {*failed}) for failed in combinations(range(FIFTEEN), down)]
        worst.append(max(map(len, smallest)))
    assert worst == [4, 6, 7, 8], "a node that is down stands for two paths below it"


def test_a_path_of_failures_stops_all_and_fewer_never_do() -> None:
    """Section 3: failures of all nodes on a path leave no quorum; a quorum of the tree always meets every path."""
    coterie = [set(quorum) for quorum in Tree().coterie(FIFTEEN)]
    for leaf in range(7, FIFTEEN):
        path = up_to_the_root(leaf)
        assert not [quorum for quorum in coterie if not quorum & path]
        for spared in path:
            assert [quorum for quorum in coterie if not quorum & (path - {spared})]


@pytest.mark.parametrize("height", HEIGHTS)
def test_an_entry_takes_three_messages_for_each_other_node_of_a_path(height: int) -> None:
    """Section 4, on cost: a request, a reply and a release to each node of the quorum."""
    n = 2**height - 1
    history = run(AgrawalElAbbadi, n, entries=2, quorums=Tree().for_nodes(n), one_at_a_time=True)
    assert messages_per_entry(history) == 3 * (height - 1)
    if n > 1:
        assert set(messages(history)) == {"Request", "Reply", "Relinquish"}
