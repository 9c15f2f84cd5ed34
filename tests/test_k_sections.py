"""k critical sections as an experiment and the checker say it: who takes k, who needs one, and what comes of it."""

from pathlib import Path
from typing import Any

import pytest
from planned import experiment, plans, refusal

import mxbench
from mxbench.check.answer import check
from mxbench.errors import ExperimentError

BROKEN = Path(__file__).parent / "broken"
SHORT = BROKEN / "raymond_one_reply_short.py"


def sections(k: Any) -> str:
    return f"{{name: raymond-k-entry, k: {k}}}"


# ---- the plan -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("algorithm", "k"), [(sections(2), 2), ("raymond-k-entry", 1), ("lamport", None)])
def test_k_is_kept_in_the_plan_of_an_algorithm_that_takes_it(tmp_path: Path, algorithm: str, k: int | None) -> None:
    [plan] = plans(tmp_path, experiment(algorithm=algorithm))
    assert (plan.k, plan.most_inside) == (k, k or 1)


def test_k_may_be_swept(tmp_path: Path) -> None:
    more = "matrix: {algorithm.k: [1, 2, 3]}"
    assert [plan.k for plan in plans(tmp_path, experiment(algorithm="{name: raymond-k-entry}", more=more))] == [1, 2, 3]


def test_bounds_may_speak_of_k(tmp_path: Path) -> None:
    expect = "expect: {messages_per_entry: '>= 2 * n - k - 1'}"
    [plan] = plans(tmp_path, experiment(algorithm=sections(2), more=expect))
    assert plan.names([])["k"] == 2
    assert "'k' is not known here" in refusal(tmp_path, experiment(algorithm="lamport", more=expect))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (experiment(algorithm="{name: lamport, k: 2}"), "2: lamport lets in one node at a time; take the key out"),
        (experiment(algorithm=sections(0)), "'0' is not a whole number from 1 to 10000"),
        (experiment(algorithm=sections("two")), "'two' is not a whole number from 1 to 10000"),
        (
            experiment("type: bank, transfers_per_node: 5", algorithm=sections(2)),
            "2: the workload 'bank' needs mutual exclusion, and with it 2 nodes may be inside together; "
            "set algorithm.k: 1, or take another workload ('hold')",
        ),
        (experiment("type: counter, entries_per_node: 5", algorithm=sections(3)), "3: the workload 'counter' needs"),
    ],
    ids=["lamport", "none", "word", "bank", "counter"],
)
def test_k_is_refused_where_it_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text).startswith(f"x.yaml:2: algorithm.k: {said}")


def test_one_section_is_good_enough_for_the_bank(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment("type: bank, transfers_per_node: 5", algorithm=sections(1)))
    assert plan.most_inside == 1


# ---- runs -----------------------------------------------------------------------------------------------------------


def run(tmp_path: Path, algorithm: str, *plugins: Path, more: str = "", dwell: str = "2ms") -> dict[str, Any]:
    text = experiment(f"type: hold, entries_per_node: 8, dwell: {dwell}", algorithm, f"engine: sim\n{more}")
    file = tmp_path / "x.yaml"
    file.write_text(text.replace("nodes: 3", "nodes: 5"), encoding="utf-8")
    row: dict[str, Any]
    [row] = mxbench.run(file, plugins=list(plugins), results=tmp_path / "results")["runs"]
    return row


def finding(row: dict[str, Any], name: str) -> str:
    return next(found["outcome"] for found in row["findings"] if found["property"] == name)


def test_a_run_of_k_sections_is_judged_by_their_width(tmp_path: Path) -> None:
    row = run(tmp_path, sections(2))
    assert (row["verdict"], row["k"]) == ("valid", 2)
    assert {found["property"] for found in row["findings"]} == {"at most k inside", "no overlap", "progress"}
    assert row["claimed_messages_per_entry"] == [7, 8]
    assert row["claim_holds"] is not False


def test_without_messages_the_width_is_not_recorded_and_the_clock_judges(tmp_path: Path) -> None:
    row = run(tmp_path, sections(2), more="history: sections")
    assert finding(row, "at most k inside") == "not recorded"
    assert (finding(row, "no overlap"), row["verdict"]) == ("valid", "valid")


def test_with_neither_messages_nor_dwell_nobody_is_called_valid(tmp_path: Path) -> None:
    short = "{name: raymond-one-reply-short, k: 2}"
    assert run(tmp_path, short, SHORT, dwell="0s")["verdict"] == "violated", "by the width alone"
    row = run(tmp_path, short, SHORT, more="history: sections", dwell="0s")
    assert (finding(row, "no overlap"), row["verdict"]) == ("undecided", "undecided")


def test_a_wrong_one_is_found_in_a_run_and_by_the_checker(tmp_path: Path) -> None:
    row = run(tmp_path, "{name: raymond-one-reply-short, k: 2}", SHORT)
    assert (row["verdict"], finding(row, "at most k inside")) == ("violated", "violated")
    found = check(SHORT, requests=1, k=2, nodes=4)
    assert (found["verdict"], found["k"]) == ("violated", 2)
    assert found["text"] == "nodes 0, 1 and 2 are inside together after 9 steps"


# ---- the checker ----------------------------------------------------------------------------------------------------


def test_the_checker_lets_in_k_and_no_more() -> None:
    found = check("raymond-k-entry", requests=1, k=2)
    assert found["text"] == "in every schedule within the bound at most 2 nodes are inside, and every request is served"
    assert check("raymond-k-entry", requests=1)["k"] == 1
    assert check("lamport", nodes=2, requests=1)["k"] is None


@pytest.mark.parametrize(
    ("algorithm", "k", "said"),
    [
        ("lamport", 2, "k=2: lamport lets in one node at a time"),
        ("raymond-k-entry", "0", "k=0: it is a whole number from 1, of nodes that may be inside together"),
        ("raymond-k-entry", "some", "k=some: it is a whole number from 1, of nodes that may be inside together"),
    ],
)
def test_the_checker_refuses_k_where_it_cannot_be(algorithm: str, k: int | str, said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        check(algorithm, k=k)
    assert str(caught.value) == said
