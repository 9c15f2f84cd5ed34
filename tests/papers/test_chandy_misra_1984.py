"""Chandy and Misra, "The Drinking Philosophers Problem", 1984: what it says of diners, on a complete graph."""

from collections import Counter
from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench.metrics.cost import saturated_window
from mxbench.metrics.delay import synchronisation_delays
from mxbench_plugins.carvalho_roucairol import CarvalhoRoucairol
from mxbench_plugins.chandy_misra import ChandyMisra

RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.2)], ids=["saturated", "mixed", "rare"])
def test_neighbours_do_not_eat_together_and_each_hungry_one_eats(n: int, think: Any) -> None:
    """Section 3: neighbours are never eating at the same time, and no philosopher stays hungry for ever."""
    for network in (Network(), RANDOM, Network(delay=Exponential(0.002), fifo=False)):
        history = simulate(ChandyMisra, n, entries=15, think=think, network=network)
        assert_right(history, entries=15 * n)
        assert messages_per_entry(history) <= 2 * (n - 1)
        assert messages(history)["Token"] == messages(history)["Fork"], "a fork is sent to who asked for it"


@pytest.mark.parametrize("n", [2, 3, 6])
def test_the_selected_process_is_not_always_the_same(n: int) -> None:
    """ "To guarantee fairness, the distinguishing property must be such that the process selected for favorable
    treatment is not always the same." Abstract.

    Whoever has eaten comes after all its neighbours: once it has the token of one, it eats once more at the most.
    """
    for seed in range(10):
        history = simulate(ChandyMisra, n, entries=20, seed=seed, network=RANDOM)
        eaten: Counter[tuple[int, int]] = Counter()  # (who was asked, who asked) -> how often it ate since
        for event in history:
            if event.kind == "delivered" and event.type == "Token":
                eaten[event.node, event.peer] = 0
            elif event.kind == "entered":
                for asked, hungry in [*eaten]:
                    eaten[asked, hungry] += asked == event.node
                    if hungry == event.node:
                        del eaten[asked, hungry]
                assert max(eaten.values(), default=0) <= 1


def test_a_node_that_eats_again_and_again_pays_once() -> None:
    """Section 4: a philosopher keeps its dirty forks until they are asked for."""
    once, often = (simulate(ChandyMisra, 6, entries=[0, 0, 0, 0, 0, count]) for count in (1, 50))
    assert messages(once).total() == messages(often).total() == 2 * 5
    assert messages(simulate(ChandyMisra, 6, entries=[50, 0, 0, 0, 0, 0])).total() == 0, "node 0 holds all of its forks"


@pytest.mark.parametrize("n", [2, 5])
def test_alone_it_costs_what_carvalho_and_roucairols_does(n: int) -> None:
    """Beside the paper: a fork is a permission. With one request at a time dirty or clean makes no difference."""
    runs = [simulate(a, n, tickets=400, one_at_a_time=True) for a in (ChandyMisra, CarvalhoRoucairol)]
    assert messages_per_entry(runs[0]) == messages_per_entry(runs[1])
    assert messages_per_entry(runs[0]) == pytest.approx(n - 1, rel=0.15)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_if_all_are_always_hungry_every_fork_moves(n: int) -> None:
    """Section 4: a request and a fork for each neighbour at the most."""
    window = saturated_window(simulate(ChandyMisra, n, entries=100, warmup_entries=2 * n))
    assert window is not None
    assert window.messages_per_entry == pytest.approx(2 * (n - 1), rel=0.01)


def test_a_message_carries_nothing_and_the_state_does_not_grow() -> None:
    """Section 1: no priorities or timestamps; the place of the fork and its state are all that distinguishes."""
    history = simulate(ChandyMisra, 4, entries=200)
    assert len({event.payload for event in history if event.kind == "sent"}) == 2


def test_the_next_one_eats_a_message_after_a_release() -> None:
    assert {*synchronisation_delays(simulate(ChandyMisra, 5, entries=40, dwell=Constant(0.005)))} == {MS}
    assert simulate(ChandyMisra, 3, entries=[0, 0, 1]).entries[0].entered == 2 * MS
