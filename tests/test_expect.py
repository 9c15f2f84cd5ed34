"""From a history to a row, from a row to what was expected of it, and from there to an exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
from by_hand import history, stay
from plans import run
from wrong_algorithms import Greedy, Silent

from mxbench.core.history import History
from mxbench.core.plan import Ending
from mxbench.core.verdict import Finding
from mxbench.errors import PluginError
from mxbench.experiment.expect import all_met, check_expectations, exit_status, run_status
from mxbench.experiment.judge import judge, row
from mxbench.registry import Registry
from mxbench_plugins.lamport import Lamport

# Section 7 of the design: names that are never renamed.
CONTRACT = """experiment, algorithm, engine, workload, nodes, seed, repeat, verdict, contended, entries, messages,
    messages_by_type, messages_per_entry, saturated_messages_per_entry, claimed_messages_per_entry, claim_kind,
    claim_regime, workload_messages, payload_bytes_per_entry, wire_bytes_per_entry, wait_ms, sync_delay_ms,
    entries_per_s, jain, max_overtaking, wall_s, result""".replace("\n", " ").split(",")
FAILED = Ending("failed", "node", "node 1 died")
CONTRACT_BREACH = Ending("failed", "contract", "author.py:3: it entered without a request (node 0, step 2)")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry()


def row_of(checked: History, registry: Registry) -> dict[str, Any]:
    return row(checked, *judge(checked, registry), "results/x/1/runs/1")


# ---- the row --------------------------------------------------------------------------------------------------------


def test_a_row_has_every_field_of_the_contract_and_is_plain(registry: Registry) -> None:
    made = row_of(run(Lamport, 3, repeat=2, seed=7), registry)
    assert {field.strip() for field in CONTRACT} <= set(made)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert list(made)[:9] == [
        "experiment", "algorithm", "quorum_system", "engine", "workload", "nodes", "seed", "repeat", "verdict",
    ]  # fmt: skip
    assert (made["algorithm"], made["workload"], made["nodes"], made["seed"], made["repeat"]) == (
        "lamport",
        "hold",
        3,
        7,
        2,
    )
    assert (made["verdict"], made["messages_per_entry"], made["result"]) == ("valid", 6.0, "results/x/1/runs/1")
    assert (made["failed"], made["failure"], made["broken_assumptions"]) == (None, None, [])
    assert [finding["property"] for finding in made["findings"]] == [
        "mutual exclusion", "no overlap", "stamp order", "progress",
    ]  # fmt: skip
    assert set(made["findings"][0]) == {"property", "outcome", "text", "evidence"}


def test_a_row_tells_a_violation_with_its_evidence(registry: Registry) -> None:
    made = row_of(run(Greedy, 2), registry)
    assert made["verdict"] == "violated"
    assert made["findings"][0]["evidence"][0].startswith("node 0 entered as number 1 at ")


@pytest.mark.parametrize(
    ("ending", "failed", "failure"),
    [
        (FAILED, "node", "node 1 died"), (CONTRACT_BREACH, "contract", CONTRACT_BREACH.text),
        (Ending("failed"), "harness", ""),
    ],
)  # fmt: skip
def test_a_run_that_failed_is_undecided_and_says_why(
    registry: Registry, ending: Ending, failed: str, failure: str
) -> None:
    made = row_of(history(stay(1, 2, 3, 1), [], ending=ending), registry)
    assert (made["verdict"], made["failed"], made["failure"]) == ("undecided", failed, failure)
    found_nothing = row(history(stay(1, 2, 3, 1), ending=ending), [Finding("luck", "valid", "")], {}, "")
    assert found_nothing["verdict"] == "undecided", "whatever a checker says"


def test_a_row_is_marked_with_the_assumptions_that_were_broken(registry: Registry) -> None:
    made = row_of(run(Lamport, 2, broken_assumptions=("fifo",)), registry)
    assert made["broken_assumptions"] == ["fifo"]


def test_fields_that_no_metric_gave_are_null() -> None:
    made = row(run(Lamport, 2), [], {}, "")
    assert (made["verdict"], made["messages"], made["wait_ms"]) == ("undecided", None, None)


# ---- plugins that do not keep their word ----------------------------------------------------------------------------

PLUGIN = """
from mxbench import Checker, Metric, hookimpl
from mxbench.core.verdict import Finding

class Mine({kind}):
    name = "mine"
    fields = ("mine",)
{body}

