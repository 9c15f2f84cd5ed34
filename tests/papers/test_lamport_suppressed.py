"""Lamport's algorithm without superfluous replies, as in Kshemkalyani and Singhal (2008, section 9.3): tested."""

from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry, served_against_causal_order, stamps_out_of_order
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.lamport_suppressed import LamportSuppressed

RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.2)], ids=["saturated", "mixed", "rare"])
def test_an_entry_takes_twice_to_three_times_n_minus_one_messages(n: int, think: Any) -> None:
    """Between 3(N - 1) and 2(N - 1) messages an execution of the critical section."""
    for network in (Network(), RANDOM):
        history = simulate(LamportSuppressed, n, entries=10, think=think, network=network)
        assert_right(history, entries=10 * n)
        assert 2 * (n - 1) <= messages_per_entry(history) <= 3 * (n - 1)


@pytest.mark.parametrize("n", [2, 3, 7, 16])
def test_a_later_request_that_was_sent_before_is_the_reply(n: int) -> None:
    """A node that has sent a request of its own with a higher timestamp than the one it receives need not reply.

    Of n at once, each is answered by those that come before it alone: half of the replies.
    """
    history = simulate(LamportSuppressed, n, entries=1)
    half = n * (n - 1) // 2
    assert messages(history) == {"Request": 2 * half, "Reply": half, "Release": 2 * half}
    assert messages(simulate(Lamport, n, entries=1))["Reply"] == 2 * half


def test_of_two_that_ask_at_once_the_first_one_pays_the_least() -> None:
    """Both ends of the range in one run: node 0 gets no reply from node 1, and node 1 one from node 0."""
    history = simulate(LamportSuppressed, 2, entries=1)
    replies = {node.node: node.totals.sent_by_type[node.types.index("Reply")] for node in history.nodes}
    assert replies == {0: 1, 1: 0}


def test_alone_nothing_is_saved() -> None:
    """Who asks when all is quiet has the highest clock: nobody has sent it anything later."""
    assert messages_per_entry(simulate(LamportSuppressed, 5, entries=5, one_at_a_time=True)) == 3 * 4


def test_requests_are_served_in_the_order_of_their_timestamps() -> None:
    for seed in range(10):
        history = simulate(LamportSuppressed, 5, entries=6, think=Exponential(0.005), network=RANDOM, seed=seed)
        assert served_against_causal_order(history) == []
        assert stamps_out_of_order(history) == []


def test_it_is_as_quick_as_lamports() -> None:
    """The times of all entries are the same: a reply that is left out was never the last thing to wait for."""
    for settings in ({}, {"one_at_a_time": True}, {"think": Constant(0.0031)}):
        times = [
            [(entry.node, entry.entered) for entry in simulate(algorithm, 4, entries=5, **settings).entries]
            for algorithm in (Lamport, LamportSuppressed)
        ]
        assert times[0] == times[1]
