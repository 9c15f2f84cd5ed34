"""Quorum systems: every two quorums meet, whatever the number of nodes, or the system is refused; and their worth."""

import math
from fractions import Fraction
from itertools import chain, combinations, pairwise

import pytest

from mxbench.core.coteries import failure_probability, is_minimal, least_load, least_overlap, load
from mxbench.core.quorums import Quorums, QuorumSystem, check_quorums
from mxbench.quorum_systems.difference_cover import DifferenceCover
from mxbench.quorum_systems.grid import Grid
from mxbench.quorum_systems.majority import Majority
from mxbench.quorum_systems.projective_plane import ProjectivePlane
from mxbench.quorum_systems.tree import Tree
from mxbench.registry import Registry

PLANES = (1, 3, 7, 13, 21, 31, 57, 73, 91)
ANY_N = [Grid, DifferenceCover, Tree, Majority]
FANO: Quorums = ((0, 1, 3), (1, 2, 4), (2, 3, 5), (3, 4, 6), (0, 4, 5), (1, 5, 6), (0, 2, 6))


def by_name(system: type[QuorumSystem]) -> str:
    return system.name


# ---- each system ----------------------------------------------------------------------------------------------------


def test_the_systems_of_these_tests_are_those_that_come_with_mxbench() -> None:
    known = {name: plugin.cls for name, plugin in Registry().all("quorum_systems").items()}
    assert known == {system.name: system for system in [*ANY_N, ProjectivePlane]}


@pytest.mark.parametrize("nodes", [range(1, 101), pytest.param(range(101, 201), marks=pytest.mark.slow)], ids=str)
@pytest.mark.parametrize("system", ANY_N, ids=by_name)
def test_every_two_quorums_meet_and_a_node_is_in_its_own_for_any_number_of_nodes(
    system: type[QuorumSystem], nodes: range
) -> None:
    for n in nodes:
        quorums = system().for_nodes(n)
        assert least_overlap(quorums) > 0
        assert all(node in quorum for node, quorum in enumerate(quorums))


@pytest.mark.parametrize("nodes", [range(1, 101), pytest.param(range(101, 201), marks=pytest.mark.slow)], ids=str)
def test_no_quorum_holds_another_but_in_a_grid_whose_last_row_is_one_node(nodes: range) -> None:
    for n in nodes:
        for system in (DifferenceCover, Tree, Majority):
            assert is_minimal(system().for_nodes(n))
        columns = math.isqrt(n - 1) + 1
        assert is_minimal(Grid().for_nodes(n)) == (n == 1 or n % columns != 1)


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
    assert is_minimal(quorums)
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


def test_a_difference_cover_has_one_size_near_the_root_of_n_and_asks_each_node_as_often() -> None:
    for n in [*range(1, 201), 999, 1000]:
        quorums = DifferenceCover().build(n)
        [size] = {len(set(quorum)) for quorum in quorums}
        assert n <= size * (size - 1) + 1, "so many nodes have fewer differences"
        assert size <= math.sqrt(1.5 * n) + 2
        assert load(quorums) == Fraction(size, n)


def test_a_difference_cover_is_a_smallest_one_up_to_37_nodes() -> None:
    by_size = {
        1: [1], 2: [2, 3], 3: [4, 5, 6, 7], 4: [*range(8, 14)], 5: [*range(14, 20), 21],
        6: [20, *range(22, 29), 31], 7: [29, 30, *range(32, 38)],
    }  # fmt: skip
    for size, nodes in by_size.items():
        for n in nodes:
            assert len(DifferenceCover().build(n)[0]) == size
    for n in range(2, 15):  # and by trying all
        size = len(DifferenceCover().build(n)[0])
        for numbers in combinations(range(n), size - 1):
            assert len({(a - b) % n for a in numbers for b in numbers}) < n


def test_a_tree_quorum_is_a_path_from_the_root_to_a_leaf() -> None:
    assert Tree().for_nodes(7) == (
        (0, 1, 4), (0, 1, 3), (0, 2, 5), (0, 1, 3), (0, 1, 4), (0, 2, 5), (0, 2, 6)
    )  # fmt: skip
    for height in range(1, 8):
        n = 2**height - 1
        assert {len(quorum) for quorum in Tree().for_nodes(n)} == {height} == {math.log2(n + 1)}
    for n in range(1, 101):
        quorums = Tree().build(n)
        assert all(b in (2 * a + 1, 2 * a + 2) for quorum in quorums for a, b in pairwise(quorum))
        assert all(quorum[0] == 0 and 2 * quorum[-1] + 1 >= n for quorum in quorums)
        assert max(quorums.count(quorum) for quorum in quorums) <= (2 if n & (n + 1) == 0 else 3)


@pytest.mark.parametrize("system", [Tree, Majority], ids=by_name)
def test_every_two_quorums_of_a_coterie_meet_and_the_quorums_of_the_nodes_are_among_them(
    system: type[QuorumSystem],
) -> None:
    for n in range(1, 12):
        coterie = {tuple(sorted(quorum)) for quorum in system().coterie(n)}
        assert coterie >= set(system().for_nodes(n))
        assert least_overlap(coterie) > 0


def test_the_coterie_of_a_tree_replaces_a_node_by_paths_below_each_of_its_children() -> None:
    assert sorted(Tree().coterie(3)) == [(0, 1), (0, 2), (1, 2)]
    seven = {tuple(sorted(quorum)) for quorum in Tree().coterie(7)}
    assert seven >= {(0, 3, 4), (0, 1, 3), (1, 2, 3, 5), (1, 3, 5, 6), (3, 4, 5, 6)}
    assert {len(quorum) for quorum in seven} == {3, 4}
    assert len(seven) == 15


