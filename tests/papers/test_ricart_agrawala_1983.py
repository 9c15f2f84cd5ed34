"""Ricart and Agrawala's response to Carvalho and Roucairol, 1983, which gives a token algorithm: its claims, tested."""

from itertools import pairwise
from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench_plugins.ricart_agrawala_token import RicartAgrawalaToken

RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_an_entry_takes_no_message_where_the_token_is_and_n_elsewhere(n: int) -> None:
    """A node that holds the token enters without asking; another one sends N - 1 requests and gets the token."""
    history = simulate(RicartAgrawalaToken, n, entries=30, one_at_a_time=True)
    nodes = [0, *(entry.node for entry in history.entries)]  # node 0 has the token at the start
    moves = sum(before != after for before, after in pairwise(nodes))
    assert messages(history) == ({"Request": moves * (n - 1), "Token": moves} if n > 1 else {})


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.05)], ids=["saturated", "mixed", "rare"])
def test_an_entry_takes_at_most_n_messages_at_any_load(n: int, think: Any) -> None:
    """Fewer than the 2 (N - 1) of their algorithm of 1981, as it is not symmetric: one node has what the others ask
    for."""
    for network in (Network(), RANDOM):
        history = simulate(RicartAgrawalaToken, n, entries=20, think=think, network=network)
        assert_right(history, 20 * n)
        assert messages_per_entry(history) <= n


def test_the_token_goes_round_the_ring_of_those_who_ask() -> None:
    """The holder searches the others in the order j + 1, ..., N, 1, ..., j - 1 for the next one to have it."""
    history = simulate(RicartAgrawalaToken, 5, entries=[4, 4, 0, 4, 4], holder=3, dwell=Constant(0.002))
    assert [entry.node for entry in history.entries] == [3, 4, 0, 1] * 4


def test_a_request_that_the_holder_knows_of_is_overtaken_by_each_node_once_at_most() -> None:
    """The order of the ring keeps from starving: between two turns of a node each other one has one turn."""
    for seed in range(10):
        history = simulate(RicartAgrawalaToken, 5, entries=20, dwell=Constant(0.003), seed=seed, network=RANDOM)
        for node in range(5):
            for entry in [entry for entry in history.entries if entry.node == node]:
                known = entry.requested + 20 * MS  # longer than any message takes in these runs
                others = [e.node for e in history.entries if e.node != node and known < e.entered < entry.entered]
                assert len(others) == len(set(others))


def test_a_node_alone_enters_after_one_round_trip_and_the_next_one_a_message_after_its_release() -> None:
    history = simulate(RicartAgrawalaToken, 3, entries=[0, 1, 1], dwell=Constant(0.005))
    first, second = history.entries
    assert (first.entered, first.released) == (2 * MS, 7 * MS)
    assert second.entered == 8 * MS
