"""The metric `cost`: messages and bytes by hand and by a plain count, claims, the saturated window, and contention."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from by_hand import delivered, history, requested, sent, stay
from measuring import RANDOM_RUNS, measured
from plans import run

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import Claimed
from mxbench.core.distributions import ZERO, Exponential, Pareto
from mxbench.metrics.cost import (
    Cost,
    Window,
    compare_messages,
    contended,
    holds_in_window,
    holds_overall,
    saturated_window,
)
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.raymond import Raymond
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala


@pytest.mark.parametrize(("algorithm", "load"), RANDOM_RUNS)
def test_counts_from_totals_are_those_of_the_events(algorithm: type[Algorithm], load: dict[str, Any]) -> None:
    checked = run(algorithm, **load)
    n = checked.plan.nodes
    cost = measured(Cost, checked)
    by_type, by_sender, by_receiver, payload = Counter[str](), Counter[int](), Counter[int](), 0
    for event in checked:
        if event.kind == "sent" and not event.workload:
            by_type[event.type] += 1
            by_sender[event.node] += 1
            payload += len(event.payload)
        elif event.kind == "delivered" and not event.workload:
            by_receiver[event.node] += 1
    assert +Counter(cost["messages_by_type"]) == by_type
    assert cost["messages"] == by_type.total() == sum(cost["sent_by_node"])
    assert cost["sent_by_node"] == [by_sender[node] for node in range(n)]
    assert cost["received_by_node"] == [by_receiver[node] for node in range(n)]
    entries = sum(event.kind == "entered" for event in checked)
    assert (cost["entries"], cost["messages_per_entry"]) == (entries, by_type.total() / entries)
    assert cost["payload_bytes_per_entry"] == payload / entries


def test_workload_messages_stand_apart_and_bytes_are_per_entry() -> None:
    told = [delivered(2, 0, 0), delivered(2, 0, 1, workload=True)]
    checked = history([sent(1, text="abc"), sent(1, to=1, workload=True), *stay(2, 3, 4, 1)], told, [])
    checked.nodes[0].totals.wire_bytes = 90
    cost = measured(Cost, checked)
    assert (cost["messages"], cost["workload_messages"], cost["messages_by_type"]) == (2, 1, {"Note": 2})
    assert (cost["sent_by_node"], cost["received_by_node"]) == ([2, 0, 0], [0, 1, 0])
    assert cost["payload_bytes_per_entry"] == 2 * len(msgspec.msgpack.encode(["Note", "abc"]))
    assert cost["wire_bytes_per_entry"] == 90.0


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala], ids=lambda algorithm: algorithm.name)
@pytest.mark.parametrize("nodes", [1, 2, 5])
def test_an_exact_claim_is_met_exactly(algorithm: type[Algorithm], nodes: int) -> None:
    cost = measured(Cost, run(algorithm, nodes))
    each = 3 if algorithm is Lamport else 2
    assert cost["claimed_messages_per_entry"] == cost["messages_per_entry"] == each * (nodes - 1)
    assert (cost["claim_kind"], cost["claim_regime"]) == ("exact", "any")
    assert cost["claim_ratio"] == (None if nodes == 1 else 1.0)
    assert cost["claim_holds"] is True


class Liar(Lamport):
    """Lamport's algorithm, said to be cheaper."""

    name = "liar"
    messages_per_entry = "2 * (n - 1)"


class Modest(Lamport):
    """Lamport's algorithm, with a range for a claim."""

    name = "modest"
    messages_per_entry = ("3 * (n - 1)", "4 * (n - 1)")


class ByRegime(Lamport):
    """Lamport's algorithm, with a claim on either regime, and one of them wrong."""

    name = "by-regime"
    messages_per_entry = {"uncontended": "mean(3 * (n - 1))", "saturated": "4 * (n - 1)"}


class InWindow(Maekawa):
    """Maekawa's algorithm, with a claim on saturation that shows what k is."""

    name = "in-window"
    messages_per_entry = {"saturated": "k"}


class Quorate(Maekawa):
    """Maekawa's algorithm, with a claim that shows what k is."""

    name = "quorate"
    messages_per_entry = "k"


def test_a_claim_that_is_not_met_is_told() -> None:
    cost = measured(Cost, run(Liar, 3))
    assert (cost["claimed_messages_per_entry"], cost["claim_ratio"], cost["claim_holds"]) == (4, 1.5, False)
    cost = measured(Cost, run(Modest, 3))
    assert (cost["claimed_messages_per_entry"], cost["claim_ratio"], cost["claim_holds"]) == ([6, 8], None, True)


