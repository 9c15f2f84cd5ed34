"""Carvalho and Roucairol, "On Mutual Exclusion in Computer Networks", 1983: what the correspondence says, tested."""

from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry, served_against_causal_order
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench.metrics.cost import saturated_window
from mxbench.metrics.delay import synchronisation_delays
from mxbench_plugins.carvalho_roucairol import CarvalhoRoucairol

RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.2)], ids=["saturated", "mixed", "rare"])
def test_an_entry_takes_0_to_twice_n_minus_one_messages(n: int, think: Any) -> None:
    """The number of messages varies between 0 and 2(N - 1)."""
    for network in (Network(), RANDOM, Network(delay=Exponential(0.002), fifo=False)):
        history = simulate(CarvalhoRoucairol, n, entries=15, think=think, network=network)
        assert_right(history, entries=15 * n)
        assert 0 <= messages_per_entry(history) <= 2 * (n - 1)
        assert messages(history)["Request"] == messages(history)["Reply"], "each permission that moves costs two"


def test_a_node_that_enters_again_and_again_pays_once() -> None:
    """A node keeps the permissions that it got: no message as long as nobody else asks."""
    once, often = (simulate(CarvalhoRoucairol, 6, entries=[0, 0, 0, 0, 0, count]) for count in (1, 50))
    assert messages(once).total() == messages(often).total() == 2 * 5
    assert messages(simulate(CarvalhoRoucairol, 6, entries=[50, 0, 0, 0, 0, 0])).total() == 0, "node 0 holds them all"


@pytest.mark.parametrize("n", [2, 5, 12])
def test_a_node_asks_those_alone_that_entered_since_it_did(n: int) -> None:
    """A request goes to the nodes that have asked in the meantime. With an entry by a random node at a time these are
    (n - 1) / 2 on average, so n - 1 messages."""
    history = simulate(CarvalhoRoucairol, n, tickets=2_000, one_at_a_time=True, history="sections")
    latest_first, asked = list(range(n)), 0  # at the start the lower node holds the permission
    for entry in history.entries:
        place = latest_first.index(entry.node)
        asked += place
        latest_first.insert(0, latest_first.pop(place))
    assert messages(history).total() == 2 * asked
    assert messages_per_entry(history) == pytest.approx(n - 1, rel=0.05)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_if_all_always_wait_it_costs_what_ricart_and_agrawalas_does(n: int) -> None:
    """Ricart and Agrawala's answer: under heavy load nothing is saved."""
    window = saturated_window(simulate(CarvalhoRoucairol, n, entries=100, warmup_entries=2 * n))
    assert window is not None
    assert window.messages_per_entry == pytest.approx(2 * (n - 1), rel=0.01)


def test_the_order_is_not_that_of_the_requests() -> None:
    """A node that holds all permissions enters without telling, so a request that came before can lose."""
    histories = [simulate(CarvalhoRoucairol, 4, entries=10, think=Exponential(0.003), network=RANDOM, seed=s)
                 for s in range(10)]  # fmt: skip
    assert any(served_against_causal_order(history) for history in histories)


def test_a_node_alone_enters_at_once_or_after_a_round_trip_and_the_next_one_a_message_after_its_release() -> None:
    history = simulate(CarvalhoRoucairol, 3, entries=[1, 1, 0], dwell=Constant(0.005))
    first, second = history.entries
    assert (first.node, first.entered, first.released) == (0, 0, 5 * MS)
    assert second.entered == 6 * MS
    alone = simulate(CarvalhoRoucairol, 3, entries=[0, 0, 1])
    assert alone.entries[0].entered == 2 * MS
    assert {*synchronisation_delays(simulate(CarvalhoRoucairol, 5, entries=40, dwell=Constant(0.005)))} == {MS}
