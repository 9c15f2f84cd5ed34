"""The checker's own rules: what it says, what it shows, and where it gives up."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import models
import pytest

import mxbench
from mxbench.check.answer import check
from mxbench.check.diagram import diagram
from mxbench.check.question import Network, parse_question
from mxbench.check.text import render
from mxbench.core.algorithm import Algorithm
from mxbench.errors import ExperimentError, PluginError

BROKEN = Path(__file__).parent.parent / "broken"


def test_a_waiter_that_messages_pass_by_for_ever_is_no_deadlock_and_yet_a_violation() -> None:
    found = check(models.NeverServed, nodes=2, requests=1)
    assert (found["property"], len(found["trace"])) == ("every waiter can still enter", 1)
    assert found["trace"][0]["text"] == "node 1 requests, sends Ask() to 0"


def test_a_waiter_that_may_be_put_off_for_ever_can_still_enter() -> None:
    found = check(models.SometimesServed, requests="0,1,1")
    assert found["verdict"] == "valid", "every choice is tried, and one of them lets it in"


def test_a_timer_may_fire_at_any_step() -> None:
    found = check(models.LooksAtTheClock, nodes=2, requests=1)
    assert (found["property"], len(found["trace"])) == ("mutual exclusion", 4)
    assert "timer 'patience'" in render(found)


def test_true_and_one_and_one_point_zero_are_three_states() -> None:
    found = check(models.TrueOrOne, nodes=1, requests=1)
    assert (found["property"], found["trace"][0]["choices"]) == ("no deadlock", [2])


def test_fields_of_a_message_may_be_given_by_name_only() -> None:
    found = check(models.Worded, nodes=2, requests=1)
    assert (found["property"], len(found["trace"])) == ("mutual exclusion", 6)
    assert "node 1 requests, sends Note({2: [1], 1: []}, 'ask') to 0" in [step["text"] for step in found["trace"]]


def test_a_list_that_two_fields_share_is_refused() -> None:
    for shares in (models.SharesAList, models.SharesItLater):
        found = check(shares, nodes=1, requests=1)
        assert found["property"] == "contract"
        assert "hold the same list" in found["text"]


def test_a_deadlock_is_told_before_a_breach_that_is_farther_away() -> None:
    found = check(models.DeadlocksOrBreaks, nodes=1, requests=1)
    assert (found["property"], len(found["trace"])) == ("no deadlock", 1)


def test_that_schedules_may_go_round_for_ever_is_said() -> None:
    found = check(models.SometimesServed, requests="0,1,1")
    assert found["text"].endswith("at most one node is inside, and whoever waits can still enter")
    assert "schedules that go round for ever: there are such, and in one" in found["not_covered"][-1]


def test_numbers_are_shown_and_repeat_where_nodes_overlap() -> None:
    found = check(BROKEN / "replies_while_inside.py", nodes=2, requests=1)
    entries = [(step["node"], step["number"]) for step in found["trace"] if step.get("enters")]
    assert sorted(node for node, _ in entries) == [0, 1]
    assert [number for _, number in entries] == [1, 1]
    assert found["trace"][-1]["inside"] == [0, 1]


def test_shows_a_counterexample_as_a_space_time_diagram() -> None:
    found = check("lamport", nodes=3, requests=1, network="reordering")
    shown = diagram(found["trace"], 3)
    assert "ENTERS (number 1)" in shown
    assert shown.splitlines()[-1].count("#") == 2, "two nodes inside are two '#' in one row"
    assert ">" in shown
    assert "<" in shown
    text = render(found)
    assert shown in text
    assert "Outside its assumptions: lamport assumes FIFO channels, but this network reorders messages." in text


@pytest.mark.parametrize(
    "algorithm", [models.EntersAtFirst, models.StaysOutside, models.RaisesAtFirst, models.SendsAtFirst]
)
def test_a_violation_that_its_own_trace_does_not_show_is_told_as_the_plugins_fault(algorithm: type[Algorithm]) -> None:
    models.CALLS.clear()
    with pytest.raises(PluginError, match=f"{algorithm.name}: carried out again, .* 'pytest --mxbench FILE' names"):
        check(algorithm, nodes=2, requests=1)


@pytest.mark.parametrize("limit", [{"limit_states": 1000}, {"limit_seconds": 0.0}], ids=str)
def test_a_limit_that_is_hit_is_undecided_and_says_what_was_not_covered(limit: dict[str, Any]) -> None:
    found = check("lamport", **limit)
    assert found["verdict"] == "undecided"
    assert found["limit"] in found["text"]
    assert "longer ones were not" in found["not_covered"][0]


def test_a_violation_within_the_limit_is_told() -> None:
    assert check("lamport", network="reordering", limit_states=20_000)["verdict"] == "violated"


def test_says_what_never_happened() -> None:
    found = check("ricart-agrawala", nodes=2, requests="1,0")
    assert found["sometimes"] == {"contention": False, "entered": {"0": True}}
    assert check("lamport", nodes=1)["verdict"] == "valid"


def test_says_that_a_node_that_crashed_is_not_served_and_counts_one_as_one() -> None:
    found = check("ricart-agrawala", nodes=1, requests=1, network="crashing+lossy:2")
    assert found["text"].endswith("and every request of a node that did not crash is served")
    assert found["not_covered"][0] == "more than 1 node, and more than 1 request of one node"
    assert found["not_covered"][1].endswith("repeated messages, more than 2 lost messages, more than 1 crash")


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    script = (
        "import json, mxbench; found = mxbench.check('lamport', requests=1, network='reordering')\n"
        "for measured in ('seconds', 'peak_bytes', 'bytes_per_state'): del found[measured]\n"
        "print(json.dumps(found))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"network": "lost"}, "there is no 'lost'; did you mean 'lossy'?"),
        ({"network": "fifo+reordering"}, "not both"),
        ({"network": "lossy:99"}, "from 1 to 15"),
        ({"nodes": 17}, "from 1 to 16"),
        ({"nodes": 3, "requests": "1,1"}, "2 numbers for 3 nodes"),
        ({"requests": "some"}, "write one number"),
        ({"requests": -1}, "0 times or more"),
        ({"quorums": "grid"}, "works without quorums"),
        ({"quorums": "[[0],[1],[2]]"}, "works without quorums"),
        ({"algorithm": "maekawa", "quorums": "[[0,1],"}, "write a system's name, or a list"),
        ({"algorithm": "maekawa", "quorums": "[[0,1.9],[1],[0,2]]"}, "write a system's name, or a list"),
        ({"algorithm": "maekawa", "quorums": [[0], [3], [1]]}, "nodes are 0 to 2"),
        ({"properties": [models.Contract]}, "--property contract: it is always judged"),
    ],
    ids=str,
)
def test_refuses_what_cannot_be_asked(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ExperimentError) as error:
        parse_question(**{"algorithm": "lamport"} | asked)
    assert said in str(error.value)


def test_a_network_is_named_as_it_is_asked_for() -> None:
    for name in ("fifo", "reordering", "lossy:1", "reordering+duplicating:2+lossy:1+crashing:3"):
        assert str(parse_question("lamport", network=name).network) == name
    assert parse_question("lamport", network="duplicating").network == Network(duplicates=1)


def test_lists_tell_how_many_nodes_there_are() -> None:
    assert parse_question("lamport", requests="1,0").nodes == 2
    assert parse_question("maekawa", quorums=[[0, 1], [1, 2], [2, 3], [3, 0]]).nodes == 4
    assert parse_question("maekawa", nodes=4).quorum_system == "grid"


def mxbench_check(*arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:  # a counterexample is saved where the command runs
        return subprocess.run(
            [sys.executable, "-m", "mxbench", "check", *arguments], cwd=folder, capture_output=True, text=True
        )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("lamport", "--nodes", "2", "--requests", "1"), 0),
        ((str(BROKEN / "enters_at_once.py"),), 1),
        (("lamprot",), 2),
        (("maekawa", "--set", "quorum=grid"), 2),
        (("lamport", "--limit-states", "100"), 3),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_the_command_ends_with_the_status_of_its_verdict(arguments: tuple[str, ...], status: int) -> None:
    done = mxbench_check(*arguments)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) == (status != 2)


def test_json_has_the_fields_of_the_contract_and_nothing_else_is_printed() -> None:
    done = mxbench_check(str(BROKEN / "deadlocks.py"), "--nodes", "2", "--requests", "1", "--json")
    found = json.loads(done.stdout)
    assert done.stderr == ""
    fields = "algorithm nodes requests network verdict property states transitions depth seconds trace"
    assert set(fields.split()) <= set(found)
    assert [step["step"] for step in found["trace"]] == [1, 2, 3, 4]


def test_check_is_a_function_of_the_package() -> None:
    assert mxbench.check("lamport", nodes=1, requests=1)["verdict"] == "valid"


RAISES = """from mxbench import Algorithm, hookimpl


class RaisesAtStart(Algorithm):
    name = "raises-at-start"

    def on_start(self, out):
        raise RuntimeError("nothing works")

    def on_request(self, request, out):
        out.enter()


@hookimpl
def mxbench_algorithms():
    return [RaisesAtStart]
"""


def test_a_node_that_raises_before_its_first_step_breaks_the_contract(tmp_path: Path) -> None:
    (tmp_path / "raises.py").write_text(RAISES)
    found = mxbench.check(tmp_path / "raises.py", nodes=2)
    assert (found["verdict"], found["property"], found["trace"]) == ("violated", "contract", [])
    assert "raises.py:8: RuntimeError: nothing works (in on_start" in found["text"]
