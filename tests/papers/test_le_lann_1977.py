"""Le Lann, "Distributed Systems: Towards a Formal Approach", 1977: the ring and its token, tested.

Statements are the paper's idea as textbooks hand it down: one control token on a ring of nodes.
"""

import pytest
from oracles import assert_right, messages, messages_from_exit_to_exit, messages_per_entry
from worlds import simulate

from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.network import Network
from mxbench.metrics.cost import saturated_window
from mxbench.metrics.delay import synchronisation_delays
from mxbench_plugins.ring import Ring

MS = 1_000_000


@pytest.mark.parametrize("n", [2, 3, 8, 32])
@pytest.mark.parametrize("dwell", [ZERO, Constant(0.001)], ids=["no-dwell", "dwell"])
def test_an_entry_takes_one_message_if_every_node_wants_to_enter_at_each_turn(n: int, dwell: Constant) -> None:
    history = simulate(Ring, n, entries=20, dwell=dwell)
    assert_right(history, 20 * n)
    assert messages_from_exit_to_exit(history, n, 15 * n) == 14 * n
    window = saturated_window(history)
    assert (window.messages_per_entry if window else None) == (None if dwell == ZERO else 1)
    assert messages(history).total() == 20 * n + 1, "node 0 sends the token on before it wants to enter"
    assert set(synchronisation_delays(history)) == {1 * MS}


@pytest.mark.parametrize("n", [2, 5])
def test_the_token_circles_also_when_nobody_wants_to_enter(n: int) -> None:
    """So an entry takes any number of messages: one a hop for as long as nobody wants to enter."""
    for think_ms in (10, 1000):
        history = simulate(Ring, n, entries=[4] + [0] * (n - 1), think=Constant(think_ms / 1000), dwell=ZERO)
        duration_ms = history.end() / MS
        assert messages_per_entry(history) == pytest.approx(duration_ms / 4, abs=1)
        assert messages_per_entry(history) >= think_ms


def test_a_request_waits_for_one_turn_of_the_ring_at_most() -> None:
    """Half a turn on average, if nobody else wants to enter and it may come at any time."""
    n = 8
    history = simulate(Ring, n, entries=[800] + [0] * (n - 1), think=Exponential(0.05), dwell=ZERO)
    waits = [((entry.entered or 0) - entry.requested) / MS for entry in history.entries]
    assert max(waits) <= n
    assert sum(waits) / len(waits) == pytest.approx(n / 2, rel=0.05)


def test_the_token_serves_the_nodes_in_the_order_of_the_ring() -> None:
    history = simulate(Ring, 5, entries=4, holder=2)
    assert [entry.node for entry in history.entries] == [3, 4, 0, 1, 2] * 4


def test_there_is_one_token_however_long_its_links_are() -> None:
    history = simulate(Ring, 4, entries=10, network=Network(delay=Exponential(0.003), fifo=False))
    assert_right(history, 40)
    on_its_way = 0
    for event in history:
        on_its_way += {"sent": 1, "delivered": -1}.get(event.kind, 0)
        assert on_its_way in (0, 1)


def test_a_node_alone_keeps_the_token() -> None:
    history = simulate(Ring, 1, entries=5)
    assert_right(history, 5)
    assert messages(history).total() == 0
