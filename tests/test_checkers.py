"""The checkers against histories written by hand, runs of right and wrong algorithms, and brute force."""

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from by_hand import delivered, entered, history, released, requested, sent, stay
from plans import DWELL, run

from mxbench.checkers.evidence import MAX_MESSAGES
from mxbench.checkers.mutual_exclusion import Fencing, Order, Overlap
from mxbench.checkers.progress import Progress
from mxbench.core.algorithm import Algorithm, EntryRequest, Out
from mxbench.core.checker import Checker
from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History
from mxbench.core.plan import Ending
from mxbench.core.verdict import Finding
from mxbench.loading import load_file
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ring import Ring
from mxbench_plugins.suzuki_kasami import SuzukiKasami

BROKEN = Path(__file__).parent / "broken"
FAILED = Ending("failed", "node", "node 1 died: killed by signal 9")
STUCK = Ending("stuck", text="nodes 1 wait")


class Greedy(Algorithm):
    """Enters at once."""

    name = "greedy"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


class Impatient(Lamport):
    """Lamport's algorithm by a node that now and then enters before its turn."""

    name = "impatient"

    def enter_if_first(self, out: Out) -> None:
        if out.choose(range(15)) == 0:
            self.waiting = False
            out.enter(stamp=(self.queue[self.me], self.me))
        else:
            super().enter_if_first(out)


class Silent(Algorithm):
    """Waits for ever."""

    name = "silent"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        pass


def broken(file: str) -> Any:
    return load_file(BROKEN / file).mxbench_algorithms()[0]


def found(checker: type[Checker], checked: History) -> Finding:
    return checker().check(checked)


def outcome(checker: type[Checker], checked: History) -> str:
    return found(checker, checked).outcome


# ---- fencing numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala, Maekawa], ids=lambda algorithm: algorithm.name)
@pytest.mark.parametrize("nodes", [1, 2, 5])
def test_a_right_algorithm_is_valid_in_every_respect(algorithm: type[Algorithm], nodes: int) -> None:
    checked = run(algorithm, nodes)
    assert [outcome(checker, checked) for checker in (Fencing, Overlap, Progress)] == ["valid"] * 3
    assert Order().applies(checked) == (algorithm is not Maekawa)
    assert found(Fencing, checked) == Finding(
        "mutual exclusion", "valid",
        f"each exit happened before the next entry: the numbers 1 to {3 * nodes} were used once each",
    )  # fmt: skip


@pytest.mark.parametrize("algorithm", [Greedy, broken("replies_while_inside.py")], ids=lambda algorithm: algorithm.name)
def test_nodes_that_are_inside_together_are_found_by_number_and_by_clock(algorithm: type[Algorithm]) -> None:
    checked = run(algorithm, 3, think=Exponential(0.001))
    assert (outcome(Fencing, checked), outcome(Overlap, checked)) == ("violated", "violated")


def test_entries_that_luck_kept_apart_are_found_by_number_alone() -> None:
    checked = history(stay(1, 2, 3, 1), stay(4, 5, 6, 1))
    assert (outcome(Fencing, checked), outcome(Overlap, checked)) == ("violated", "valid")
    text = "nodes 0 and 1 entered with the same number, 1: neither had heard that the other had left"
    assert found(Fencing, checked).text == text


def test_two_stays_at_once_are_found_by_the_clock_alone() -> None:
    checked = history(stay(1, 2, 5, 1), stay(1, 4, 6, 2))
    assert (outcome(Fencing, checked), outcome(Overlap, checked)) == ("valid", "violated")


def test_the_repeated_number_is_named_with_its_entries_and_the_messages_between_their_nodes() -> None:
    checked = history(
        [sent(0.5, to=1, text="before"), requested(1, 4), sent(1.25, text="may I?"), sent(4, to=1, text="after all"),
         sent(4, to=1, text="a block", workload=True), entered(5, 7, 4), delivered(5.5, 1, 0), released(6, 7)],
        [delivered(0.75, 0, 0), requested(2), delivered(3, 0, 1), entered(4.5, 7), sent(4.75, to=0, text="late"),
         released(5.75, 7), delivered(7, 0, 2)],
        [sent(2, to=1, text="elsewhere")],
    )  # fmt: skip
    finding = found(Fencing, checked)
    assert finding.evidence == (
        "node 1 entered as number 7 at 4.000 ms and left at 5.250 ms (its request 0, made at 1.500 ms)",
        "node 0 entered as number 7 at 4.500 ms and left at 5.500 ms (its request 4, made at 0.500 ms)",
        "messages between node 1 and node 0 from their requests to their entries:",
        "  0->1 #1 Note('may I?'): sent at 0.750 ms, delivered at 2.500 ms",
        "  0->1 #2 Note('after all'): sent at 3.500 ms, delivered at 6.500 ms",
    )


def test_a_reply_that_leaks_the_grant_is_in_the_evidence() -> None:
    def late_request(sender: int, to: int, message: Any) -> int:
        return 900_000 if sender == 1 and type(message).__name__ == "Request" else 100_000

    checked = run(broken("replies_while_inside.py"), 2, entries=1, delay=late_request, fifo=False)
    assert [line.split(":")[0].strip() for line in found(Fencing, checked).evidence[3:]] == [
        "0->1 #0 Request(1)", "1->0 #0 Request(1)", "1->0 #1 Reply(1)", "0->1 #1 Reply(1)",
    ]  # fmt: skip