@hookimpl
def mxbench_{kind_name}s():
    return [Mine]
"""


def with_plugin(folder: Path, kind: str, body: str) -> Registry:
    file = folder / "mine.py"
    file.write_text(PLUGIN.format(kind=kind, kind_name=kind.lower(), body=body))
    return Registry((str(file),))


def test_a_checker_and_a_metric_of_ones_own_are_in_the_row(tmp_path: Path) -> None:
    body = "    def check(self, history):\n        return Finding('mine', 'violated', 'as I say')"
    made = row_of(run(Lamport, 2), with_plugin(tmp_path, "Checker", body))
    assert (made["verdict"], made["findings"][-1]["text"]) == ("violated", "as I say")
    (tmp_path / "other").mkdir()
    body = "    def measure(self, history):\n        return {'mine': len(history.entries)}"
    assert row_of(run(Lamport, 2), with_plugin(tmp_path / "other", "Metric", body))["mine"] == 6


@pytest.mark.parametrize(
    ("kind", "head", "lines", "said"),
    [
        ("Checker", "check", "return 1 / 0", "the checker 'mine' .*ZeroDivisionError.*mine.py:9"),
        ("Checker", "applies", "return history.nothing", "the checker 'mine'.*'nothing'"),
        ("Checker", "check", "return True", "the checker 'mine'.*True, which is not a Finding"),
        ("Checker", "check", "return Finding('mine', 'fine', 'x')", "the checker 'mine'.*Invalid enum value 'fine'"),
        ("Checker", "check", "return Finding('mine', 'valid', 5)", "the checker 'mine'.*Expected `str`, got `int`"),
        ("Checker", "check", "raise SystemExit(0)", "the checker 'mine'.*SystemExit.*mine.py:9"),
        ("Metric", "measure", "return {'mine': float('nan')}", "the metric 'mine' .* gave .*nan.*JSON cannot hold"),
        ("Metric", "measure", "return {'mine': {'a': [1e400]}}", "the metric 'mine' .* gave .*inf.*JSON cannot hold"),
        ("Metric", "measure", "return {'mine': {(1, 2): 3}}", "gave .*JSON cannot hold: keys must be str"),
        ("Metric", "measure", "return {}['mine']", "the metric 'mine' .*KeyError.*mine.py:9"),
        ("Metric", "measure", "return 3", "the metric 'mine' .* gave 3; its fields are mine"),
        ("Metric", "measure", "return {'mien': 3}", "gave mien; its fields are mine"),
    ],
)
def test_a_checker_or_metric_that_fails_is_named(tmp_path: Path, kind: str, head: str, lines: str, said: str) -> None:
    known = with_plugin(tmp_path, kind, f"    def {head}(self, history):\n        {lines}")
    with pytest.raises(PluginError, match=said):
        judge(run(Lamport, 2), known)


def test_two_metrics_cannot_give_one_field(tmp_path: Path) -> None:
    known = with_plugin(
        tmp_path, "Metric", "    fields = ('jain',)\n    def measure(self, history): return {'jain': 3}"
    )
    with pytest.raises(PluginError, match=r"'mine' .* gives 'jain', which is a field of 'fairness'"):
        judge(run(Lamport, 2), known)


# ---- what was expected ----------------------------------------------------------------------------------------------

ROW = {
    "verdict": "valid", "failed": None, "messages_per_entry": 6.0, "wait_ms": {"mean": 2.0, "p99": 9.5},
    "contended": True, "sync_delay_ms": None, "messages_by_type": {"Request": 12, "Reply": 12}, "jain": None,
    "sent_by_node": [3, 4],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "expected", "met"),
    [
        ("messages_per_entry", "3 * (n - 1)", True), ("messages_per_entry", "<= 2 * (n - 1)", False),
        ("messages_per_entry", [5, 7], True), ("wait_ms.p99", "< 10", True), ("wait_ms.p99", "< 9", False),
        ("contended", True, True), ("contended", False, False), ("sync_delay_ms.p99", "< 10", False),
        ("sync_delay_ms", None, True), ("jain", ">= 0.5", False), ("messages_by_type.Request", "4 * n", True),
        ("sent_by_node", [3, 4], True), ("sent_by_node", [4, 3], False), ("jain", None, True), ("failed", None, True),
        ("messages_per_entry", None, False),
    ],
)  # fmt: skip
def test_a_field_is_as_expected_or_not(field: str, expected: Any, met: bool) -> None:
    found = check_expectations({field: expected}, ROW, {"n": 3})
    whole, _, part = field.partition(".")
    measured = ROW[whole] if not part else (ROW[whole] or {}).get(part)  # type: ignore[attr-defined]
    assert found == [
        {"field": "verdict", "expected": "valid", "measured": "valid", "met": True},
        {"field": field, "expected": expected, "measured": measured, "met": met},
    ]
    assert all_met(found) is met


def test_the_verdict_is_expected_to_be_valid_unless_told() -> None:
    violated = {**ROW, "verdict": "violated"}
    assert [item["met"] for item in check_expectations({}, violated, {})] == [False]
    assert [item["met"] for item in check_expectations({"verdict": "violated"}, violated, {})] == [True]
    assert [item["met"] for item in check_expectations({"verdict": "violated"}, ROW, {})] == [False]


def test_parts_of_a_field_may_be_nested() -> None:
    found = check_expectations({"wait_ms": {"mean": "<= 2", "p99": "> 10"}}, ROW, {})
    assert [(item["field"], item["met"]) for item in found[1:]] == [("wait_ms.mean", True), ("wait_ms.p99", False)]


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"mesages_per_entry": 6}, "6 (a row has no field 'mesages_per_entry'; did you mean 'messages_per_entry'?)"),
        ({"wait_ms.p98": 6}, "6 ('wait_ms' has no field 'p98'; did you mean 'wait_ms.p99'?)"),
        ({"wait_ms.slowest": 6}, "'wait_ms' has no field 'slowest'; it has mean, p99"),
        ({"messages_per_entry.mean": 6}, "'messages_per_entry' has no parts"),
        ({"messages_per_entry": "3 * m"}, "3 * m ('m' is not known here; the names are n"),
        ({"messages_per_entry": "about 6"}, "about 6 ('about 6' is not an expression"),
        ({"messages_per_entry": [5, 6, 7]}, "[5, 6, 7] ([5, 6, 7] is not a band; write [low, high])"),
    ],
)  # fmt: skip
def test_an_expectation_that_means_nothing_is_not_met_and_hides_no_other(expect: dict[str, Any], said: str) -> None:
    first, wrong, last = check_expectations({**expect, "failed": None}, ROW, {"n": 3})
    assert (first["met"], wrong["met"], last["met"]) == (True, False, True)
    assert said in wrong["expected"]


# ---- exit status ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "failed", "expect", "status"),
    [
        ("valid", None, {}, 0), ("violated", None, {}, 1), ("undecided", None, {}, 3), ("undecided", "node", {}, 3),
        ("undecided", "contract", {}, 2), ("violated", "contract", {"verdict": "violated"}, 2),
        ("violated", None, {"verdict": "violated"}, 0), ("valid", None, {"verdict": "violated"}, 1),
        ("valid", None, {"contended": False}, 1), ("violated", None, {"verdict": "violated", "contended": False}, 1),
        ("undecided", None, {"contended": False}, 3), ("undecided", "node", {"verdict": "violated"}, 3),
        ("violated", "node", {}, 1), ("undecided", None, {"verdict": "undecided"}, 0),
    ],
)  # fmt: skip
def test_the_exit_status_of_a_run(verdict: str, failed: str | None, expect: dict[str, Any], status: int) -> None:
    made = {**ROW, "verdict": verdict, "failed": failed}
    assert run_status(made, check_expectations(expect, made, {})) == status


def test_over_a_sweep_bad_input_beats_a_violation_beats_doubt_beats_success() -> None:
    assert [exit_status(given) for given in ([0, 3, 1, 2], [1, 3, 0], [0, 3], [0, 0], [3, 2], [])] == [2, 1, 3, 0, 2, 3]


def test_from_a_run_to_its_exit_status(registry: Registry) -> None:
    def status(checked: History, **expect: Any) -> int:
        made = row_of(checked, registry)
        return run_status(made, check_expectations(expect, made, {"n": checked.plan.nodes}))

    assert status(run(Lamport, 3), messages_per_entry="3 * (n - 1)", **{"wait_ms.p99": "< 1000"}) == 0
    assert status(run(Lamport, 3), messages_per_entry="2 * (n - 1)") == 1
    assert status(run(Greedy, 3)) == 1
    assert status(run(Greedy, 3), verdict="violated") == 0
    assert status(run(Silent, 3)) == 1
    assert status(run(Lamport, 3, entries=0)) == 3
    assert status(history([], [], ending=CONTRACT_BREACH)) == 2
