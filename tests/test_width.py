"""At most k inside: the width of the happened-before order against brute force, by hand, and on runs of k sections."""

import random
from collections import Counter
from itertools import combinations, product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from by_hand import delivered, entered, history, released, requested, sent, stay
from hypothesis import given
from hypothesis import strategies as st
from plans import run

from mxbench.checkers.antichain import Chains
from mxbench.checkers.mutual_exclusion import Fencing, Overlap
from mxbench.checkers.progress import Progress
from mxbench.checkers.width import Width
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History, Section
from mxbench.core.plan import Ending
from mxbench.core.verdict import Finding
from mxbench.loading import load_file
from mxbench_plugins.raymond_k_entry import RaymondKEntry

BROKEN = Path(__file__).parent / "broken"
OneReplyShort: Any = load_file(BROKEN / "raymond_one_reply_short.py").mxbench_algorithms()[0]
MS = 1_000_000
FAILED = Ending("failed", "node", "node 1 died")


def width_of(checked: History) -> Finding:
    return Width().check(checked)


# ---- the greatest set of unordered elements ----------------------------------------------------------------------


def random_order(draw: random.Random, nodes: int, count: int, links: float) -> list[tuple[int, tuple[int, ...]]]:
    """Return elements in an order that they allow: each its node, and how many of each node's precede it."""
    elements: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(count):
        node, past = draw.randrange(nodes), [0] * nodes
        for other, theirs in elements:
            if other == node or draw.random() < links:
                past = [max(pair) for pair in zip(past, theirs, strict=True)]
                past[other] = max(past[other], theirs[other] + 1)
        elements.append((node, tuple(past)))
    return elements


def precedes(a: tuple[int, tuple[int, ...]], b: tuple[int, tuple[int, ...]]) -> bool:
    return b[1][a[0]] > a[1][a[0]]


def most_unordered(elements: list[tuple[int, tuple[int, ...]]]) -> int:
    """Return the size of the greatest set of pairwise unordered elements, by trying all."""
    size = 1
    while any(pairwise_unordered(chosen) for chosen in combinations(elements, size + 1)):
        size += 1
    return size


def pairwise_unordered(elements: Any) -> bool:
    return not any(precedes(a, b) or precedes(b, a) for a, b in combinations(elements, 2))


@pytest.mark.parametrize("links", [0.05, 0.1, 0.2, 0.3, 0.5])
def test_there_are_as_many_chains_as_the_most_unordered_elements(links: float) -> None:
    for seed in range(120):
        draw = random.Random(seed)
        elements = random_order(draw, nodes=draw.randrange(1, 7), count=draw.randrange(1, 16), links=links)
        chains = Chains()
        for element in elements:
            chains.put(*element)
            assert len(chains.unordered()) == len(chains.firsts)
        assert len(chains.firsts) == most_unordered(elements)
        named = {(node, past[node]): (node, past) for node, past in elements}
        assert pairwise_unordered(named[name] for name in chains.unordered())


def test_chains_are_cut_and_joined_anew_where_the_first_choice_was_unlucky() -> None:
    """a and b are unordered, c follows both, d only b: to put c behind b would leave d alone."""
    chains = Chains()
    for node, past in ((0, (0, 0, 0, 0)), (1, (0, 0, 0, 0)), (2, (1, 1, 0, 0)), (3, (0, 1, 0, 0))):
        chains.put(node, past)
    assert len(chains.firsts) == 2
    assert chains.unordered() in ([(0, 0), (1, 0)], [(2, 0), (3, 0)], [(0, 0), (3, 0)])


# ---- the checker, by hand ----------------------------------------------------------------------------------------


def relay(first: float) -> list[Any]:
    """Node 0 stays and then tells node 1, by a message that comes before its entry."""
    return [*stay(first, first + 1, first + 2, 1), sent(first + 2, to=1)]


def test_three_entries_that_luck_kept_apart_are_found_by_the_width_alone() -> None:
    checked = history(stay(1, 2, 3, 1), stay(4, 5, 6, 1), stay(7, 8, 9, 1), k=2)
    assert (width_of(checked).outcome, Overlap().check(checked).outcome) == ("violated", "valid")
    assert width_of(checked).text == (
        "nodes 0, 1 and 2 entered, and none had heard that another had left: some schedule has all 3 inside, "
        "where 2 may be"
    )
    assert [line.split(" as ")[0] for line in width_of(checked).evidence] == [f"node {n} entered" for n in range(3)]


def test_one_message_from_an_exit_to_an_entry_makes_the_difference() -> None:
    told = [requested(1), delivered(4, 0, 0), entered(5, 2), released(6, 2)]
    assert width_of(history(relay(1), told, stay(1, 2, 3, 1), k=2)).outcome == "valid"
    before = [*relay(1)[:2], sent(2.5, to=1), released(3, 1)]  # sent while inside: no exit is behind it
    assert width_of(history(before, told, stay(1, 2, 3, 1), k=2)).outcome == "violated"
    assert width_of(history(before, told, k=2)).outcome == "valid"


