"""The metrics `delay` and `fairness` against histories whose numbers are worked out by hand, and a plain count."""

from typing import Any

import pytest
from by_hand import delivered, entered, history, released, requested, sent, stay
from measuring import FAILED, RANDOM_RUNS, Stack, measured
from oracles import served_against_causal_order
from plans import run

from mxbench.core.algorithm import Algorithm
from mxbench.core.plan import Ending
from mxbench.metrics.cost import Cost
from mxbench.metrics.delay import Delay, entries_per_s, synchronisation_delays
from mxbench.metrics.fairness import Fairness, fcfs_inversions, known_requests, max_overtaking
from mxbench_plugins.lamport import Lamport


def ms(summed: dict[str, float] | None) -> list[float]:
    assert summed is not None
    return [round(value, 6) for value in summed.values()]


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


# Two may be inside. Node 0 stays long; node 2 enters last, and has heard of the second section of node 1 only.
BESIDE = (
    stay(0, 1, 20, 1),
    [*stay(0, 1.5, 2, 1), *stay(2, 3, 4, 2, id=1), requested(4, 2), sent(4, to=2), entered(5, 3, 2), released(6, 3)],
    [delivered(4.2, 1, 0), requested(4.5), entered(21, 2), released(22, 2)],
)


def test_where_two_may_be_inside_the_warm_up_is_of_who_entered_first_whatever_the_numbers() -> None:
    beside = history(*BESIDE, k=2, warmup_entries=4)
    assert [entry.number for entry in beside.entries] == [1, 1, 2, 2, 3], "numbers do not tell which is the last"
    delay = measured(Delay, beside)
    assert ms(delay["wait_ms"])[-1] == ms(delay["wait_ms"])[0] == 16.5, "of the entry at 21"
    assert delay["entries_per_s"] == pytest.approx(1 / 0.002), "the fourth release was at 20, the fifth at 22"
    assert measured(Fairness, beside)["longest_wait_node"] == 2


def test_where_two_may_be_inside_an_inversion_is_of_times_and_not_of_numbers() -> None:
    """Node 2 knew of the third request of node 1, which entered before it, with the greater number."""
    assert fcfs_inversions(history(*BESIDE, k=2)) == 0
    passed = [delivered(4.2, 1, 0), requested(4.5), entered(4.8, 3), released(5.9, 3)]
    assert fcfs_inversions(history(*BESIDE[:2], passed, k=2)) == 1


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
