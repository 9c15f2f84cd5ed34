"""Ricart and Agrawala, "An Optimal Algorithm for Mutual Exclusion in Computer Networks", 1981: its claims, tested."""

from typing import Any

import pytest
from oracles import (
    assert_right,
    messages,
    messages_per_entry,
    overlaps,
    served_against_causal_order,
    stamps_out_of_order,
)
from plans import run

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.ricart_agrawala import RicartAgrawala

SEEDS = range(10)
MS = 1_000_000


@pytest.mark.parametrize("nodes", [1, 2, 3, 6])
@pytest.mark.parametrize("think", [ZERO, Constant(0.05), Exponential(0.002)], ids=["saturated", "rare", "mixed"])
def test_an_invocation_takes_twice_n_minus_one_messages_at_any_load(nodes: int, think: Any) -> None:
    """ "The algorithm sends only 2*(N - 1) messages, where N is the number of nodes in the network per critical section
    invocation." Abstract."""
    history = run(RicartAgrawala, nodes, think=think)
    assert messages_per_entry(history) == 2 * (nodes - 1)
    half = 3 * nodes * (nodes - 1)
    assert messages(history) == ({"Request": half, "Reply": half} if nodes > 1 else {})


def test_the_release_of_lamports_algorithm_is_saved() -> None:
    """Introduction: Lamport's algorithm takes 3*(N - 1) messages."""
    saved = messages_per_entry(run(Lamport, 6)) - messages_per_entry(run(RicartAgrawala, 6))
    assert saved == 6 - 1


def test_priority_is_first_come_first_served() -> None:
    """Abstract: sequence numbers "are used to provide first-come first-served priority into the critical section".

    First come means: of a smaller sequence number. A request that happened before another one has the smaller.
    """
    for seed in SEEDS:
        history = run(RicartAgrawala, 4, entries=4, think=Exponential(0.002), seed=seed)
        assert served_against_causal_order(history) == []
        assert stamps_out_of_order(history) == []


def test_of_equal_sequence_numbers_the_smaller_node_number_goes_first() -> None:
    """Section 2: ties of sequence numbers are broken by the node numbers."""
    history = run(RicartAgrawala, 4, entries=1)
    assert [section.stamp for section in history.entries] == [(1, 0), (1, 1), (1, 2), (1, 3)]


def test_messages_need_not_be_delivered_in_the_order_in_which_they_are_sent() -> None:
    """Section 1: of the network it is assumed that it makes no errors, not that it keeps the order of messages."""
    for seed in SEEDS:
        assert_right(run(RicartAgrawala, 5, fifo=False, seed=seed), entries=15)


def test_mutual_exclusion() -> None:
    """Section 3.1: no two nodes are inside their critical sections at the same time."""
    for seed in SEEDS:
        assert overlaps(run(RicartAgrawala, 4, seed=seed)) == []


def test_no_deadlock_and_no_starvation() -> None:
    """Sections 3.2 and 3.3: no state in which nobody is inside and no node that asks can ever enter; and no node
    waits for ever while others come and go."""
    for seed in SEEDS:
        history = run(RicartAgrawala, 4, entries=(1, 20, 20, 20), seed=seed)
        assert history.ending.reason == "quiet"
        lonely = next(section for section in history.entries if section.node == 0)
        assert lonely.number <= 4, "the others overtook node 0 more than once each"


def test_a_node_alone_enters_after_one_round_trip_and_the_next_one_a_message_after_its_release() -> None:
    """ "The time needed to achieve mutual exclusion is also minimal under some general assumptions." Abstract."""
    history = run(RicartAgrawala, 3, entries=1, delay=lambda *channel: MS, dwell=Constant(0.005))
    first, second, third = history.entries
    assert (first.entered, first.released) == (2 * MS, 7 * MS)
    assert (second.entered, third.entered) == (8 * MS, 14 * MS)
