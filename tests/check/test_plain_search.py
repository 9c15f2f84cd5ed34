"""The checker against a plain search that shares nothing with it but the node: verdicts and counts agree."""

from pathlib import Path
from typing import Any

import models
import plain
import pytest

from mxbench.check.answer import answer
from mxbench.check.question import parse_question
from mxbench.check.search import Search
from mxbench.check.space import Space
from mxbench.check.waiters import stranded

BROKEN = Path(__file__).parent.parent / "broken"
RING = "[[0,1],[1,2],[0,2]]"
CASES: list[tuple[Any, dict[str, Any]]] = [
    ("lamport", {"nodes": 2, "requests": "1,2"}),
    ("lamport", {"requests": "1,0,0"}),
    ("lamport", {"requests": "1,1,0", "network": "reordering"}),
    ("lamport", {"nodes": 2, "requests": 1, "network": "reordering+duplicating:2+lossy"}),
    ("ricart-agrawala", {"nodes": 2}),
    ("ricart-agrawala", {"requests": "1,1,0"}),
    ("ricart-agrawala", {"nodes": 2, "network": "reordering"}),
    ("ricart-agrawala", {"nodes": 2, "requests": "1,2", "network": "duplicating"}),
    ("ricart-agrawala", {"nodes": 2, "network": "lossy"}),
    ("ricart-agrawala", {"requests": "1,1,0", "network": "crashing"}),
    ("maekawa", {"nodes": 2}),
    ("maekawa", {"requests": "1,1,0", "quorums": RING}),
    ("maekawa", {"requests": 1, "quorums": RING, "network": "reordering"}),
    ("maekawa", {"nodes": 2, "requests": 1, "network": "reordering+duplicating"}),
    ("suzuki-kasami", {"requests": "1,1,0", "network": "reordering"}),
    ("suzuki-kasami", {"nodes": 2, "requests": 1, "network": "duplicating"}),
    ("singhal", {"requests": "1,1,0", "holder": 2}),
    ("naimi-trehel", {"requests": 1, "network": "reordering"}),
    ("ring", {"requests": "1,1,2"}),
    ("ring", {"nodes": 2, "network": "lossy"}),
    ("enters_at_once", {"requests": 1}),
    ("replies_while_inside", {"nodes": 2}),
    ("current_clock", {"nodes": 2}),
    ("deadlocks", {"nodes": 2}),
    ("deadlocks", {"requests": "1,1,0"}),
    ("maekawa_without_extra_failed", {"requests": 1, "quorums": RING}),
    ("enters_without_request", {}),
    ("raises_in_handler", {}),
    ("wrong_signature", {}),
    (models.NeverServed, {"nodes": 2}),
    (models.NeverServed, {"requests": 1}),
    (models.SometimesServed, {"requests": "0,1,1"}),
    (models.SometimesServed, {"requests": "0,1,2", "network": "lossy"}),
    (models.LooksAtTheClock, {"requests": 1}),
    (models.LooksAtTheClock, {"requests": "3,0"}),
    (models.TrueOrOne, {"nodes": 1}),
]


def question_of(algorithm: Any, bound: dict[str, Any]) -> Any:
    file = BROKEN / f"{algorithm}.py"
    return parse_question(file if file.is_file() else algorithm, **bound)


@pytest.mark.parametrize(("algorithm", "bound"), CASES, ids=str)
def test_agrees_with_the_plain_search(algorithm: Any, bound: dict[str, Any]) -> None:
    question = question_of(algorithm, bound)
    found = answer(question)
    assert plain.search(question) == (found["property"], found["states"], found["transitions"], found["depth"])


def test_keeps_the_order_of_a_dict_apart_where_a_handler_acts_by_it() -> None:
    question = parse_question(models.LastComeFirstServed, requests="0,1,1,1")
    found = answer(question)
    counts = (found["property"], found["states"], found["transitions"], found["depth"])
    assert counts == plain.search(question, keep_order=True)
    assert counts != plain.search(question), "without the order some states are taken for one"


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
