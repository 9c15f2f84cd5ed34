"""Maekawa, "A sqrt(N) Algorithm for Mutual Exclusion in Decentralized Systems", 1985: what the paper says, tested."""

import math
from bisect import insort
from itertools import combinations

import pytest
from oracles import assert_right, messages, messages_per_entry
from plans import run

from mxbench.core.algorithm import Out
from mxbench.core.distributions import Exponential
from mxbench.quorum_systems.grid import Grid
from mxbench.quorum_systems.projective_plane import ProjectivePlane
from mxbench_plugins.maekawa import Failed, Maekawa

PLANES = (7, 13, 21, 31)
SEEDS = range(10)


def plane(n: int) -> tuple[tuple[int, ...], ...]:
    return ProjectivePlane().for_nodes(n)


@pytest.mark.parametrize("n", PLANES)
def test_an_entry_takes_between_three_and_five_roots_of_n_messages(n: int) -> None:
    """Abstract: the algorithm "uses only c sqrt(N) messages to create mutual exclusion in a computer network, where N
    is the number of nodes and c a constant between 3 and 5".

    With K nodes in a quorum it is c (K - 1), and K is a little over sqrt(N). Exactly 3 when nobody else waits.
    """
    size = len(plane(n)[0])
    assert math.sqrt(n) - 1 < size - 1 < math.sqrt(n) < size
    alone = run(Maekawa, n, entries=2, quorums=plane(n), one_at_a_time=True)
    assert messages_per_entry(alone) == 3 * (size - 1)
    for load in ({}, {"think": Exponential(0.003)}):
        busy = run(Maekawa, n, entries=6, quorums=plane(n), **load)
        assert 3 * (size - 1) < messages_per_entry(busy) < 5 * (size - 1)


@pytest.mark.parametrize("n", PLANES)
def test_at_each_node_of_its_quorum_a_request_brings_about_five_messages_and_one_lock_given_again(n: int) -> None:
    """The greatest c of the abstract, 5: REQUEST, INQUIRE, RELINQUISH, LOCKED and RELEASE. The lock that was given back
    is given once more, later, to whoever relinquished it: 6 (K - 1) at the worst. Where FAILED is sent, to the request
    or, as Sanders has it, to the one that it overtakes, there is no INQUIRE: it costs no seventh message.
    """
    others = len(plane(n)[0]) - 1
    for seed in SEEDS:
        history = run(Maekawa, n, entries=4, quorums=plane(n), think=Exponential(0.003), fifo=False, seed=seed)
        sent, asked = messages(history), 4 * n * others
        assert sent["Request"] == sent["Release"] == asked
        assert sent["Locked"] == asked + sent["Relinquish"]
        assert 0 < sent["Relinquish"] <= sent["Inquire"]
        assert 0 < sent["Failed"] + sent["Inquire"] <= asked
        assert sent.total() <= 6 * asked


@pytest.mark.parametrize("n", PLANES)
def test_the_quorums_are_what_the_paper_demands_of_them(n: int) -> None:
    """Section 2, conditions (a) to (d): any two quorums share a node; a node is in its own; all have K nodes; each node
    is in K of them. Then N = K (K - 1) + 1."""
    quorums = plane(n)
    size = len(quorums[0])
    assert all(set(a) & set(b) for a, b in combinations(quorums, 2))
    assert all(node in quorum and len(quorum) == size for node, quorum in enumerate(quorums))
    assert all(sum(node in quorum for quorum in quorums) == size for node in range(n))
    assert n == size * (size - 1) + 1


def test_every_node_bears_the_same_part_of_the_work() -> None:
    """ "The algorithm is symmetric and allows fully parallel operation." Abstract."""
    history = run(Maekawa, 13, entries=2, quorums=plane(13), one_at_a_time=True)
    assert {tuple(node.totals.handled_by_type) for node in history.nodes} == {
        tuple(history.nodes[0].totals.handled_by_type)
    }
    assert messages(history) == dict.fromkeys(("Request", "Locked", "Release"), 13 * 2 * 3)


def test_a_grid_gives_quorums_of_about_twice_the_size_for_numbers_that_have_no_plane() -> None:
    """Section 'Creation of quorums': where there is no plane, quorums of a grid do, at about twice the size."""
    for root in (3, 4, 6):
        quorums = Grid().for_nodes(root * root)
        history = run(Maekawa, root * root, entries=1, quorums=quorums, one_at_a_time=True)
        assert messages_per_entry(history) == 3 * (2 * root - 2) == 6 * root - 6


class NeverInquires(Maekawa):
    """Locks and queues, and leaves it at that."""

    name = "never-inquires"

    def arbitrate(self, request: tuple[int, int], out: Out) -> None:
        if self.lock is None:
            self.lock_for(request, out)
        else:
            insort(self.queue, request)
            self.send(Failed, request, out)


def test_without_inquiries_three_nodes_of_thirteen_lock_each_other_in_a_circle() -> None:
    """Section 3: of thirteen nodes 7, 8 and 11 may each be locked by itself and need the lock of the next one; INQUIRE
    and RELINQUISH undo it. In the plane of this project the same three nodes stand in such a circle."""
    quorums = plane(13)
    assert all(node in quorums[before] for before, node in ((7, 8), (8, 11), (11, 7)))
    asking = tuple(2 if node in (7, 8, 11) else 0 for node in range(13))
    for seed in SEEDS:
        circle = run(NeverInquires, 13, entries=asking, quorums=quorums, seed=seed)
        assert (circle.ending.reason, circle.entries) == ("stuck", [])
        assert_right(run(Maekawa, 13, entries=asking, quorums=quorums, seed=seed), entries=6)


def test_a_relinquished_request_stays_in_the_queue_and_gets_its_lock_later() -> None:
    """Section 3: an arbiter that gets its lock back queues the request again, and no second REQUEST is sent."""
    for seed in SEEDS:
        history = run(Maekawa, 7, entries=8, quorums=plane(7), think=Exponential(0.003), seed=seed)
        sent = messages(history)
        assert sent["Request"] == sent["Release"] == 8 * 7 * (len(plane(7)[0]) - 1)
        assert sent["Inquire"] >= sent["Relinquish"] > 0
        assert sent["Locked"] == sent["Request"] + sent["Relinquish"]