def test_a_block_orders_no_entries() -> None:
    first = [*stay(1, 2, 3, 1), sent(3, to=1, workload=True)]
    told = [requested(1), delivered(4, 0, 0, workload=True), entered(5, 2), released(6, 2)]
    assert width_of(history(first, told, stay(1, 2, 3, 1), k=2)).outcome == "violated"


def test_equal_numbers_are_no_violation_where_two_may_be_inside() -> None:
    checked = history(stay(1, 2, 3, 1), stay(1, 2, 3, 1), [], k=2)
    assert not Fencing().applies(checked)
    assert width_of(checked) == Finding(
        "at most k inside",
        "valid",
        "no 3 of the 2 entries could be inside together: of so many, one had always left before another entered",
    )


def test_the_width_is_asked_for_only_where_more_than_one_may_be_inside() -> None:
    for k in (None, 1):
        checked = history(stay(1, 2, 3, 1), k=k)
        assert Fencing().applies(checked)
        assert not Width().applies(checked)


@pytest.mark.parametrize(
    ("checked", "expected", "said"),
    [
        (history(*[stay(1, 2, 3, 1)] * 3, k=2, history="sections"), "not recorded", "history: sections"),
        (history(*[stay(1, 2, 3, 1)] * 3, k=2, history="off"), "not recorded", "history: off"),
        (history(stay(1, 2, 3, 1), None, stay(1, 2, 3, 1), k=2), "undecided", "nothing is left of what node 1"),
        (history([], [], k=2, entries=1), "undecided", "nobody entered"),
        (history(*[stay(1, 2, 3, 1)] * 2, [], k=2, ending=FAILED), "undecided", "the run failed: node 1 died"),
        (history(*[stay(1, 2, 3, 1)] * 3, k=2, history="sections", ending=FAILED), "undecided", "the run failed"),
        (history(*[stay(1, 2, 3, 1)] * 3, None, k=2, ending=FAILED), "undecided", "the run failed"),
    ],
    ids=["sections", "off", "node-lost", "no-entry", "failed", "failed-sections", "failed-node-lost"],
)
def test_a_run_is_valid_only_where_all_messages_were_seen(checked: History, expected: str, said: str) -> None:
    finding = width_of(checked)
    assert finding.outcome == expected
    assert said in finding.text


def test_a_violation_that_was_seen_stays_one_where_the_run_failed_later() -> None:
    finding = width_of(history(*[stay(1, 2, 3, 1)] * 3, k=2, ending=FAILED))
    assert (finding.outcome, len(finding.evidence)) == ("violated", 3)
    assert Overlap().check(history(*[stay(1, 2, 3, 1)] * 3, k=2, ending=FAILED)).outcome == "violated"


def test_an_entry_that_a_failure_cut_off_is_held_against_nobody() -> None:
    """The third was inside when the run failed: the numbers leave such an entry out too."""
    cut_off = [requested(1), entered(2, 1)]
    assert width_of(history(*[stay(1, 2, 3, 1)] * 2, cut_off, k=2, ending=FAILED)).outcome == "undecided"


def test_a_node_that_never_left_is_inside_with_all_that_follow() -> None:
    inside = [requested(1), entered(2, 1)]
    checked = history(inside, [*stay(1, 2, 3, 1), sent(3, to=2)],
                      [requested(1), delivered(4, 1, 0), entered(5, 2)], k=2, ending=Ending("stuck"))  # fmt: skip
    assert width_of(checked).outcome == "valid"
    alone = history(inside, stay(1, 2, 3, 1), [requested(1), entered(5, 2)], k=2, ending=Ending("stuck"))
    assert width_of(alone).outcome == "violated"


# ---- the clock ------------------------------------------------------------------------------------------------------


def test_three_stays_at_once_are_found_by_the_clock_where_two_may_be() -> None:
    stays = [stay(1, 2, 9, 1), stay(1, 3, 6, 1), stay(1, 5, 8, 2)]
    finding = Overlap().check(history(*stays, k=2))
    assert (finding.outcome, finding.text) == (
        "violated", "nodes 1, 0 and 2 were inside together for 1.000 ms, where 2 may be",
    )  # fmt: skip
    assert len(finding.evidence) == 3
    assert Overlap().check(history(*stays, k=3)).text == "no 4 of the 3 stays overlap on this run's clock"


