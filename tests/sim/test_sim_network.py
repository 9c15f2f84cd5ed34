"""What the simulated network does to messages: delay, order, loss, duplication, bandwidth, and links that differ."""

import math
from collections import Counter
from typing import Any

import pytest
from worlds import counts, simulate, stored

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.core.distributions import ZERO, Constant, Exponential, Uniform
from mxbench.core.history import History
from mxbench.core.links import Stream
from mxbench.core.network import LinkRule, Matrix, Network
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami

MS = 1_000_000


class Blob(Message):
    """So many bytes, with a number."""

    number: int
    filling: bytes = b""


class Sprayer(Algorithm):
    """Sends 1000 numbered messages to its peers when it wants to enter."""

    name = "sprayer"
    count: int = 1000
    size: int = 0

    def on_request(self, request: EntryRequest, out: Out) -> None:
        for number in range(self.count):
            out.broadcast(Blob(number, bytes(self.size)))
        out.enter()


class Few(Sprayer):
    """Ten messages of 100 bytes and a little."""

    name = "few"
    count: int = 10
    size: int = 100


def spray(network: Network, algorithm: type[Sprayer] = Sprayer, nodes: int = 2, **settings: Any) -> History:
    return simulate(algorithm, nodes, entries=[1] + [0] * (nodes - 1), dwell=ZERO, network=network, **settings)


def deliveries(history: History, to: int = 1) -> list[tuple[int, int]]:
    """Return (time, sequence) of what was delivered to a node, in its order."""
    return [(event.time, event.sequence) for event in history if event.kind == "delivered" and event.node == to]


def test_delays_are_those_of_the_distribution() -> None:
    times = [time for time, _ in deliveries(spray(Network(delay=Exponential(0.002), fifo=False)))]
    assert len(times) == 1000
    assert sum(times) / 1000 == pytest.approx(2 * MS, rel=3 / math.sqrt(1000))
    assert min(times) < 0.1 * MS
    assert max(times) > 8 * MS


def test_a_channel_keeps_its_order_unless_told() -> None:
    delay = Uniform(0.001, 0.003)
    kept = [sequence for _, sequence in deliveries(spray(Network(delay=delay)))]
    mixed = [sequence for _, sequence in deliveries(spray(Network(delay=delay, fifo=False)))]
    assert kept == list(range(1000))
    assert mixed != kept
    assert sorted(mixed) == kept


def test_jitter_is_added_to_a_delay() -> None:
    times = [
        time for time, _ in deliveries(spray(Network(delay=Constant(0.005), jitter=Uniform(0.0, 0.001), fifo=False)))
    ]
    assert all(5 * MS <= time <= 6 * MS for time in times)
    assert len(set(times)) > 900


def test_lost_messages_are_counted_as_sent_and_never_delivered() -> None:
    history = spray(Network(loss=0.25))
    assert history.nodes[0].totals.sent_by_type == [1000]
    assert history.nodes[1].totals.handled_by_type == [len(deliveries(history))]
    assert 700 < len(deliveries(history)) < 800


def test_a_repeated_message_is_delivered_twice_under_its_own_number() -> None:
    for fifo in (True, False):
        history = spray(Network(delay=Exponential(0.001), duplicate=0.25, fifo=fifo))
        seen = Counter(sequence for _, sequence in deliveries(history))
        assert set(seen) == set(range(1000))
        assert 200 < sum(times == 2 for times in seen.values()) < 300
        assert max(seen.values()) == 2
        assert history.nodes[0].totals.sent_by_type == [1000]


def test_a_copy_on_a_channel_that_keeps_its_order_comes_before_any_later_message() -> None:
    order = [sequence for _, sequence in deliveries(spray(Network(delay=Exponential(0.001), duplicate=0.5)))]
    assert order == sorted(order)


def test_bandwidth_makes_messages_queue_at_their_link() -> None:
    history = spray(Network(delay=Constant(0.001), bandwidth=1e6), Few)
    size = history.nodes[0].totals.payload_bytes // 10
    assert size > 100
    assert [time for time, _ in deliveries(history)] == [MS + (number + 1) * size * 8000 for number in range(10)]


