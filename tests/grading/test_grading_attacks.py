"""Hostile submissions, graded for real: each is contained, named, and gets nothing for what it broke."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attacks import ATTACKS, deletes, reads
from graded import RUBRIC, grade, processes_in

pytestmark = pytest.mark.slow
ALL = {"contract": 10, "safe": 30, "no deadlock": 20, "can enter": 10, "cost": 30}
REPEATED = "when asked again"


class Expected(NamedTuple):
    """What becomes of an attack: the items that bring points, and a part of what is said."""

    met: set[str]
    said: str


NOTHING: set[str] = set()
BUT_CONTRACT = set(ALL) - {"contract"}
EXPECTED = {
    "right": Expected(set(ALL), ""),
    "unsafe": Expected({"contract", "no deadlock", "can enter"}, "nodes 0 and 1 are inside together after 2 steps"),
    "deadlocks": Expected({"contract", "safe"}, "wait for ever"),
    "shares_memory": Expected(NOTHING, REPEATED),
    "shares_in_a_class": Expected(NOTHING, REPEATED),
    "loops_in_handler": Expected(NOTHING, "in on_request, node 0: it takes over 0.5 s of processor time, and"),
    "sleeps_in_handler": Expected(NOTHING, "in on_request, node 0: it takes over 0.5 s of sleep, and was killed"),
    "loops_at_import": Expected(NOTHING, "importing it: it takes over 10 s of processor time, and was killed"),
    "allocates_in_handler": Expected(NOTHING, "in on_request"),  # out of memory, or of time on a slow machine
    "allocates_at_import": Expected(NOTHING, "MemoryError"),
    "forks": Expected(BUT_CONTRACT, "it tried to start a process"),
    "patches": Expected({"no deadlock", "can enter"}, "patch mxbench.core.node.Node.deliver"),
    "forges": Expected(NOTHING, "it answers with what is no declaration of an algorithm"),
    "exits_in_handler": Expected(NOTHING, "SystemExit: 0 (in on_request)"),
    "exits_at_once": Expected(NOTHING, "it ended its own process (exit status 0)"),
    "opens_a_socket": Expected(BUT_CONTRACT, "it tried to open a socket"),
    "kills_its_parent": Expected(BUT_CONTRACT, "it tried to send a signal"),
    "starts_a_thread": Expected(NOTHING, "thread"),
    "imports_the_solution": Expected(NOTHING, "may not import mxbench_plugins"),
    "giant_messages": Expected(NOTHING, "a state or messages of over 250 kB"),
    "floods": Expected(NOTHING, "over 20,000 steps"),
    "prints_without_end": Expected(NOTHING, "File too large"),
    "draws_at_random": Expected(NOTHING, REPEATED),
    "reads_the_clock": Expected(NOTHING, REPEATED),
    "reads": Expected(BUT_CONTRACT, "it tried to read the file"),
    "deletes": Expected(BUT_CONTRACT, "delete a file"),
}


class Outcome(NamedTuple):
    """One grading of all of them."""

    place: Path
    status: int
    by_name: dict[str, Any]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    place = tmp_path_factory.mktemp("grading")
    precious = place / "precious"
    precious.mkdir()
    (precious / "kept").write_text("kept")
    texts = {**ATTACKS, "reads": reads(place / "rubric.yaml"), "deletes": deletes(precious)}
    status, told = grade(place, texts)
    return Outcome(place, status, {one["name"].removesuffix(".py"): one for one in told["submissions"]})


@pytest.mark.parametrize("name", EXPECTED)
def test_a_submission_loses_what_it_broke_and_no_more_and_is_told_why(outcome: Outcome, name: str) -> None:
    one = outcome.by_name[name]
    assert {item["name"] for item in one["items"] if item["met"]} == EXPECTED[name].met
    assert one["points"] == sum(ALL[item] for item in EXPECTED[name].met)
    assert EXPECTED[name].said in f"{one['fault']} {one['tried']} {[item['text'] for item in one['items']]}"
    assert one["failed"] is None


def test_every_attack_is_expected_to_come_to_something() -> None:
    assert set(ATTACKS) < set(EXPECTED)


def test_the_grading_ends_well_whatever_the_points_and_leaves_no_process_and_no_file(outcome: Outcome) -> None:
    assert outcome.status == 0
    assert processes_in(outcome.place) == []
    assert list((outcome.place / "tmp").iterdir()) == []


def test_no_submission_sees_the_rubric_the_seed_or_anything_of_its_judge(outcome: Outcome) -> None:
    printed = outcome.by_name["reads"]["output"]
    assert "refused" in printed
    for secret in ("messages_per_entry", "of-the-judge", "root:", "examiner", "seed"):
        assert secret not in printed
    assert "reads.py" in printed  # it ran, and saw its own folder, where nothing else is
    assert "['reads.py']" in printed


def test_no_submission_deletes_or_writes_a_file(outcome: Outcome) -> None:
    assert (outcome.place / "precious" / "kept").read_text() == "kept"
    assert [file.name for file in (outcome.place / "precious").iterdir()] == ["kept"]
    assert outcome.by_name["deletes"]["output"] == ""


def test_what_a_submission_prints_is_shown_and_counts_for_nothing(outcome: Outcome) -> None:
    forged = outcome.by_name["forges"]
    assert forged["output"].startswith('{"verdict": "valid", "points": 100')
    assert forged["points"] == 0
    assert len(outcome.by_name["prints_without_end"]["output"]) <= 10_000


def test_what_breaks_in_a_search_comes_with_its_shortest_counterexample(outcome: Outcome) -> None:
    safe = next(item for item in outcome.by_name["unsafe"]["items"] if item["name"] == "safe")
    assert [step["event"] for step in safe["trace"]] == ["request", "request"]
    page = (outcome.place / "out" / "pages" / "unsafe.py.html").read_text()
    assert "node 1 requests" in page


def test_a_deadlock_does_not_hide_whether_entries_are_safe(outcome: Outcome) -> None:
    safe = next(item for item in outcome.by_name["deadlocks"]["items"] if item["name"] == "safe")
    assert safe["outcome"] == "met"
    assert "holds in all 28 states" in safe["text"]


def test_the_points_of_a_right_one_are_those_of_the_rubric(outcome: Outcome) -> None:
    assert str(sum(ALL.values())) == "100"
    assert outcome.by_name["right"]["points"] == 100
    cost = outcome.by_name["right"]["items"][-1]["measured"]
    assert {"field": "messages_per_entry", "measured": 4.0, "expected": "<= 2 * (n - 1)"}.items() <= cost[-1].items()
    assert "2 * (n - 1)" in RUBRIC