def test_the_clock_decides_nothing_where_no_stay_lasts_and_the_width_cannot() -> None:
    instants = [stay(1, 2, 2, 1)] * 4  # four who enter at once and leave at once share no time
    finding = Overlap().check(history(*instants, k=2, history="sections", dwell=ZERO))
    assert (finding.outcome, finding.text) == (
        "undecided", "with dwell 0 the clock sees too little, and the width, which would decide, takes the messages: "
        "write history: full, or give the sections a dwell",
    )  # fmt: skip
    assert Overlap().check(history(*instants, k=2, dwell=ZERO)).text.endswith("it sees little: the width decides")
    assert Overlap().check(history(*instants, k=2, history="sections", dwell=Constant(0.001))).outcome == "valid"
    at_once = [stay(1, 2, 3, 1)] * 3
    assert Overlap().check(history(*at_once, k=2, history="sections", dwell=ZERO)).outcome == "violated"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=9), st.integers(1, 4))
def test_the_clock_finds_what_a_look_at_every_instant_finds(spans: list[tuple[int, int]], k: int) -> None:
    stays = [stay(0, start + 1, start + 1 + length, 1) for start, length in spans]
    most = max(sum(start <= t < start + length for start, length in spans) for t in range(20))
    outcome = Overlap().check(history(*stays, k=k)).outcome
    assert outcome == ("violated" if most > k else "valid")


# ---- runs ------------------------------------------------------------------------------------------------------------


def unordered_by_brute_force(checked: History, size: int) -> bool:
    """Return whether so many entries are pairwise unordered, by the events before each one, as sets of bits."""
    past = dict.fromkeys(range(checked.plan.nodes), 0)
    sent_with: dict[tuple[int, int, int], int] = {}
    spans: dict[tuple[int, int], list[int]] = {}  # entry -> the events before it, and its exit's bit
    current: dict[int, tuple[int, int]] = {}
    for index, event in enumerate(checked):
        node = event.node
        if event.kind == "delivered":
            past[node] |= sent_with[event.peer, node, event.sequence]
        elif event.kind == "entered":
            current[node] = (node, event.detail[0])
            spans[current[node]] = [past[node], 0]
        elif event.kind == "released":
            spans[current[node]][1] = 1 << index
        past[node] |= 1 << index
        if event.kind == "sent":
            sent_with[node, event.peer, event.sequence] = past[node]
    return any(
        not any(a[0] & b[1] or b[0] & a[1] for a, b in combinations(chosen, 2))
        for chosen in combinations(spans.values(), size)
    )


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [1, 2, 3])
def test_the_width_of_a_run_is_that_of_a_plain_search(allowed: int) -> None:
    """Runs that let in one to four are judged as if so many were allowed: both answers come up."""
    seen: Counter[str] = Counter()
    for algorithm, let_in in product((RaymondKEntry, OneReplyShort), (1, 2, 3)):
        for seed in range(6):
            checked = run(algorithm, 5, entries=3, seed=seed, fifo=False, k=let_in, think=Exponential(0.003))
            checked.plan = msgspec.structs.replace(checked.plan, k=allowed)
            outcome = width_of(checked).outcome
            assert outcome == ("violated" if unordered_by_brute_force(checked, allowed + 1) else "valid")
            seen[outcome] += 1
    assert min(seen["valid"], seen["violated"]) > 3, seen


@pytest.mark.parametrize("k", [2, 3, 4, 7])
@pytest.mark.parametrize("nodes", [3, 5, 7])
def test_k_sections_are_valid_in_every_respect(nodes: int, k: int) -> None:
    for seed in range(5):
        checked = run(RaymondKEntry, nodes, entries=6, seed=seed, fifo=False, k=k)
        assert [checker().check(checked).outcome for checker in (Width, Overlap, Progress)] == ["valid"] * 3
        assert most_inside(checked.entries) <= min(k, nodes)


def test_k_nodes_are_inside_together() -> None:
    for k in (2, 3, 4):
        assert most_inside(run(RaymondKEntry, 5, entries=6, k=k).entries) == k


@pytest.mark.parametrize("k", [2, 3])
def test_a_reply_too_few_is_found_by_the_width(k: int) -> None:
    for seed in range(5):
        checked = run(OneReplyShort, 5, entries=4, seed=seed, k=k)
        finding = width_of(checked)
        assert finding.outcome == "violated"
        assert len(finding.evidence) == k + 1


def test_some_runs_are_found_wrong_by_the_width_alone() -> None:
    """A rare load: the clock of most runs sees nothing, though the algorithm lets in one too many."""
    alone = 0
    for seed in range(40):
        checked = run(OneReplyShort, 4, entries=2, seed=seed, k=2, think=Exponential(0.004), dwell=Constant(0.0002))
        width, clock = width_of(checked).outcome, Overlap().check(checked).outcome
        assert clock == "valid" or width == "violated", "an overlap is never ordered"
        alone += (width, clock) == ("violated", "valid")
    assert alone > 5


def most_inside(entries: list[Section]) -> int:
    moments = [(entry.entered or 0, 1) for entry in entries] + [(entry.released or 0, -1) for entry in entries]
    inside = most = 0
    for _, change in sorted(moments):
        inside += change
        most = max(most, inside)
    return most
