"""The checker of fencing numbers against runs of right and wrong algorithms, histories by hand, and brute force."""

import random
from itertools import combinations
from typing import Any

import pytest
from by_hand import delivered, entered, history, released, requested, sent, stay
from findings import found, outcome
from plans import DWELL, run
from wrong_algorithms import Greedy, Impatient, broken

from mxbench.checkers.evidence import MAX_MESSAGES
from mxbench.checkers.mutual_exclusion import Fencing, Order, Overlap
from mxbench.checkers.progress import Progress
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History
from mxbench.core.verdict import Finding
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ring import Ring
from mxbench_plugins.suzuki_kasami import SuzukiKasami

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
