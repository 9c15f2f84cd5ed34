"""Agrawal and El Abbadi's algorithm: who yields, the tags, and what it costs beside Maekawa's."""

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
from mxbench.core.distributions import Exponential
from mxbench.core.history import History
from mxbench.core.quorums import Quorums
from mxbench.quorum_systems.grid import Grid
from mxbench.quorum_systems.tree import Tree
from mxbench_plugins.agrawal_el_abbadi import AgrawalElAbbadi, Inquire, Relinquish, Reply, Request, Yield
from mxbench_plugins.maekawa import Maekawa

TWO_ARBITERS: Quorums = ((3, 4),) * 5  # nodes 0, 1, 2 ask; 3 and 4 are asked, and are in every quorum
RING: Quorums = ((3, 4), (4, 5), (3, 5), (3, 4), (3, 4), (3, 4))  # each two of nodes 0, 1, 2 share one


@pytest.mark.parametrize("nodes", range(1, 33))
def test_it_works_on_a_tree_of_any_size(nodes: int) -> None:
    for one_at_a_time in (True, False):
        history = run(AgrawalElAbbadi, nodes, entries=2, quorums=Tree().for_nodes(nodes), one_at_a_time=one_at_a_time)
        assert_right(history, entries=2 * nodes)
        assert_costs_what_it_claims(AgrawalElAbbadi, history)


@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "reordering"])
@pytest.mark.parametrize("quorums", [TWO_ARBITERS, RING], ids=["two-arbiters", "ring"])
def test_it_never_deadlocks_where_maekawa_as_printed_does(quorums: Quorums, fifo: bool) -> None:
    for seed in range(40):
        history = run(AgrawalElAbbadi, len(quorums), entries=(3, 3, 3) + (0,) * (len(quorums) - 3), quorums=quorums,
                      fifo=fifo, seed=seed)  # fmt: skip
        assert_right(history, entries=9)


class NeverYields(AgrawalElAbbadi):
    """Keeps what it was given."""

    name = "never-yields"

    def enter_or_yield(self, out: Out) -> None:
        self.inquired.clear()
        super().enter_or_yield(out)


class YieldsWhatItHasNot(AgrawalElAbbadi):
    """Yields at once to an inquiry that overtakes its reply, and takes the reply when it comes."""

    name = "yields-what-it-has-not"

    def enter_or_yield(self, out: Out) -> None:
        for node in sorted(self.inquired - self.replied):
            self.inquired.remove(node)
            out.send(node, Yield(self.ours))
        super().enter_or_yield(out)


class DropsEarlyInquiry(AgrawalElAbbadi):
    """Ignores an inquiry that overtakes its reply."""

    name = "drops-early-inquiry"

    def enter_or_yield(self, out: Out) -> None:
        self.inquired &= self.replied
        super().enter_or_yield(out)


@pytest.mark.slow
def test_an_inquiry_must_be_answered_and_one_that_overtakes_its_reply_must_wait_for_it() -> None:
    asking = (3, 3, 3, 0, 0, 0)

    def runs(algorithm: type[Algorithm], fifo: bool) -> list[History]:
        return [run(algorithm, 6, entries=asking, quorums=RING, fifo=fifo, seed=seed) for seed in range(30)]

    assert any(history.ending.reason == "stuck" for history in runs(NeverYields, fifo=True))
    assert any(history.ending.reason == "stuck" for history in runs(DropsEarlyInquiry, fifo=False))
    assert any(overlaps(history) and repeated_numbers(history) for history in runs(YieldsWhatItHasNot, fifo=False))
    for algorithm, fifo in ((DropsEarlyInquiry, True), (YieldsWhatItHasNot, True), (AgrawalElAbbadi, False)):
        for history in runs(algorithm, fifo):
            assert_right(history, entries=9)


# ---- cost -----------------------------------------------------------------------------------------------------------


def test_under_load_without_failed_messages_it_costs_less_than_maekawa_on_the_same_quorums() -> None:
    for quorums in (Tree().for_nodes(15), Grid().for_nodes(9)):
        costs = {}
        for algorithm in (AgrawalElAbbadi, Maekawa):
            history = run(algorithm, len(quorums), entries=10, quorums=quorums)
            costs[algorithm] = messages_per_entry(history) / (asked_and_self(history) - 1)
        assert 3 <= costs[AgrawalElAbbadi] <= 3.2
        assert 3.9 <= costs[Maekawa] <= 4.2


