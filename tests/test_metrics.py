"""The metrics against histories whose numbers are worked out by hand, and against slow and plain ways to count."""

import json
import random
from collections import Counter
from typing import Any

import msgspec
import pytest
from by_hand import delivered, entered, history, released, requested, sent, stay
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import served_against_causal_order
from plans import run
from test_checkers import Greedy, Impatient, Silent, broken

from mxbench.core.algorithm import Algorithm, EntryRequest, Out
from mxbench.core.claims import Claimed
from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History, Totals
from mxbench.core.messages import Message
from mxbench.core.metric import Metric
from mxbench.core.plan import Ending
from mxbench.metrics.cost import Cost, Window, contended, holds_in_window, holds_overall, saturated_window
from mxbench.metrics.delay import Delay, entries_per_s, synchronisation_delays
from mxbench.metrics.fairness import Fairness, fcfs_inversions, known_requests, max_overtaking
from mxbench.metrics.resources import Resources
from mxbench.metrics.series import jain, percentile, summary
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

METRICS: list[type[Metric]] = [Cost, Delay, Fairness, Resources]
FAILED = Ending("failed", "node", "node 1 died")


class Ask(Message):
    pass


class Grant(Message):
    pass


class Stack(Algorithm):
    """Node 0 grants to who asked last, as a stack does: right, and as unfair as can be."""

    name = "stack"

    waiting: list[int] = []
    held: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Ask())

    def on_message(self, sender: int, message: Ask | Grant, out: Out) -> None:
        if isinstance(message, Grant) and self.me == 0 and sender != 0:  # given back
            self.held = False
            self.grant(out)
        elif isinstance(message, Grant):
            out.enter()
        else:
            self.waiting.append(sender)
            self.grant(out)

    def on_release(self, out: Out) -> None:
        if self.me == 0:
            self.held = False
            self.grant(out)
        else:
            out.send(0, Grant())

    def grant(self, out: Out) -> None:
        if self.waiting and not self.held:
            self.held = True
            out.send(self.waiting.pop(), Grant())


def measured(metric: type[Metric], checked: History) -> dict[str, Any]:
    return metric().measure(checked)


def ms(summed: dict[str, float] | None) -> list[float]:
    assert summed is not None
    return [round(value, 6) for value in summed.values()]


RANDOM_RUNS = [
    pytest.param(algorithm, {"nodes": nodes, "seed": seed, **load}, id=f"{algorithm.name}-{nodes}-{seed}-{name}")
    for algorithm in (Lamport, RicartAgrawala, Maekawa, Impatient, Stack, broken("replies_while_inside.py"))
    for nodes, seed in ((2, 1), (4, 2), (5, 3))
    for name, load in (("saturated", {}), ("thinking", {"think": Exponential(0.002)}), ("no-dwell", {"dwell": ZERO}))
]


# ---- cost -----------------------------------------------------------------------------------------------------------


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
    assert other["claimed_messages_per_entry"] is None


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


def test_in_the_window_a_message_to_all_is_one_to_each_peer() -> None:
    nodes = [
        [*stay(0, 1, 2, 1), sent(3), sent(3, workload=True), *stay(4, 5, 6, 2, id=1), *stay(6, 7, 8, 3, id=2)],
        [],
        [],
    ]
    assert saturated_window(history(*nodes)) == Window(entries=1, messages=2)


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


# ---- delay ----------------------------------------------------------------------------------------------------------

EVENTS = (
    [*stay(0, 1, 2, 1), *stay(3, 12, 13, 4, id=1)],
    [*stay(1, 4, 6, 2), *stay(21, 22, 23, 5, id=1)],
    [requested(2, arrival=1.5), entered(7, 3), released(9, 3)],
)
FIVE = history(*EVENTS)


def test_waits_are_from_the_time_a_request_was_meant_to_come_to_its_entry() -> None:
    delay = measured(Delay, FIVE)
    assert ms(delay["wait_ms"]) == [(1 + 3 + 5.5 + 9 + 1) / 5, 3.0, 9.0, 9.0, 9.0]
    assert list(delay["wait_ms"]) == ["mean", "p50", "p90", "p99", "max"]
    assert ms(delay["response_ms"])[1:] == [5.0, 10.0, 10.0, 10.0]
    assert delay["duration_ms"] == 23.0


