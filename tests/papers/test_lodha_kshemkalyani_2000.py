"""Lodha and Kshemkalyani, "A Fair Distributed Mutual Exclusion Algorithm", 2000: its claims, and its deadlock, tested.

The claims are tested of the mended algorithm in plugins/lodha_kshemkalyani.py; the printed one is in tests/broken.
"""

from pathlib import Path
from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry, served_against_causal_order, stamps_out_of_order
from worlds import simulate

from mxbench.check.answer import check
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.lodha_kshemkalyani import LodhaKshemkalyani
from mxbench_plugins.ricart_agrawala import RicartAgrawala

PRINTED = Path(__file__).parent.parent / "broken" / "lodha_kshemkalyani_as_printed.py"
RANDOM = Network(delay=Exponential(0.002))
MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.002), Exponential(0.2)], ids=["saturated", "mixed", "rare"])
def test_an_access_takes_n_minus_one_to_twice_n_minus_one_messages(n: int, think: Any) -> None:
    """ "The algorithm requires between (N - 1) and 2(N - 1) messages per access to the critical section, where N is the
    number of processes in the system." Abstract."""
    for network in (Network(), RANDOM):
        history = simulate(LodhaKshemkalyani, n, entries=10, think=think, network=network)
        assert_right(history, entries=10 * n)
        assert n - 1 <= messages_per_entry(history) <= 2 * (n - 1)


@pytest.mark.parametrize("n", [2, 3, 7, 16])
def test_n_requests_at_once_answer_each_other(n: int) -> None:
    """ "The exact message complexity can be expressed as a deterministic function of concurrency in the computation."
    Abstract. All at once: each is flushed by the one before it, and nobody replies."""
    history = simulate(LodhaKshemkalyani, n, entries=1)
    assert messages(history) == {"Request": n * (n - 1), "Flush": n - 1}


@pytest.mark.parametrize("n", [2, 3, 7])
@pytest.mark.parametrize("at_once", [1, 2])
def test_each_pair_of_requests_that_meet_saves_a_message_for_each_of_them(n: int, at_once: int) -> None:
    """As above: of m requests at once each is spared m - 1 replies, and all but the last pay one flush."""
    history = simulate(LodhaKshemkalyani, n, entries=[int(node < at_once) for node in range(n)])
    expected = at_once * 2 * (n - 1) - at_once * (at_once - 1) + (at_once - 1)
    assert messages(history).total() == expected


@pytest.mark.parametrize("n", [2, 5])
def test_without_concurrency_it_costs_what_ricart_and_agrawalas_does(n: int) -> None:
    """ "... over Lamport's and Ricart-Agrawala's algorithms, which require 3(N - 1) and 2(N - 1) messages per critical
    section access, respectively." Abstract."""
    alone = [
        messages_per_entry(simulate(algorithm, n, entries=5, one_at_a_time=True))
        for algorithm in (Lamport, RicartAgrawala, LodhaKshemkalyani)
    ]
    assert alone == [3 * (n - 1), 2 * (n - 1), 2 * (n - 1)]


def test_where_nodes_ask_again_at_once_and_all_messages_take_as_long_no_two_requests_meet() -> None:
    """Beside the paper: the range says nothing of where in it a load falls. A loop in lock step saves nothing."""
    long_run = simulate(LodhaKshemkalyani, 5, entries=200)
    assert messages_per_entry(long_run) == pytest.approx(2 * 4, rel=0.02)
    at_random = simulate(LodhaKshemkalyani, 5, entries=200, think=Exponential(0.01), network=RANDOM)
    assert messages_per_entry(at_random) < 1.9 * 4


def test_it_is_fair_requests_are_served_in_the_order_of_their_timestamps() -> None:
    """Section 1: fair is an algorithm that serves requests in the order of their logical timestamps."""
    for seed in range(10):
        history = simulate(LodhaKshemkalyani, 5, entries=6, think=Exponential(0.005), network=RANDOM, seed=seed)
        assert served_against_causal_order(history) == []
        assert stamps_out_of_order(history) == []


def test_a_node_alone_enters_after_one_round_trip_and_the_next_one_a_message_after_its_release() -> None:
    history = simulate(LodhaKshemkalyani, 3, entries=1, dwell=Constant(0.005))
    first, second, third = history.entries
    assert (first.entered, first.released) == (MS, 6 * MS), "requests that meet are the answers"
    assert (second.entered, third.entered) == (7 * MS, 13 * MS)
    alone = simulate(LodhaKshemkalyani, 3, entries=[1, 0, 0])
    assert alone.entries[0].entered == 2 * MS


def test_the_printed_rules_deadlock_with_one_request_of_each_of_three_nodes() -> None:
    """Section 3: 'RcvReq' puts into LRQ a request that was served long ago, and nobody will flush it out."""
    found = check(PRINTED, requests=1)
    assert (found["property"], len(found["trace"])) == ("no deadlock", 13)
    *_, flushed, late = found["trace"]
    assert flushed["text"] == "node 2 receives Flush((1, 1)) from 1"
    assert late["text"] == "node 2 receives Request(1) from 0"
    assert late["waiting"] == [2]
    assert check("lodha-kshemkalyani", requests=1)["verdict"] == "valid"


def test_two_nodes_do_not_show_the_deadlock_of_the_printed_rules() -> None:
    assert check(PRINTED, nodes=2)["verdict"] == "valid"
