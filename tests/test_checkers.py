"""The checkers of the clock, of stamps and of progress against histories by hand; what was not seen is not valid."""

from typing import Any

import pytest
from by_hand import entered, history, released, requested, stay
from findings import found, outcome
from plans import DWELL, run
from wrong_algorithms import Silent

from mxbench.checkers.mutual_exclusion import Fencing, Order, Overlap
from mxbench.checkers.progress import Progress
from mxbench.core.checker import Checker
from mxbench.core.distributions import ZERO
from mxbench.core.history import History
from mxbench.core.plan import Ending
from mxbench.core.verdict import Finding
from mxbench_plugins.lamport import Lamport

FAILED = Ending("failed", "node", "node 1 died: killed by signal 9")
STUCK = Ending("stuck", text="nodes 1 wait")


# ---- what was not seen is not valid ---------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", [Fencing, Overlap, Order, Progress], ids=lambda checker: checker.name)
@pytest.mark.parametrize(
    ("checked", "expected", "said"),
    [
        (history(stay(1, 2, 3, 1, stamp=(1, 0)), [], ending=FAILED), "undecided", "the run failed: node 1 died"),
        (history(stay(1, 2, 3, 1, stamp=(1, 0)), None), "undecided", "nothing is left of what node 1 recorded"),
        (history([], [], entries=1), "undecided", "nobody entered"),
        (history([], [], history="off"), "not recorded", "history: off"),
        (history([], [], history="off", ending=FAILED), "undecided", "node 1 died"),
        (history(stay(1, 2, 3, 1, stamp=(1, 0)), [], history="sections"), "valid", ""),
    ],
    ids=["failed", "node-lost", "no-entry", "off", "off-failed", "sections"],
)  # fmt: skip
def test_a_run_is_valid_only_where_all_was_seen(
    checker: type[Checker], checked: History, expected: str, said: str
) -> None:
    finding = found(checker, checked)
    assert finding.outcome == expected
    assert said in finding.text


@pytest.mark.parametrize("ending", [FAILED, STUCK], ids=["failed", "stuck"])
def test_a_violation_is_a_violation_however_the_run_ended(ending: Ending) -> None:
    checked = history(stay(1, 2, 5, 1, stamp=(2, 0)), [*stay(1, 3, 6, 1, stamp=(1, 1)), requested(7, 1)], ending=ending)
    assert (outcome(Fencing, checked), outcome(Overlap, checked)) == ("violated", "violated")


def test_an_entry_that_a_failure_cut_off_is_left_out() -> None:
    inside = [requested(1), entered(2, 1, stamp=(9, 0))]
    cut_off = history(inside, stay(1, 3, 4, 1, stamp=(1, 1)), ending=FAILED)
    assert [outcome(checker, cut_off) for checker in (Fencing, Overlap, Order)] == ["undecided"] * 3
    stays = history(inside, stay(1, 3, 4, 1, stamp=(1, 1)), ending=STUCK)
    assert [outcome(checker, stays) for checker in (Fencing, Overlap)] == ["violated"] * 2, "it was inside all along"


# ---- the clock ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((2, 5), (5, 6), "valid"), ((2, 5), (4.999, 6), "violated"), ((2, 9), (3, 4), "violated"),
        ((2, 2), (2, 2), "valid"), ((2, 9), (4, 4), "violated"), ((2, 2), (2, 9), "valid"), ((2, 9), (2, 2), "valid"),
        ((2, 9), (2, 9), "violated"), ((2, 5), (6, 7), "valid"),
    ],
)  # fmt: skip
def test_stays_overlap_if_they_share_more_than_an_instant(first: Any, second: Any, expected: str) -> None:
    for a, b in ((first, second), (second, first)):
        assert outcome(Overlap, history(stay(1, *a, 1), stay(1, *b, 2))) == expected


def test_a_long_stay_is_held_against_all_that_follow() -> None:
    checked = history(stay(1, 2, 20, 1), [*stay(3, 4, 5, 2), *stay(6, 7, 8, 3, id=1)])
    text = "nodes 0 and 1 were inside together for 1.000 ms; 2 stays began while another node was inside"
    assert found(Overlap, checked).text == text
    never_left = history([requested(1), entered(2, 1)], [requested(1), entered(3, 1)], ending=STUCK)
    assert found(Overlap, never_left).text == "nodes 0 and 1 were inside together for ever"


