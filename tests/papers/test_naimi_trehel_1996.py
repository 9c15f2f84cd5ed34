"""Naimi, Trehel and Arnold, "A log(N) Distributed Mutual Exclusion Algorithm Based on Path Reversal", 1996, and its
exact average by Lavault, "Analysis of an Efficient Distributed Algorithm for Mutual Exclusion (Average-Case Analysis
of Path Reversal)", 1992: what the papers say, tested."""

import math
from fractions import Fraction

import pytest
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.metrics.cost import saturated_window
from mxbench.metrics.delay import synchronisation_delays
from mxbench_plugins.naimi_trehel import NaimiTrehel

MS = 1_000_000
RANDOM = Network(delay=Exponential(0.002))


def harmonic(terms: int) -> float:
    return float(sum(Fraction(1, term) for term in range(1, terms + 1)))


def alone(n: int, entries: int, level: str = "sections") -> History:
    """One node after the other, each as likely as the other, the root among them."""
    return simulate(NaimiTrehel, n, tickets=entries, one_at_a_time=True, dwell=ZERO, history=level)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_an_entry_takes_the_harmonic_number_of_messages_on_average(n: int) -> None:
    """Lavault, abstract: "the expected cost of path reversal is thus proved to be exactly H_{n-1}"; that counts the
    request and the token, requests come one at a time, from each node with probability 1/n, and the root's cost 0."""
    assert messages_per_entry(alone(n, 6_000)) == pytest.approx(harmonic(n - 1), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("n", range(2, 33))
def test_the_average_is_the_harmonic_number_within_one_in_a_hundred(n: int) -> None:
    entries = max(60_000 // (n - 1), 24_000)  # the fewer nodes, the more the cost of an entry varies beside its mean
    assert messages_per_entry(alone(n, entries)) == pytest.approx(harmonic(n - 1), rel=0.01)


def test_a_request_is_answered_after_as_many_messages_as_it_takes() -> None:
    """Section 2: a request is sent from father to father, and the token straight back; one message follows the other,
    so the wait is their number."""
    history = alone(8, 500)
    waits = sum((entry.entered or 0) - entry.requested for entry in history.entries)
    assert waits == messages(history).total() * MS


def test_a_request_takes_at_most_n_messages() -> None:
    """n - 1 from father to father, if the tree is a line, and one for the token."""
    history = alone(6, 4_000)
    waits = {((entry.entered or 0) - entry.requested) // MS for entry in history.entries}
    assert waits == {0, 2, 3, 4, 5, 6}, "0 at the root, which asks nobody; a line of six comes about"


@pytest.mark.parametrize("n", [8, 64, 256])
def test_the_average_grows_with_the_logarithm_of_n(n: int) -> None:
    """ "The algorithm requires only O(Log (n)) messages on average, where n is the number of processes in the
    network." Abstract."""
    assert messages_per_entry(alone(n, 1_500)) < math.log2(n)


def cost_in_turns(n: int) -> Fraction:
    """Return the mean cost of path reversal if the nodes ask in turns, for ever; worked out without the plugin."""
    father: list[int | None] = [None] + [0] * (n - 1)
    costs: list[int] = []
    seen: dict[tuple[int | None, ...], int] = {}
    while tuple(father) not in seen:
        seen[tuple(father)] = len(costs)
        for asking in range(n):
            above, hops = father[asking], 0
            while above is not None:
                father[above], above, hops = asking, father[above], hops + 1
            father[asking] = None
            costs.append(hops + 1 if hops else 0)
    period = costs[seen[tuple(father)] :]
    return Fraction(sum(period), len(period))


@pytest.mark.parametrize("n", [2, 3, 5, 8, 13])
def test_nodes_that_take_turns_take_fewer_than_four_messages_however_many_they_are(n: int) -> None:
    """No statement of the paper, but the claim of plugins/naimi_trehel.py for nodes that ask at once and always."""
    assert cost_in_turns(n) == 4 - Fraction(6, n + 1)
    window = saturated_window(simulate(NaimiTrehel, n, entries=100, warmup_entries=40 * n))
    assert window is not None
    assert window.messages_per_entry == pytest.approx(4 - 6 / (n + 1), rel=0.01)


def test_the_next_one_enters_a_message_after_the_release() -> None:
    """Section 2: on leaving, a process sends the token to `next`, if it has one."""
    assert set(synchronisation_delays(simulate(NaimiTrehel, 6, entries=20, dwell=Constant(0.002)))) == {1 * MS}


def test_requests_are_served_in_the_order_in_which_they_came_to_the_tail() -> None:
    """Abstract: "it sends a request to the tail of a queue"; who came first is before, and nobody starves."""
    for seed in range(10):
        history = simulate(NaimiTrehel, 5, entries=[1, 30, 30, 30, 30], holder=1, seed=seed, network=RANDOM)
        lonely = next(entry for entry in history.entries if entry.node == 0)
        assert lonely.number <= 4 * 4 + 1


def test_channels_may_reorder() -> None:
    """Of the network the paper assumes that it loses nothing, not that it keeps the order of messages."""
    for seed in range(10):
        history = simulate(
            NaimiTrehel, 6, seed=seed, dwell=Constant(0.0005), network=Network(delay=Exponential(0.002), fifo=False)
        )
        assert_right(history, 18)
