"""Maekawa's algorithm: its deadlocks, its tags, and what it costs on each quorum system."""

from pathlib import Path
from typing import Any

import pytest
from one_node import OneNode
from oracles import (
    asked_and_self,
    assert_costs_what_it_claims,
    assert_right,
    messages,
    messages_per_entry,
    overlaps,
    repeated_numbers,
)
from plans import run

from mxbench.core.algorithm import Algorithm, Out, Parameters
from mxbench.core.history import History
from mxbench.core.quorums import Quorums
from mxbench.loading import load_file
from mxbench.quorum_systems.grid import Grid
from mxbench.quorum_systems.projective_plane import ProjectivePlane
from mxbench_plugins.maekawa import Failed, Inquire, Locked, Maekawa, Release, Relinquish, Request

SEEDS = (1, 2, 3)
TWO_ARBITERS: Quorums = ((3, 4),) * 5  # nodes 0, 1, 2 ask; 3 and 4 only arbitrate, and are in every quorum
RING: Quorums = ((3, 4), (4, 5), (3, 5), (3, 4), (3, 4), (3, 4))  # each two of nodes 0, 1, 2 share one arbiter
WITHOUT_EXTRA_FAILED = Path(__file__).parent / "broken" / "maekawa_without_extra_failed.py"


# ---- deadlocks and reordering -------------------------------------------------------------------------------------


def stuck_runs(algorithm: type[Algorithm], quorums: Quorums, fifo: bool, entries: int, seeds: int) -> int:
    """Return how many of some random schedules end with a node that waits for ever; the others must be right."""
    asking = (entries,) * 3 + (0,) * (len(quorums) - 3)
    stuck = 0
    for seed in range(seeds):
        history = run(algorithm, len(quorums), entries=asking, quorums=quorums, fifo=fifo, seed=seed)
        if history.ending.reason == "stuck":
            stuck += 1
        else:
            assert_right(history, entries=3 * entries)
    return stuck


@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "reordering"])
def test_maekawa_deadlocks_without_the_extra_failed_and_not_with_it(fifo: bool) -> None:
    printed = load_file(WITHOUT_EXTRA_FAILED).MaekawaWithoutExtraFailed
    assert stuck_runs(printed, TWO_ARBITERS, fifo, entries=1, seeds=60) > 0
    assert stuck_runs(Maekawa, TWO_ARBITERS, fifo, entries=1, seeds=60) == 0


@pytest.mark.slow
@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "reordering"])
@pytest.mark.parametrize("quorums", [TWO_ARBITERS, RING], ids=["two-arbiters", "ring"])
def test_maekawa_never_deadlocks_over_many_schedules(quorums: Quorums, fifo: bool) -> None:
    assert stuck_runs(Maekawa, quorums, fifo, entries=3, seeds=200) == 0


class DropsEarlyInquiry(Maekawa):
    """Ignores an inquiry that overtakes its lock."""

    name = "drops-early-inquiry"

    def take_answer(self, arbiter: int, answer: Any, out: Out) -> None:
        if not isinstance(answer, Inquire) or arbiter in self.locked:
            super().take_answer(arbiter, answer, out)


class AnswersEarlyInquiry(Maekawa):
    """Relinquishes a lock that has not arrived, and takes it when it does."""

    name = "answers-early-inquiry"

    def take_answer(self, arbiter: int, answer: Any, out: Out) -> None:
        if isinstance(answer, Inquire) and arbiter not in self.locked and self.failed:
            out.send(arbiter, Relinquish(self.ours))
        else:
            super().take_answer(arbiter, answer, out)


@pytest.mark.slow
def test_an_inquiry_that_overtakes_its_lock_must_be_kept() -> None:
    asking = (3, 3, 3, 0, 0, 0)

    def runs(algorithm: type[Algorithm], fifo: bool) -> list[History]:
        return [run(algorithm, 6, entries=asking, quorums=RING, fifo=fifo, seed=seed) for seed in range(30)]

    assert any(history.ending.reason == "stuck" for history in runs(DropsEarlyInquiry, fifo=False))
    assert any(overlaps(history) and repeated_numbers(history) for history in runs(AnswersEarlyInquiry, fifo=False))
    for algorithm, fifo in ((DropsEarlyInquiry, True), (AnswersEarlyInquiry, True), (Maekawa, False)):
        for history in runs(algorithm, fifo):
            assert_right(history, entries=9)


# ---- cost ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", range(1, 31))
def test_maekawa_works_on_a_grid_of_any_size(nodes: int) -> None:
    for one_at_a_time in (True, False):
        history = run(Maekawa, nodes, entries=2, one_at_a_time=one_at_a_time)
        assert_right(history, entries=2 * nodes)
        assert_costs_what_it_claims(Maekawa, history)


@pytest.mark.parametrize("nodes", [7, 13])
@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "reordering"])
def test_maekawa_works_on_a_projective_plane(nodes: int, fifo: bool) -> None:
    for seed in SEEDS:
        history = run(Maekawa, nodes, quorums=ProjectivePlane().for_nodes(nodes), fifo=fifo, seed=seed)
        assert_right(history, entries=3 * nodes)
        assert_costs_what_it_claims(Maekawa, history)