def test_a_claim_on_a_regime_is_held_against_that_regime_alone() -> None:
    calm = measured(Cost, run(ByRegime, 3, one_at_a_time=True))
    assert (calm["claim_kind"], calm["claim_regime"], calm["claim_ratio"], calm["claim_holds"]) == (
        "mean", "uncontended", 1.0, True,
    )  # fmt: skip
    crowd = measured(Cost, run(ByRegime, 3, entries=40, seed=3))
    assert crowd["saturated_messages_per_entry"] != crowd["messages_per_entry"] == 6
    assert (crowd["claim_regime"], crowd["claimed_messages_per_entry"], crowd["claim_holds"]) == ("saturated", 8, False)
    assert crowd["claim_ratio"] == crowd["saturated_messages_per_entry"] / 8
    other = measured(Cost, run(ByRegime, 3, think=Exponential(0.01)))
    assert [other[f"claim_{field}"] for field in ("kind", "regime", "ratio", "holds")] == [None] * 4
    assert [one["saturated_messages_per_entry"] for one in (calm, other)] == [None, None]
    assert other["claimed_messages_per_entry"] is None


def test_without_a_stay_nothing_is_claimed_of_saturation() -> None:
    """A holder of a token has left and asked again before it can have heard of anybody: of each node's 40 entries, 39
    cost nothing, where 3.2 messages are claimed with all of them waiting."""
    cost = measured(Cost, run(Raymond, 5, entries=40, dwell=ZERO, delay=lambda *way: 1_000_000))
    assert cost["messages_per_entry"] < 0.2
    assert [cost[f"claim_{field}"] for field in ("kind", "regime", "ratio", "holds")] == [None] * 4
    assert cost["saturated_messages_per_entry"] is None
    assert measured(Cost, run(Lamport, 5, dwell=ZERO))["claim_holds"] is True, "of any load"


@pytest.mark.parametrize("load", [{}, {"one_at_a_time": True}], ids=["closed", "one-at-a-time"])
@pytest.mark.parametrize("algorithm", [ByRegime, Coordinator, Raymond], ids=lambda algorithm: algorithm.name)
def test_a_claim_on_a_regime_says_nothing_of_nodes_with_unequal_loads(
    algorithm: type[Algorithm], load: dict[str, Any]
) -> None:
    """Only two of five ask: the coordinator's own node, for which an entry is free, never does."""
    cost = measured(Cost, run(algorithm, 5, entries=[0, 0, 0, 40, 40], **load))
    assert [cost[f"claim_{field}"] for field in ("kind", "regime", "ratio", "holds")] == [None] * 4
    assert (cost["claimed_messages_per_entry"], cost["saturated_messages_per_entry"]) == (None, None)
    assert measured(Cost, run(Lamport, 5, entries=[0, 0, 0, 4, 4], **load))["claim_holds"] is True, "of any load"


def test_k_is_the_mean_quorum_of_who_entered() -> None:
    quorums = ((0, 1, 2), (1,), (1, 2))
    assert measured(Cost, run(Quorate, 3, quorums=quorums, entries=[3, 1, 0]))["claimed_messages_per_entry"] == 2.5


def test_a_claim_on_saturation_needs_a_window_long_enough_to_tell() -> None:
    claimed = Claimed(10.0, "exact", "saturated")
    assert holds_in_window(claimed, Window(29, 290), n=3) is None
    assert holds_in_window(claimed, Window(30, 330), n=3) is True, "three requests at the edge count in part"
    assert holds_in_window(claimed, Window(30, 331), n=3) is False
    assert holds_in_window(claimed, Window(300, 2969), n=3) is False
    assert holds_in_window(Claimed([8.0, 10.0], "range", "saturated"), Window(300, 3030), n=3) is True
    assert holds_in_window(Claimed(), Window(300, 1), n=3) is None


def test_a_mean_is_met_within_three_standard_errors() -> None:
    claimed = Claimed(10.0, "mean", "any")
    assert holds_overall(claimed, 12.9, entries=100) is True
    assert holds_overall(claimed, 13.1, entries=100) is False
    assert holds_overall(claimed, 13.1, entries=81) is True
    assert holds_overall(Claimed(10.0, "exact", "any"), 10.01, entries=100) is False
    assert holds_overall(Claimed([8, 10], "range", "any"), 7.9, entries=100) is False
    assert holds_overall(claimed, None, entries=0) is None


def test_the_window_reaches_from_warm_up_to_the_first_last_request() -> None:
    a = [*stay(0, 1, 2, 1), sent(2, to=1), *stay(2, 5, 6, 3, id=1), sent(6, to=1), *stay(6, 9, 10, 5, id=2)]
    b = [
        *stay(0, 3, 4, 2),
        sent(4, to=0),
        sent(4, to=0),
        *stay(4, 7, 8, 4, id=1),
        *stay(8, 11, 12, 6, id=2),
        sent(12, to=0),
    ]
    # The last request of node 0, at 6, is the first last one. Opened by the release at 2, closed by the one at 6.
    assert saturated_window(history(a, b)) == Window(entries=2, messages=3)
    assert saturated_window(history(a, b, warmup_entries=2)) == Window(entries=1, messages=2)
    assert saturated_window(history(a, b, warmup_entries=3)) is None
    assert saturated_window(history(a, b, warmup_entries=99)) is None
    assert saturated_window(history(a, b, history="sections")) is None
    assert measured(Cost, history(a, b))["saturated_messages_per_entry"] == 1.5


