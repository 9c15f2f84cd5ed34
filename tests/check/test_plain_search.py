"""The checker against a plain search that shares nothing with it but the node: verdicts and counts agree."""

from typing import Any

import models
import plain
import pytest
from cases import CASES, RING, question_of

from mxbench.check.answer import answer
from mxbench.check.question import parse_question
from mxbench.check.search import Search
from mxbench.check.space import Space
from mxbench.check.waiters import stranded


@pytest.mark.parametrize(("algorithm", "bound"), CASES, ids=str)
def test_agrees_with_the_plain_search(algorithm: Any, bound: dict[str, Any]) -> None:
    question = question_of(algorithm, bound)
    found = answer(question)
    counts = (found["property"], found["states"], found["transitions"], found["depth"])
    expected = plain.search(question)
    assert expected[:4] == counts
    assert expected.rounds == any(said.startswith("schedules that go round for ever") for said in found["not_covered"])
    assert expected.rounds == found["text"].endswith("whoever waits can still enter")


def test_keeps_the_order_of_a_dict_apart_where_a_handler_acts_by_it() -> None:
    question = parse_question(models.LastComeFirstServed, requests="0,1,1,1")
    found = answer(question)
    counts = (found["property"], found["states"], found["transitions"], found["depth"])
    assert counts == plain.search(question, keep_order=True)[:4]
    assert counts != plain.search(question)[:4], "without the order some states are taken for one"


@pytest.mark.parametrize(
    ("algorithm", "bound"),
    [
        ("lamport", {"nodes": 2, "requests": 1}),
        ("lamport", {"requests": "1,0,0"}),
        ("ricart-agrawala", {"nodes": 2, "requests": "1,2"}),
        ("maekawa", {"nodes": 2, "requests": "1,2"}),
        ("maekawa", {"requests": "1,1,0", "quorums": RING}),
        ("lamport", {"nodes": 2, "requests": 1, "network": "reordering"}),
        ("maekawa", {"nodes": 2, "requests": 1, "quorums": "[[0],[1]]"}),
        ("enters_at_once", {"nodes": 2}),
        ("replies_while_inside", {"nodes": 2, "requests": "1,2"}),
        ("current_clock", {"nodes": 2, "requests": "1,2"}),
        ("deadlocks", {"nodes": 2}),
        (models.LooksAtTheClock, {"nodes": 2}),
        (models.SometimesServed, {"requests": "0,1,1"}),
    ],
    ids=str,
)
def test_some_schedule_overlaps_if_and_only_if_some_schedule_repeats_a_number(
    algorithm: Any, bound: dict[str, Any]
) -> None:
    overlap = repeated = False
    for world in plain.schedules(question_of(algorithm, bound)):
        overlap |= len(world.inside()) > 1
        repeated |= world.repeated
        assert world.repeated or len(world.inside()) < 2, "an overlap implies a repeated number"
    assert overlap == repeated


def test_a_deadlock_implies_that_a_waiter_can_no_longer_enter() -> None:
    question = question_of("deadlocks", {"nodes": 2, "requests": 1})
    search = Search(Space(question))
    assert search.run().property == "no deadlock"
    assert stranded(search.graph, lambda: None) is not None