def test_the_matrix_says_the_delay_of_each_direction() -> None:
    matrix = Matrix(((0.001, 0.010, 0.020), (0.030, 0.001, 0.040), (0.050, 0.060, 0.001)))
    history = spray(Network(delay=matrix), Few, 3)
    assert {time for time, _ in deliveries(history, 1)} == {10 * MS}
    assert {time for time, _ in deliveries(history, 2)} == {20 * MS}
    back = simulate(Few, 3, entries=[0, 0, 1], dwell=ZERO, network=Network(delay=matrix))
    assert {time for time, _ in deliveries(back, 0)} == {50 * MS}


def test_nodes_beyond_the_matrix_stand_at_its_sites_in_turn() -> None:
    matrix = Matrix(((0.001, 0.010), (0.030, 0.002)))
    history = spray(Network(delay=matrix), Few, 5)
    assert [{time for time, _ in deliveries(history, to)} for to in (1, 2, 3, 4)] == [
        {10 * MS}, {1 * MS}, {10 * MS}, {1 * MS},
    ]  # fmt: skip


def test_a_rule_changes_one_direction_of_one_link() -> None:
    network = Network(rules=(LinkRule((0,), (2,), delay=Constant(0.007), loss=0.5),))
    history = spray(network, nodes=3)
    assert {time for time, _ in deliveries(history, 1)} == {MS}
    assert len(deliveries(history, 1)) == 1000
    assert {time for time, _ in deliveries(history, 2)} == {7 * MS}
    assert 400 < len(deliveries(history, 2)) < 600


def test_what_happens_on_one_link_does_not_depend_on_the_others() -> None:
    network = Network(delay=Exponential(0.002), loss=0.1)
    assert deliveries(spray(network, nodes=2)) == deliveries(spray(network, nodes=5))


def test_two_links_have_draws_of_their_own() -> None:
    history = spray(Network(delay=Exponential(0.002)), Few, 3)
    assert deliveries(history, 1) != deliveries(history, 2)


def test_a_rule_may_change_nothing_but_a_constant_delay() -> None:
    network = Network(rules=(LinkRule((1,), (0,), delay=Constant(0.007)),))
    for sender, to, delay in ((0, 1, MS), (1, 0, 7 * MS), (1, 2, MS), (2, 0, MS)):
        entries = [int(node == sender) for node in range(3)]
        history = simulate(Few, 3, entries=entries, dwell=ZERO, network=network)
        assert {time for time, _ in deliveries(history, to)} == {delay}


def test_the_network_changes_no_draw_of_a_node() -> None:
    think = Exponential(0.05)
    slow, fast = (
        simulate(SuzukiKasami, 4, entries=1, think=think, network=Network(delay=Constant(delay)))
        for delay in (0.001, 0.010)
    )
    assert sorted(s.requested for s in slow.sections) == sorted(s.requested for s in fast.sections)


def test_steady_links_and_drawn_ones_of_the_same_delay_give_the_same_run() -> None:
    drawn = Network(delay=Uniform(0.001, 0.001))
    for algorithm in (Lamport, RicartAgrawala, SuzukiKasami):
        assert stored(simulate(algorithm, 5, entries=4, network=drawn)) == stored(simulate(algorithm, 5, entries=4))


def test_lamport_over_channels_that_reorder_lets_two_inside_together() -> None:
    from mxbench.checkers.mutual_exclusion import Overlap

    outcomes = {
        Overlap().check(simulate(Lamport, 3, entries=10, seed=seed, network=network)).outcome
        for seed in range(1, 20)
        for network in [Network(delay=Exponential(0.002), fifo=False)]
    }
    assert "violated" in outcomes


def test_ricart_and_agrawala_need_no_order_and_cost_the_same_over_any_delay() -> None:
    for network in (Network(), Network(delay=Exponential(0.002), fifo=False)):
        history = simulate(RicartAgrawala, 5, entries=6, network=network)
        assert history.ending.reason == "quiet"
        assert sum(sum(sent) for sent, _ in counts(history).values()) == 30 * 8


def test_a_stream_is_splitmix64_and_even() -> None:
    stream = Stream("x")
    stream._state = 0
    assert stream.random() == (0xE220A8397B1DCDAF >> 11) * 2.0**-53  # the first output of the published generator
    draws = [stream.random() for _ in range(10_000)]
    assert all(0.0 <= draw < 1.0 for draw in draws)
    tenths = Counter(int(draw * 10) for draw in draws)
    assert all(850 < tenths[tenth] < 1150 for tenth in range(10))