def test_long_evidence_is_cut_and_says_so() -> None:
    many = [sent(2 + i / 100, to=1, text=str(i)) for i in range(MAX_MESSAGES + 5)]
    checked = history([requested(1), *many, entered(5, 1), released(6, 1)], stay(1, 5, 6, 1))
    evidence = found(Fencing, checked).evidence
    assert len(evidence) == 2 + 1 + 1 + MAX_MESSAGES
    assert evidence[3] == "  (5 more before these)"
    assert evidence[-1] == "  0->1 #16 Note('16'): sent at 1.160 ms, not delivered"


def test_where_a_third_node_gave_both_permissions_its_messages_are_the_evidence() -> None:
    arbiter = [sent(2, to=0, text="granted"), sent(2, to=1, text="granted")]
    told = [[requested(1), delivered(3, 2, 0), entered(3, 1), released(4, 1)] for _ in range(2)]
    evidence = found(Fencing, history(*told, arbiter)).evidence
    assert evidence[2:] == (
        "no message passed between node 0 and node 1 from their requests to their entries; "
        "what they received meanwhile:",
        "  2->0 #0 Note('granted'): sent at 1.000 ms, delivered at 2.000 ms",
        "  2->1 #0 Note('granted'): sent at 1.000 ms, delivered at 2.000 ms",
    )


def test_without_messages_the_evidence_says_that_they_were_not_recorded() -> None:
    checked = history(stay(1, 2, 3, 1), stay(1, 2, 3, 1), history="sections")
    assert found(Fencing, checked).evidence[2:] == ("the messages between them were not recorded (history: sections)",)
    assert found(Fencing, run(Greedy, 2)).evidence[2].endswith("to their entries, and they received none")


def test_how_often_numbers_are_repeated_is_said() -> None:
    checked = history(
        [*stay(1, 2, 3, 1), *stay(4, 5, 6, 2, id=1)], [*stay(1, 2, 3, 1), *stay(4, 5, 6, 2, id=1)], stay(1, 2, 3, 1)
    )
    text = "nodes 0 and 1 and 1 more entered with the same number, 1"
    assert found(Fencing, checked).text.startswith(text)
    assert found(Fencing, checked).text.endswith("; 2 of 2 numbers were used more than once")


def test_a_number_that_nobody_used_leaves_the_run_undecided() -> None:
    finding = found(Fencing, history(stay(1, 2, 3, 1), stay(3, 4, 5, 3)))
    assert (finding.outcome, finding.text) == (
        "undecided", "no entry has the number 2, and there are 2: the history has a hole",
    )  # fmt: skip


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


# ---- against brute force --------------------------------------------------------------------------------------------


def every_pair_is_ordered(checked: History) -> bool:
    """Return whether of every two entries one's exit happened before the other's entry: event by event, as sets."""
    past: dict[int, int] = dict.fromkeys(range(checked.plan.nodes), 0)  # node -> events before now, one bit each
    sent_with: dict[tuple[int, int, int], int] = {}
    spans: dict[tuple[int, int], list[int]] = {}  # entry -> past of its entry, its exit's bit
    for index, event in enumerate(checked):
        node = event.node
        if event.kind == "delivered" and not event.workload:
            past[node] |= sent_with[event.peer, node, event.sequence]
        if event.kind == "entered":
            spans[node, event.detail[0]] = [past[node], 0]
            last = (node, event.detail[0])
        elif event.kind == "released":
            last = max(key for key in spans if key[0] == node)
            spans[last][1] = 1 << index
        past[node] |= 1 << index
        if event.kind == "sent":
            sent_with[node, event.peer, event.sequence] = past[node]
    return all(a[0] & b[1] or b[0] & a[1] for a, b in combinations(spans.values(), 2))


KINDS: list[tuple[type[Algorithm], dict[str, Any]]] = [
    (Lamport, {}), (Lamport, {"fifo": False}), (RicartAgrawala, {"fifo": False}), (Maekawa, {}), (Impatient, {}),
    (SuzukiKasami, {"fifo": False}), (NaimiTrehel, {"fifo": False}), (Ring, {}),
    (Greedy, {}), (broken("replies_while_inside.py"), {}), (broken("current_clock.py"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "settings"), KINDS, ids=lambda value: getattr(value, "name", None))
def test_numbers_are_used_once_each_if_and_only_if_every_two_entries_are_ordered(
    algorithm: type[Algorithm], settings: dict[str, Any]
) -> None:
    seen = set()
    for seed in range(40):
        draw = random.Random(seed)
        load = {"entries": draw.randrange(1, 5), "think": Exponential(draw.choice([0.0001, 0.003])), **settings}
        dwell = draw.choice([ZERO, Exponential(0.001), DWELL])
        checked = run(algorithm, draw.randrange(2, 5), seed=seed, dwell=dwell, **load)
        if any(section.released is None for section in checked.sections):
            continue  # a wrong algorithm may stand still; somebody who never leaves has no exit to be ordered
        by_number, by_clock = found(Fencing, checked), found(Overlap, checked)
        assert by_number.outcome == ("valid" if every_pair_is_ordered(checked) else "violated"), f"seed {seed}"
        assert by_clock.outcome == "valid" or by_number.outcome == "violated", "an overlap implies a repeated number"
        seen.add((by_number.outcome, by_clock.outcome))
    assert seen & EXPECTED[algorithm.name] == EXPECTED[algorithm.name], f"the runs were {seen}"


VALID, SEEN, MISSED = ("valid", "valid"), ("violated", "violated"), ("violated", "valid")
EXPECTED = {
    "lamport": {VALID}, "ricart-agrawala": {VALID}, "maekawa": {VALID}, "suzuki-kasami": {VALID},
    "naimi-trehel": {VALID}, "ring": {VALID}, "impatient": {VALID, SEEN, MISSED},
    "greedy": {SEEN, MISSED}, "replies-while-inside": {VALID, SEEN, MISSED}, "current-clock": {VALID, SEEN},
}  # fmt: skip
