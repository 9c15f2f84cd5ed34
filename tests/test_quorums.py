"""Quorum systems: every two quorums meet, whatever the number of nodes, or the system is refused."""

import math
from itertools import combinations

import pytest

from mxbench.core.quorums import Grid, ProjectivePlane, Quorums, QuorumSystem, check_quorums

PLANES = (1, 3, 7, 13, 21, 31, 57, 73, 91)


def assert_all_meet(quorums: Quorums) -> None:
    sets = [frozenset(quorum) for quorum in quorums]
    assert all(not a.isdisjoint(b) for a, b in combinations(sets, 2))


def test_every_two_quorums_of_a_grid_meet_whatever_its_size() -> None:
    for n in range(1, 101):
        assert_all_meet(Grid().build(n))


@pytest.mark.slow
def test_every_two_quorums_of_a_large_grid_meet() -> None:
    for n in range(101, 201):
        assert_all_meet(Grid().build(n))


def test_a_node_of_a_grid_is_in_its_quorum_of_at_most_two_roots_of_n() -> None:
    for n in range(1, 201):
        columns = math.isqrt(n - 1) + 1
        for node, quorum in enumerate(Grid().build(n)):
            assert node in quorum
            assert len(set(quorum)) <= columns + math.ceil(n / columns) - 1


def test_the_quorum_of_a_square_grid_is_a_row_and_a_column() -> None:
    assert Grid().for_nodes(9)[4] == (1, 3, 4, 5, 7)
    for root in range(1, 12):
        assert {len(quorum) for quorum in Grid().for_nodes(root * root)} == {2 * root - 1}


def test_a_short_last_row_of_a_grid_takes_part_in_every_quorum() -> None:
    assert Grid().for_nodes(5) == ((0, 1, 2, 3), (0, 1, 2, 4), (0, 1, 2, 3), (0, 3, 4), (1, 3, 4))


@pytest.mark.parametrize("n", PLANES)
def test_every_two_lines_of_a_projective_plane_meet_in_one_node(n: int) -> None:
    quorums = ProjectivePlane().for_nodes(n)
    assert {len(set(a) & set(b)) for a, b in combinations(quorums, 2)} <= {1}
    size = len(quorums[0])
    assert n == size * (size - 1) + 1
    for node in range(n):
        assert len(quorums[node]) == size
        assert node in quorums[node]
        assert sum(node in quorum for quorum in quorums) == size


def test_a_size_without_a_plane_is_refused_with_the_sizes_that_have_one() -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared below
        ProjectivePlane().for_nodes(8)
    assert str(error.value) == (
        "there is no projective plane of 8 nodes; there is one for 1, 3, 7, 13, 21, 31, 57, 73 and 91"
    )


class Neighbours(QuorumSystem):
    """A node and the next one: quorums that meet only among three nodes."""

    name = "neighbours"

    def build(self, n: int) -> Quorums:
        return tuple((node, (node + 1) % n) for node in range(n))


def test_a_system_whose_quorums_do_not_meet_is_refused_by_the_names_of_two_nodes() -> None:
    assert Neighbours().for_nodes(3) == ((0, 1), (1, 2), (0, 2))
    with pytest.raises(ValueError, match=r"the quorums of nodes 0 and 2 do not meet: \[0, 1\] and \[2, 3\]"):
        Neighbours().for_nodes(4)


@pytest.mark.parametrize(
    ("quorums", "sentence"),
    [
        (((0,),), "1 quorums for 2 nodes"),
        (((0,), ()), r"the quorum of node 1 is \[\], not one or more of the nodes 0..1"),
        (((0,), (0, 2)), r"the quorum of node 1 is \[0, 2\], not one or more of the nodes 0..1"),
    ],
    ids=["too-few", "empty", "stranger"],
)
def test_what_is_no_quorum_of_these_nodes_is_refused(quorums: Quorums, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_quorums(quorums, 2)