def test_the_synchronisation_delay_counts_only_where_another_request_was_pending() -> None:
    # 1 -> 2: 4 - 2; 2 -> 3: 7 - 6; 3 -> 4: 12 - 9; at the exit of 4 nobody was waiting.
    assert synchronisation_delays(FIVE) == [2_000_000, 1_000_000, 3_000_000]
    assert ms(measured(Delay, FIVE)["sync_delay_ms"]) == [2.0, 2.0, 3.0]
    assert list(measured(Delay, FIVE)["sync_delay_ms"]) == ["mean", "p50", "p99"]


def test_a_request_made_at_the_very_exit_was_not_pending() -> None:
    assert synchronisation_delays(history([*stay(0, 1, 2, 1), *stay(2, 5, 6, 2, id=1)], [])) == []
    pending = history([*stay(0, 1, 2, 1)], [*stay(2, 5, 6, 2)], [*stay(1.9, 7, 8, 3)])
    assert synchronisation_delays(pending) == [3_000_000, 1_000_000], "somebody else was, and was overtaken"


def test_a_request_that_is_never_served_is_pending_all_the_same() -> None:
    stuck = history(stay(0, 1, 2, 1), [requested(1)], stay(3, 5, 6, 2), ending=Ending("stuck"))
    assert synchronisation_delays(stuck) == [3_000_000]


def test_an_entry_before_the_exit_has_no_synchronisation_delay() -> None:
    assert synchronisation_delays(history(stay(0, 1, 5, 1), stay(0, 3, 6, 2))) == []


def test_throughput_is_of_the_time_to_the_last_release() -> None:
    assert entries_per_s(FIVE) == pytest.approx(5 / 0.023)
    assert entries_per_s(history([*stay(5, 6, 7, 1), requested(1000, 1)], [], ending=FAILED)) == pytest.approx(
        1 / 0.002
    )


def test_warm_up_cuts_times_and_throughput_but_not_counts() -> None:
    warm = history(*EVENTS, warmup_entries=2)
    delay = measured(Delay, warm)
    assert ms(delay["wait_ms"])[0] == round((5.5 + 9 + 1) / 3, 6)
    assert synchronisation_delays(warm) == [1_000_000, 3_000_000], "the exit of the last warm-up entry counts"
    assert entries_per_s(warm) == pytest.approx(3 / 0.017)
    assert delay["duration_ms"] == 23.0
    assert measured(Cost, warm)["entries"] == 5


def test_one_message_lies_between_exit_and_entry_of_lamports_algorithm() -> None:
    one_ms = run(Lamport, 4, entries=5, delay=lambda sender, to, message: 1_000_000)
    assert ms(measured(Delay, one_ms)["sync_delay_ms"]) == [1.0, 1.0, 1.0]
    calm = run(Lamport, 4, one_at_a_time=True, delay=lambda sender, to, message: 1_000_000)
    assert measured(Delay, calm)["sync_delay_ms"] is None
    assert ms(measured(Delay, calm)["wait_ms"]) == [2.0] * 5


# ---- fairness -------------------------------------------------------------------------------------------------------


def test_jain_counts_who_asked_and_got_nothing_but_not_who_never_asked() -> None:
    checked = history([*stay(0, 1, 2, 1), *stay(3, 4, 5, 2, id=1)], [requested(0)], [], ending=Ending("stuck"))
    assert measured(Fairness, checked)["jain"] == 0.5
    assert measured(Fairness, checked)["jain_wait"] == 1.0
    # waits by node: (1 + 9) / 2, (3 + 1) / 2, 5.5
    waits = [5.0, 2.0, 5.5]
    assert measured(Fairness, FIVE)["jain_wait"] == pytest.approx(sum(waits) ** 2 / (3 * sum(w * w for w in waits)))
    assert measured(Fairness, FIVE)["jain"] == pytest.approx(25 / (3 * 9))
    assert measured(Fairness, FIVE)["longest_wait_node"] == 0


def test_overtaking_counts_entries_by_others_between_a_request_and_its_entry() -> None:
    # The second request of node 0, at 3, is followed by the entries 2 and 3.
    assert max_overtaking(FIVE) == 2
    starved = history([*stay(0, 1, 2, 1), *stay(3, 4, 5, 2, id=1), *stay(6, 7, 8, 3, id=2)], [requested(1.5)])
    assert max_overtaking(starved) == 2, "one that never enters is overtaken to the end"
    assert max_overtaking(history([*stay(0, 1, 2, 1), *stay(2, 3, 4, 2, id=1)])) == 0
    assert max_overtaking(history(*EVENTS, warmup_entries=4)) == 0