def test_maekawa_asks_three_messages_of_each_arbiter_when_alone() -> None:
    history = run(Maekawa, 9, one_at_a_time=True)
    others = len(Grid().for_nodes(9)[0]) - 1
    assert messages(history) == dict.fromkeys(("Request", "Locked", "Release"), 27 * others)


def test_maekawa_pays_for_every_arbiter_of_a_quorum_that_it_is_not_in() -> None:
    history = run(Maekawa, 5, entries=(4, 4, 4, 0, 0), quorums=TWO_ARBITERS, one_at_a_time=True)
    assert messages_per_entry(history) == 3 * 2
    assert_costs_what_it_claims(Maekawa, history)


def test_maekawa_under_load_costs_about_four_messages_an_arbiter() -> None:
    for quorums in (Grid().for_nodes(9), Grid().for_nodes(16), ProjectivePlane().for_nodes(13)):
        history = run(Maekawa, len(quorums), entries=10, quorums=quorums)
        ratio = messages_per_entry(history) / (asked_and_self(history) - 1)
        assert 3.9 <= ratio <= 4.2
    assert messages(history)["Inquire"] >= messages(history)["Relinquish"] > 0


# ---- one node, message by message ---------------------------------------------------------------------------------


def alone(me: int) -> OneNode:
    return OneNode(Maekawa, Parameters(me, 5, TWO_ARBITERS))


def test_an_arbiter_tells_each_request_what_it_needs_to_know_in_the_worst_order_of_arrival() -> None:
    arbiter = alone(me=3)
    assert arbiter.hear(2, Request(1)) == [(2, Locked(1))]
    assert arbiter.hear(1, Request(1)) == [(2, Inquire(1))]
    assert arbiter.hear(0, Request(1)) == [(1, Failed(1))], "it was the first of the queue, and is no longer"
    assert arbiter.hear(2, Relinquish(1)) == [(0, Locked(1))]
    assert arbiter.hear(0, Release(1)) == [(1, Locked(1))]
    assert arbiter.hear(1, Release(1)) == [(2, Locked(1))]


def test_an_arbiter_ignores_what_is_not_about_its_lock() -> None:
    arbiter = alone(me=3)
    arbiter.hear(2, Request(5))
    arbiter.hear(1, Request(6))
    for message in (Release(6), Relinquish(6)):
        assert arbiter.hear(1, message) == []
    for message in (Release(4), Relinquish(4)):
        assert arbiter.hear(2, message) == []
    assert arbiter.hear(2, Release(5)) == [(1, Locked(6))]


def test_a_request_is_later_than_every_request_that_its_node_has_seen() -> None:
    node = alone(me=3)
    node.hear(1, Request(7))
    assert node.request() == [(3, Request(8)), (4, Request(8))]


def test_a_node_ignores_what_is_about_its_earlier_request() -> None:
    node = alone(me=0)
    node.request()
    assert (node.hear(3, Locked(1)), node.hear(3, Inquire(1)), node.hear(4, Locked(1))) == ([], [], [])
    assert node.inside, "an inquiry without an answer does not keep it out"
    assert node.release() == [(3, Release(1)), (4, Release(1))]
    node.request()
    for sender, late in ((3, Locked(1)), (4, Locked(1)), (4, Failed(1)), (4, Inquire(1))):
        assert node.hear(sender, late) == []
    assert not node.inside
    assert (node.hear(3, Locked(2)), node.hear(4, Failed(2))) == ([], []), "nobody asks for this lock"


def test_a_node_keeps_its_locks_while_none_of_its_arbiters_has_failed_it() -> None:
    for late_failed in (False, True):
        node = alone(me=0)
        node.request()
        if not late_failed:
            node.hear(4, Failed(1))
        node.hear(4, Locked(1))
        if late_failed:
            node.hear(4, Failed(1))  # sent before the lock that overtook it
        assert node.hear(4, Inquire(1)) == []
        assert node.hear(3, Failed(1)) == [(4, Relinquish(1))]


def test_a_node_that_gave_a_lock_back_gives_back_the_others_too() -> None:
    node = alone(me=0)
    node.request()
    node.hear(4, Failed(1))
    node.hear(3, Locked(1))
    assert node.hear(3, Inquire(1)) == [(3, Relinquish(1))]
    assert node.hear(4, Locked(1)) == []
    assert node.hear(4, Inquire(1)) == [(4, Relinquish(1))], "the lock of node 3 is still missing"


def test_a_node_gives_back_a_lock_once_it_has_it_and_knows_that_it_failed() -> None:
    node = alone(me=0)
    node.request()
    assert node.hear(3, Inquire(1)) == [], "the inquiry has overtaken the lock"
    assert node.hear(4, Failed(1)) == []
    assert node.hear(3, Locked(1)) == [(3, Relinquish(1))]
    assert node.hear(4, Locked(1)) == []
    assert node.hear(3, Locked(1)) == []
    assert node.inside
