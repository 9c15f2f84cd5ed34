"""Suzuki and Kasami, "A Distributed Mutual Exclusion Algorithm", 1985: what the paper says, tested."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami

RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_an_invocation_takes_no_message_where_the_token_is_and_n_elsewhere(n: int) -> None:
    """Section 2: a node that has the privilege enters at once; another one sends N - 1 requests and gets one token."""
    history = simulate(SuzukiKasami, n, entries=30, one_at_a_time=True)
    nodes = [0, *(entry.node for entry in history.entries)]  # node 0 has the token at the start
    moves = sum(before != after for before, after in pairwise(nodes))
    assert messages(history) == ({"Request": moves * (n - 1), "Token": moves} if n > 1 else {})


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.05)], ids=["saturated", "mixed", "rare"])
def test_an_invocation_takes_at_most_n_messages_at_any_load(n: int, think: Any) -> None:
    """ "The algorithm requires at most N message exchanges for one mutual exclusion invocation." Abstract."""
    for network in (Network(), RANDOM):
        history = simulate(SuzukiKasami, n, entries=20, think=think, network=network)
        assert_right(history, 20 * n)
        assert messages_per_entry(history) <= n


@pytest.mark.parametrize("n", [3, 10])
def test_ricart_and_agrawala_take_nearly_twice_as_many(n: int) -> None:
    """ "... than in an algorithm of Ricart and Agrawala, which requires 2*(N - 1) message exchanges per invocation."
    Abstract."""
    ours, theirs = (messages_per_entry(simulate(a, n, entries=40)) for a in (SuzukiKasami, RicartAgrawala))
    assert theirs == 2 * (n - 1)
    assert ours == pytest.approx(n, rel=0.05)


def test_a_node_alone_enters_after_one_round_trip_and_the_next_one_a_message_after_its_release() -> None:
    """ "Accordingly, the delay to invoke mutual exclusion is smaller" (abstract): T between two sections."""
    history = simulate(SuzukiKasami, 3, entries=[0, 1, 1], dwell=Constant(0.005))
    first, second = history.entries
    assert (first.entered, first.released) == (2 * MS, 7 * MS)
    assert second.entered == 8 * MS


def test_the_sequence_numbers_are_unbounded() -> None:
    """ "A drawback of the algorithm is that the sequence numbers contained in the messages are unbounded." Abstract."""
    history = simulate(SuzukiKasami, 3, entries=50)
    requests = [event for event in history if event.kind == "sent" and event.type == "Request"]
    numbers = {event.node: msgspec.msgpack.decode(event.payload)[1] for event in requests}
    asked = {node: sum(event.node == node for event in requests) // 2 for node in range(3)}
    assert numbers == asked
    assert min(asked.values()) > 40


def test_nobody_starves() -> None:
    """Section 3: a request that the holder knows of is put into the token's queue, and those before it are served
    first. So nobody enters more than twice meanwhile: once as it stood before, once before the request was known."""
    for seed in range(10):
        history = simulate(SuzukiKasami, 5, entries=[1, 30, 30, 30, 30], holder=1, seed=seed, network=RANDOM)
        lonely = next(entry for entry in history.entries if entry.node == 0)
        assert lonely.number <= 2 * 4 + 1


def test_messages_need_not_be_delivered_in_the_order_in_which_they_are_sent() -> None:
    """Section 2: message delays are unpredictable, and messages may arrive in another order than they were sent in."""
    for seed in range(10):
        history = simulate(SuzukiKasami, 5, seed=seed, network=Network(delay=Exponential(0.002), fifo=False))
        assert_right(history, 15)