def test_a_run_without_dwell_says_how_little_the_clock_sees() -> None:
    assert "with dwell 0" in found(Overlap, run(Lamport, 2, dwell=ZERO)).text
    assert "with dwell 0" not in found(Overlap, run(Lamport, 2, dwell=DWELL)).text


# ---- stamps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([(1, (1, 0)), (2, (1, 1)), (3, (2, 0))], "valid"), ([(1, (1, 1)), (2, (1, 0))], "violated"),
        ([(1, (2, 0)), (2, (3, 1)), (3, (1, 0))], "violated"), ([(1, (1, 0)), (2, (1, 0))], "violated"),
        ([(1, (2, 0)), (1, (1, 1)), (2, (3, 0))], "valid"), ([(1, (3, 0)), (1, (1, 1)), (2, (2, 0))], "violated"),
        ([(1, (1, 0)), (2, None), (3, (2, 0))], "valid"),
    ],
)  # fmt: skip
def test_stamps_rise_with_the_numbers(stamps: list[tuple[int, Any]], expected: str) -> None:
    nodes = [stay(1, 2 * t, 2 * t + 1, number, stamp=stamp) for t, (number, stamp) in enumerate(stamps, start=1)]
    assert outcome(Order, history(*nodes)) == expected


def test_an_entry_out_of_order_is_named_with_the_one_it_should_precede() -> None:
    finding = found(Order, history(stay(1, 2, 3, 1, stamp=(5, 0)), stay(1, 4, 5, 2, stamp=(4, 1))))
    assert finding.text == (
        "node 1 entered as number 2 with stamp (4, 1), after node 0 as number 1 with the later stamp (5, 0)"
    )
    assert finding.evidence[1].endswith("(its request 0, made at 0.000 ms, stamp (4, 1))")


def test_the_order_is_checked_only_of_algorithms_that_promise_one() -> None:
    assert not Order().applies(history(stay(1, 2, 3, 1)))
    assert not Order().applies(history([requested(1)]))
    assert Order().applies(history(stay(1, 2, 3, 1), stay(3, 4, 5, 2, stamp=(1, 1))))


# ---- progress -------------------------------------------------------------------------------------------------------


def test_a_run_that_stands_still_is_a_deadlock_that_names_who_waits() -> None:
    finding = found(Progress, run(Silent, 3))
    assert (finding.outcome, finding.text) == (
        "violated", "nothing can happen any more, and 3 nodes (0, 1, 2) are waiting",
    )  # fmt: skip
    assert finding.evidence[0] == "node 0 waits since 0.000 ms, with its request 0"


def test_what_the_engine_says_of_stuck_nodes_is_the_evidence() -> None:
    ending = Ending("stuck", text="node 1 waits", stuck=("node 1 waits for node 0\n  awaited: {0}",))
    finding = found(Progress, history([requested(1), entered(2, 1)], [requested(1)], ending=ending))
    assert finding.text == "nothing can happen any more, and node 1 is waiting and node 0 is inside"
    assert finding.evidence == ("node 1 waits for node 0", "  awaited: {0}")
    unrecorded = found(Progress, history([], [], ending=ending, history="off"))
    assert (unrecorded.outcome, unrecorded.text) == ("violated", "nothing can happen any more, and node 1 waits")


def test_a_run_that_ended_with_a_request_unserved_did_not_make_progress() -> None:
    finding = found(Progress, history([*stay(1, 2, 3, 1), requested(5, 1)], []))
    assert (finding.outcome, finding.text) == ("violated", "the run ended, but node 0 is waiting")
    assert finding.evidence == ("node 0 waits since 4.000 ms, with its request 1",)
    inside = found(Progress, history([requested(1), entered(2, 1)]))
    assert inside.evidence == ("node 0 is inside (number 1) since 1.000 ms, with its request 0",)


def test_requests_that_were_never_made_leave_the_run_undecided() -> None:
    finding = found(Progress, history(stay(1, 2, 3, 1), stay(3, 4, 5, 2), entries=[1, 2]))
    assert (finding.outcome, finding.text) == ("undecided", "node 1 made 1 of the 2 requests that it was to make")
    finding = found(Progress, history(stay(1, 2, 3, 1), [], tickets=2))
    assert finding.text == "1 requests were made of the 2 that the run was to have"


def test_a_served_run_tells_the_longest_wait() -> None:
    checked = history(stay(1, 2, 3, 1), [requested(3, arrival=0.5), entered(4, 2), released(5, 2)])
    assert found(Progress, checked) == Finding(
        "progress", "valid", "all 2 requests were served; the longest wait, 3.500 ms, was that of node 1"
    )