def test_an_inversion_needs_a_message_from_the_one_request_to_the_other() -> None:
    first = [requested(1), sent(1, to=1), entered(8, 2), released(9, 2)]
    told = [delivered(2, 0, 0), requested(3), entered(4, 1), released(5, 1)]
    assert measured(Fairness, history(first, told))["fcfs_inversions"] == 1
    asked_before = [requested(1.5), delivered(2, 0, 0), entered(4, 1), released(5, 1)]
    assert measured(Fairness, history(first, asked_before))["fcfs_inversions"] == 0
    in_order = [delivered(2, 0, 0), *stay(3, 10, 11, 3)]
    assert measured(Fairness, history(first, in_order))["fcfs_inversions"] == 0
    assert measured(Fairness, history(first, told, warmup_entries=1))["fcfs_inversions"] == 0
    assert measured(Fairness, history(first, told, history="sections"))["fcfs_inversions"] is None


def test_a_block_orders_no_requests() -> None:
    first = [requested(1), sent(1, to=1, workload=True), entered(8, 2), released(9, 2)]
    told = [delivered(2, 0, 0, workload=True), requested(3), entered(4, 1), released(5, 1)]
    assert measured(Fairness, history(first, told))["fcfs_inversions"] == 0


def test_a_request_that_is_never_served_is_passed_by_all_that_knew_of_it() -> None:
    waits = [requested(1), sent(1, to=1)]
    told = [delivered(2, 0, 0), *stay(3, 4, 5, 1), *stay(6, 7, 8, 2, id=1)]
    assert fcfs_inversions(history(waits, told, ending=Ending("stuck"))) == 2


def test_knowledge_passes_through_third_nodes() -> None:
    relay = [delivered(2, 0, 0), sent(3, to=2)]
    known = known_requests(
        history([requested(1), sent(1, to=1)], relay, [requested(2.5), delivered(4, 1, 0), requested(5, 1)])
    )
    assert known == {0: [(0, 0, 0)], 1: [], 2: [(0, 0, 0), (1, 0, 1)]}


@pytest.mark.parametrize(("algorithm", "load"), RANDOM_RUNS)
def test_inversions_and_overtaking_are_those_of_a_plain_count(algorithm: type[Algorithm], load: dict[str, Any]) -> None:
    checked = run(algorithm, entries=6, **load)
    assert fcfs_inversions(checked) == len(served_against_causal_order(checked))
    entries = checked.entries
    overtaken = [
        sum(
            1
            for other in entries
            if other.node != one.node and one.requested < (other.entered or 0) < (one.entered or 0)
        )
        for one in entries
    ]
    assert max_overtaking(checked) == max(overtaken)


def test_who_is_served_last_come_first_served_is_overtaken_and_inverted() -> None:
    fairness = measured(Fairness, run(Stack, 5, entries=20))
    assert fairness["fcfs_inversions"] > 20
    assert fairness["max_overtaking"] > 10
    fair = measured(Fairness, run(Lamport, 5, entries=20))
    assert (fair["fcfs_inversions"], fair["jain"]) == (0, 1.0)
    assert fair["max_overtaking"] <= 2 * 4


# ---- series and resources -------------------------------------------------------------------------------------------


def test_a_percentile_is_the_nearest_rank() -> None:
    assert [percentile([10, 20, 30, 40], p) for p in (1, 25, 26, 50, 75, 99, 100)] == [10, 10, 20, 20, 30, 40, 40]
    assert percentile([7], 50) == 7


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_a_percentile_is_the_smallest_that_enough_do_not_exceed(values: list[int], percent: int) -> None:
    rising = sorted(values)
    found = percentile(rising, percent)
    needed = percent * len(values) / 100
    assert sum(value <= found for value in values) >= needed - 1e-9
    assert all(sum(other <= value for other in values) < needed for value in values if value < found)


def test_a_summary_of_nothing_is_nothing() -> None:
    assert summary([], 50, greatest=True) is None
    assert summary([3.0, 1.0], 50, 99, greatest=True) == {"mean": 2.0, "p50": 1.0, "p99": 3.0, "max": 3.0}
    assert summary([3.0], 50) == {"mean": 3.0, "p50": 3.0}


def test_jains_index_is_one_for_equal_shares_and_one_over_n_if_one_has_all() -> None:
    assert [jain([5, 5, 5]), jain([0, 0, 4, 0]), jain([1, 3]), jain([0, 0]), jain([])] == [1.0, 0.25, 0.8, 1.0, None]


