"""Singhal, "A Heuristically-Aided Algorithm for Mutual Exclusion in Distributed Systems", 1989: its claims, tested.

Of the repaired algorithm in plugins/singhal.py; what is wrong with the printed one is in tests/broken.
"""

from typing import Any

import pytest
from broken.singhal_as_printed import SinghalAsPrinted
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import Constant, Exponential
from mxbench.core.network import LinkRule, Network
from mxbench.metrics.cost import saturated_window
from mxbench.metrics.delay import synchronisation_delays
from mxbench_plugins.singhal import Singhal
from mxbench_plugins.suzuki_kasami import SuzukiKasami

MS = 1_000_000


@pytest.mark.parametrize("n", [1, 2, 3, 9, 16])
def test_at_low_load_a_request_goes_to_half_of_the_nodes_on_average(n: int) -> None:
    """A site asks those only that have asked since it did itself: about N / 2 messages an entry.

    Exactly: who was the r-th last to enter asks r nodes and gets the token; r is 0 to n - 1, each as likely.
    """
    history = simulate(Singhal, n, tickets=1_500, one_at_a_time=True, history="sections")
    latest_first, expected = list(range(n)), 0  # the staircase: as if node 0 had entered last
    for entry in history.entries:
        asked = latest_first.index(entry.node)
        expected += asked + 1 if asked else 0
        latest_first.insert(0, latest_first.pop(asked))
    assert messages(history).total() == expected
    assert messages_per_entry(history) == pytest.approx((n + 1) / 2 - 1 / n, rel=0.05)


@pytest.mark.parametrize("n", [2, 3, 9, 16])
def test_at_high_load_an_entry_takes_n_messages(n: int) -> None:
    window = saturated_window(simulate(Singhal, n, entries=60, warmup_entries=20 * n))
    assert window is not None
    assert window.messages_per_entry == pytest.approx(n, rel=0.005)


@pytest.mark.parametrize("n", [5, 10])
def test_the_heuristic_saves_requests_beside_suzuki_and_kasami(n: int) -> None:
    """Introduction: sites use state information to guess who may have the token, in place of asking everybody."""
    settings: dict[str, Any] = {"entries": 40, "think": Exponential(0.2), "network": Network(delay=Exponential(0.001))}
    ours, theirs = (messages(simulate(a, n, **settings))["Request"] for a in (Singhal, SuzukiKasami))
    assert ours < 0.75 * theirs


def test_who_has_the_token_enters_without_a_message_and_another_one_after_a_round_trip() -> None:
    history = simulate(Singhal, 7, tickets=200, one_at_a_time=True)
    before = 0
    for entry in history.entries:
        assert (entry.entered or 0) - entry.requested == (0 if entry.node == before else 2 * MS)
        before = entry.node


def test_the_next_one_enters_a_message_after_the_release() -> None:
    assert set(synchronisation_delays(simulate(Singhal, 6, entries=20, dwell=Constant(0.002)))) == {1 * MS}


@pytest.mark.parametrize("n", [3, 6])
def test_everybody_is_served_though_a_request_comes_when_it_is_long_out_of_date(n: int) -> None:
    """What the repair is for: as printed, the same runs end with nodes that wait for ever."""
    slow = Network(rules=(LinkRule((n - 1,), (1,), Constant(0.2)),))
    settings: dict[str, Any] = {"entries": 10, "think": Exponential(0.02), "network": slow}
    for seed in range(10):
        assert_right(simulate(Singhal, n, seed=seed, **settings), 10 * n)
    assert "stuck" in {simulate(SinghalAsPrinted, n, seed=seed, **settings).ending.reason for seed in range(10)}