def test_the_window_opens_once_every_node_has_asked() -> None:
    """As over TCP, where one process may start while others have been inside already."""
    a = [*stay(0, 1, 2, 1), *stay(2, 3, 4, 2, id=1), sent(4, to=1), *stay(4, 5, 6, 3, id=2), *stay(6, 9, 10, 5, id=3)]
    b = [*stay(4, 7, 8, 4), *stay(8, 11, 12, 6, id=1), *stay(12, 13, 14, 7, id=2), *stay(14, 15, 16, 8, id=3)]
    # The release at 2 finds nobody else there; that at 4, the first request of node 1, does.
    assert saturated_window(history(a, b)) == Window(entries=1, messages=1)
    late = [*stay(7, 7.5, 8, 4), *b[3:]]
    assert saturated_window(history(a, late)) is None, "the load sinks, with the request at 6, before it is full"


def test_there_is_no_window_where_a_node_never_asks() -> None:
    """Of a total of entries the others may have taken all before it."""
    a = [*stay(0, 1, 2, 1), *stay(2, 5, 6, 3, id=1), *stay(6, 9, 10, 5, id=2)]
    b = [*stay(0, 3, 4, 2), *stay(4, 7, 8, 4, id=1), *stay(8, 11, 12, 6, id=2)]
    assert saturated_window(history(a, b, tickets=6)) == Window(entries=2, messages=0)
    assert saturated_window(history(a, b, [], tickets=6)) is None


def test_k_of_a_claim_on_saturation_is_of_who_was_left_in_the_window() -> None:
    quorums = ((0,), (0, 1))
    a = [*stay(0, 1, 2, 1), *stay(2, 3, 4, 2, id=1), *stay(4, 5, 6, 3, id=2), *stay(6, 9, 10, 5, id=3)]
    b = [*stay(4, 7, 8, 4), *stay(8, 11, 12, 6, id=1), *stay(12, 13, 14, 7, id=2), *stay(14, 15, 16, 8, id=3)]
    checked = history(a, b, quorums=quorums)
    window = saturated_window(checked)
    assert window == Window(entries=1, messages=0)
    assert compare_messages(InWindow, checked, window, None).claimed.value == 1.0, "node 0, from 4 to 6"


def test_in_the_window_a_message_to_all_is_one_to_each_peer() -> None:
    nodes = [
        [*stay(0, 1, 2, 1), sent(3), sent(3, workload=True), *stay(8, 11, 12, 4, id=1)],
        [*stay(0, 3, 4, 2), *stay(8, 13, 14, 5, id=1)],
        [*stay(0, 5, 6, 3), *stay(8, 15, 16, 6, id=1)],
    ]
    assert saturated_window(history(*nodes)) == Window(entries=2, messages=2)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_window_opens_when_so_many_have_left_however_many_may_be_inside(k: int, seed: int) -> None:
    load = {"entries": 20, "dwell": Pareto(0.001, 1.1), "seed": seed, "warmup_entries": 30}
    checked = run(RaymondKEntry, 6, k=k, fifo=False, **load)
    exits = sorted(event.time for event in checked if event.kind == "released")
    asked = {event.node: event.time for event in checked if event.kind == "requested"}
    low, high = exits[30 - 1], max(time for time in exits if time <= min(asked.values()))
    sent_in_it = sum(event.kind == "sent" and low <= event.time < high for event in checked)
    assert saturated_window(checked) == Window(sum(low < time <= high for time in exits), sent_in_it)


@pytest.mark.parametrize(("algorithm", "each"), [(Lamport, 3), (RicartAgrawala, 2)])
def test_the_saturated_figure_has_neither_ramp_nor_tail(algorithm: type[Algorithm], each: int) -> None:
    window = saturated_window(run(algorithm, 5, entries=40))
    assert window is not None
    assert 150 <= window.entries < 200
    assert window.messages_per_entry == pytest.approx(each * 4, rel=0.02)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([stay(1, 2, 3, 1), stay(3, 4, 5, 2)], False), ([stay(1, 2, 3, 1), stay(2.5, 4, 5, 2)], True),
        ([stay(1, 2, 3, 1), stay(1, 4, 5, 2)], True), ([[*stay(1, 2, 3, 1), *stay(3, 4, 5, 2, id=1)]], False),
        ([stay(1, 2, 20, 1), stay(3, 4, 5, 2), stay(6, 7, 8, 3)], True), ([[requested(1)], [requested(9)]], True),
        ([[], []], False),
    ],
)  # fmt: skip
def test_a_run_is_contended_if_a_node_requests_while_another_waits_or_is_inside(nodes: Any, expected: bool) -> None:
    assert contended(history(*nodes)) is expected
    assert contended(history(*reversed(nodes))) is expected


def test_one_at_a_time_is_not_contended_and_saturation_is() -> None:
    assert measured(Cost, run(Lamport, 3, one_at_a_time=True))["contended"] is False
    assert measured(Cost, run(Lamport, 3))["contended"] is True
    assert measured(Cost, run(Lamport, 1))["contended"] is False