def test_resources_are_lists_by_node_without_what_was_not_measured() -> None:
    checked = history([], None, [])
    for node in checked.nodes:
        node.totals.cpu_s, node.totals.peak_bytes = 0.25, 30_000_000
    assert measured(Resources, checked) == {"cpu_s_by_node": [0.25, None, 0.25], "peak_mb_by_node": [30.0, None, 30.0]}
    assert measured(Resources, run(Lamport, 2)) == {"cpu_s_by_node": [None] * 2, "peak_mb_by_node": [None] * 2}


# ---- runs that have little to measure -------------------------------------------------------------------------------

LITTLE = {
    "one-node": run(Lamport, 1),
    "one-node-no-dwell": run(Lamport, 1, dwell=ZERO, delay=lambda sender, to, message: 0),
    "nobody-enters": run(Silent, 3),
    "nobody-asks": run(Lamport, 3, entries=0),
    "greedy": run(Greedy, 3),
    "all-warm-up": run(Lamport, 2, warmup_entries=50),
    "failed": history([*stay(1, 2, 3, 1), requested(4, 1), sent(5)], [], ending=FAILED),
    "cut-off": history([requested(1), entered(2, 1)], [], ending=FAILED),
    "node-lost": history(stay(1, 2, 3, 1), None, ending=FAILED),
    "all-lost": history(None, None, ending=FAILED),
    "off": history([], [], history="off"),
}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("name", LITTLE)
def test_every_field_is_there_and_plain_for_a_run_that_has_little(name: str, metric: type[Metric]) -> None:
    found = measured(metric, LITTLE[name])
    assert set(found) == set(metric.fields)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_has_no_value_is_null() -> None:
    def nulls(name: str) -> set[str]:
        return {field for metric in METRICS for field, value in measured(metric, LITTLE[name]).items() if value is None}

    per_entry = {"messages_per_entry", "payload_bytes_per_entry", "wire_bytes_per_entry"}
    times = {"wait_ms", "response_ms", "sync_delay_ms", "entries_per_s"}
    fairness = set(Fairness.fields)
    window = {"saturated_messages_per_entry"}
    ratio = {"claim_ratio"}
    assert nulls("one-node") == {"sync_delay_ms"} | ratio
    assert nulls("one-node-no-dwell") == {"sync_delay_ms", "entries_per_s"} | window | ratio
    assert nulls("nobody-asks") == {"duration_ms"} | per_entry | times | fairness | window | ratio | {"claim_holds"}
    assert nulls("all-warm-up") == times | fairness | window | {"wire_bytes_per_entry"}
    assert nulls("node-lost") == per_entry | window | ratio | {
        "messages", "messages_by_type", "workload_messages", "claim_holds", "fcfs_inversions", "sync_delay_ms",
    }  # fmt: skip
    assert nulls("off") >= {"entries", "contended"} | per_entry | times | fairness
    assert measured(Cost, LITTLE["off"])["messages"] == 0


def test_totals_are_told_without_any_event() -> None:
    checked = history([], [], history="off")
    checked.nodes[0].totals = Totals([4, 0], [1, 0])
    cost = measured(Cost, checked)
    assert (cost["messages"], cost["sent_by_node"], cost["received_by_node"]) == (4, [4, 0], [1, 0])


def test_a_run_that_failed_has_counts_but_no_cost_per_entry() -> None:
    cost = measured(Cost, LITTLE["failed"])
    assert (cost["messages"], cost["entries"], cost["messages_per_entry"], cost["claim_holds"]) == (1, 1, None, None)


def test_a_claim_is_not_held_against_a_run_that_stands_still() -> None:
    stuck = history([*stay(1, 2, 3, 1), requested(4, 1), sent(5), sent(5)], [], ending=Ending("stuck"))
    cost = measured(Cost, stuck)
    assert (cost["messages_per_entry"], cost["claimed_messages_per_entry"], cost["claim_holds"]) == (2.0, 1, None)


def test_metrics_read_a_history_in_any_order_of_nodes() -> None:
    checked = run(Maekawa, 4, seed=3)
    shuffled = list(checked.nodes)
    random.Random(1).shuffle(shuffled)
    again = History(checked.plan, checked.ending, shuffled)
    assert [measured(metric, again) for metric in METRICS] == [measured(metric, checked) for metric in METRICS]