# ---- what is refused ------------------------------------------------------------------------------------------------


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


# ---- availability ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "n", "at_one_tenth", "at_three_tenths"),
    [
        (Majority, 7, 0.002728, 0.126036),
        (ProjectivePlane, 7, 0.006810, 0.151967),
        (Tree, 7, 0.006227, 0.148262),
        (Grid, 9, 0.033309, 0.410562),
        (Majority, 9, 0.000891, 0.098809),
        (ProjectivePlane, 13, 0.001417, 0.111767),
        (Majority, 13, 0.000099, 0.062375),
        (Tree, 15, 0.001276, 0.097750),
        (Majority, 15, 0.000034, 0.050013),
    ],
)
def test_how_likely_no_quorum_is_alive_is_as_published(
    system: type[QuorumSystem], n: int, at_one_tenth: float, at_three_tenths: float
) -> None:
    assert system().failure_probability(n, 0.1) == pytest.approx(at_one_tenth, abs=5e-7)
    assert system().failure_probability(n, 0.3) == pytest.approx(at_three_tenths, abs=5e-7)


def failure_one_by_one(quorums: Quorums, n: int, p: float) -> float:
    """Add up the probability of every set of living nodes that holds no quorum."""
    sets = [set(quorum) for quorum in quorums]
    living = chain.from_iterable(combinations(range(n), size) for size in range(n + 1))
    dead = (alive for alive in living if not any(quorum <= set(alive) for quorum in sets))
    return math.fsum((1 - p) ** len(alive) * p ** (n - len(alive)) for alive in dead)


@pytest.mark.parametrize("system", ANY_N, ids=by_name)
def test_how_likely_no_quorum_is_alive_is_the_sum_over_all_sets_of_nodes(system: type[QuorumSystem]) -> None:
    for n in range(1, 10):
        coterie = tuple(system().coterie(n))
        for p in (0.0, 0.2, 0.5, 0.9, 1.0):
            expected = pytest.approx(failure_one_by_one(coterie, n, p), rel=1e-12, abs=1e-15)
            assert failure_probability(coterie, n, p) == expected
            assert system().failure_probability(n, p) == expected


def test_no_system_is_available_more_often_than_a_majority() -> None:
    for n in (3, 7, 13):
        majority = Majority().failure_probability(n, 0.3)
        for system in (Grid, Tree, DifferenceCover, ProjectivePlane):
            assert system().failure_probability(n, 0.3) >= majority * (1 - 1e-12)


def test_a_coterie_that_no_other_one_dominates_is_alive_half_of_the_time_if_its_nodes_are() -> None:
    """Of a set of nodes and the others just one holds a quorum, so half of all sets do."""
    assert failure_probability(FANO, 7, 0.5) == 0.5
    for n in (1, 3, 7, 15):
        for system in (Majority, Tree):
            assert system().failure_probability(n, 0.5) == pytest.approx(0.5, rel=1e-12)


def test_availability_is_left_out_where_all_sets_of_nodes_are_too_many() -> None:
    assert Grid().failure_probability(20, 0.1) == pytest.approx(0.031065, abs=5e-7)
    assert Grid().failure_probability(21, 0.1) is None
    assert Tree().failure_probability(1023, 0.1) < Tree().failure_probability(511, 0.1) < 1e-6
    assert 0 < Majority().failure_probability(1001, 0.1) < 1e-200


# ---- load -----------------------------------------------------------------------------------------------------------


def test_the_load_is_the_part_of_entries_that_ask_the_busiest_node() -> None:
    assert load(((0,), (0, 1), (0, 2))) == 1
    assert load(FANO) == Fraction(3, 7)
    assert load(Grid().for_nodes(5)) == Fraction(4, 5)
    assert load(Tree().for_nodes(15)) == 1, "without a failure everybody asks the root"


def test_the_least_load_is_what_a_linear_program_gives() -> None:
    """Known values: Naor and Wool 1998; the wheel's is (n - 1) / (2 n - 3)."""
    assert least_load(FANO, 7) == Fraction(3, 7)
    for n in range(3, 9):
        wheel = [*((0, node) for node in range(1, n)), tuple(range(1, n))]
        assert least_load(wheel, n) == Fraction(n - 1, 2 * n - 3)
    assert least_load(Grid().for_nodes(9), 9) == Fraction(5, 9)
    assert least_load(Grid().for_nodes(13), 13) == 1, "the only node of the last row is in every quorum"
    assert least_load(tuple(combinations(range(7), 4)), 7) == Fraction(4, 7)


@pytest.mark.parametrize("system", ANY_N, ids=by_name)
def test_the_least_load_of_a_system_is_that_of_its_coterie(system: type[QuorumSystem]) -> None:
    for n in range(1, 10):
        coterie = tuple(system().coterie(n))
        smallest = min(map(len, coterie))
        least = system().least_load(n)
        assert least == least_load(coterie, n)
        assert max(Fraction(1, smallest), Fraction(smallest, n)) <= least <= load(system().for_nodes(n))


def test_the_least_load_of_a_full_tree_is_two_over_its_height_and_one_more() -> None:
    for height in range(1, 12):
        assert Tree().least_load(2**height - 1) == Fraction(2, height + 1)


def test_the_least_load_is_left_out_where_the_program_is_too_large() -> None:
    assert Grid().least_load(30) is not None
    assert Grid().least_load(31) is None
    assert Grid().least_load(36) == Fraction(11, 36), "no program is needed where a bound is met"