def test_each_yield_answers_an_inquiry_and_is_followed_by_a_reply_given_again() -> None:
    yields = 0
    for seed in range(10):
        history = run(AgrawalElAbbadi, 7, entries=8, quorums=Tree().for_nodes(7), think=Exponential(0.003), seed=seed)
        sent = messages(history)
        assert sent["Request"] == sent["Relinquish"] == 8 * 7 * 2
        assert sent["Yield"] <= sent["Inquire"] <= sent["Request"]
        assert sent["Reply"] == sent["Request"] + sent["Yield"]
        yields += sent["Yield"]
    assert yields > 0


# ---- one node, message by message -----------------------------------------------------------------------------------


def alone(me: int) -> OneNode:
    return OneNode(AgrawalElAbbadi, Parameters(me, 5, TWO_ARBITERS))


def test_a_node_inquires_once_and_replies_to_the_first_when_it_has_its_reply_back() -> None:
    asked = alone(me=3)
    assert asked.hear(2, Request(1)) == [(2, Reply(1))]
    assert asked.hear(1, Request(1)) == [(2, Inquire(1))]
    assert asked.hear(0, Request(1)) == [], "it has inquired already"
    assert asked.hear(2, Yield(1)) == [(0, Reply(1))]
    assert asked.hear(0, Relinquish(1)) == [(1, Reply(1))]
    assert asked.hear(1, Relinquish(1)) == [(2, Reply(1))], "the one that yielded asks no second time"
    assert asked.hear(2, Relinquish(1)) == []


def test_a_node_does_not_inquire_for_a_later_request() -> None:
    asked = alone(me=3)
    asked.hear(1, Request(1))
    assert asked.hear(2, Request(1)) == []
    assert asked.hear(0, Request(2)) == []


def test_a_node_ignores_what_is_not_about_the_request_that_it_replied_to() -> None:
    asked = alone(me=3)
    asked.hear(2, Request(5))
    asked.hear(1, Request(6))
    for message in (Relinquish(6), Yield(6)):
        assert asked.hear(1, message) == []
    for message in (Relinquish(4), Yield(4)):
        assert asked.hear(2, message) == []
    assert asked.hear(2, Relinquish(5)) == [(1, Reply(6))]


def test_a_node_yields_at_once_while_it_waits_and_not_when_it_is_inside() -> None:
    node = alone(me=0)
    assert node.request() == [(3, Request(1)), (4, Request(1))]
    node.hear(3, Reply(1))
    assert node.hear(3, Inquire(1)) == [(3, Yield(1))]
    assert node.hear(4, Reply(1)) == []
    assert not node.inside, "the reply that it yielded is missing"
    assert node.hear(3, Reply(1)) == []
    assert node.inside
    assert node.hear(4, Inquire(1)) == []
    assert node.release() == [(3, Relinquish(1)), (4, Relinquish(1))]


def test_the_reply_that_completes_the_path_counts_though_it_was_inquired_about_before_it_came() -> None:
    node = alone(me=0)
    node.request()
    node.hear(3, Reply(1))
    assert node.hear(4, Inquire(1)) == [], "the inquiry has overtaken the reply"
    assert node.hear(4, Reply(1)) == []
    assert node.inside


def test_a_node_ignores_what_is_about_its_earlier_request() -> None:
    node = alone(me=0)
    node.request()
    node.hear(3, Reply(1))
    node.hear(4, Reply(1))
    node.release()
    assert node.request() == [(3, Request(2)), (4, Request(2))]
    for sender, late in ((3, Reply(1)), (4, Reply(1)), (4, Inquire(1))):
        assert node.hear(sender, late) == []
    assert node.hear(4, Reply(2)) == [], "it was not inquired about"
    assert not node.inside


def test_a_request_is_later_than_every_request_that_its_node_has_seen() -> None:
    node = alone(me=3)
    node.hear(1, Request(7))
    assert node.request() == [(3, Request(8)), (4, Request(8))]
