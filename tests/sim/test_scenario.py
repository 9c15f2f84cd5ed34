"""Scenarios: the file, what is refused of it, and what it is to carry one out again."""

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbench
from mxbench.core.adversary import parse_adversary
from mxbench.core.scenario import Act, Scenario, Setup, parse_scenario, write
from mxbench.core.trace import value_text
from mxbench.errors import MachineError, ScenarioError
from mxbench.experiment.judge import judge
from mxbench.experiment.source import parse
from mxbench.registry import Registry
from mxbench.scenarios import digest, load, save, scenario_of
from mxbench.sim.replay import replay
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

sys.path.append(str(Path(__file__).parent.parent / "check"))
import models

SCENARIOS = Path(__file__).parent.parent / "scenarios"
GOLDEN = {
    "current-clock": ("mutual exclusion", 6),
    "maekawa-without-extra-failed": ("no deadlock", 16),
    "lamport-reordering": ("mutual exclusion", 4),
    "ricart-agrawala-crash": ("no deadlock", 2),
}
GOOD: dict[str, Any] = {
    "scenario": 1, "algorithm": "ricart-agrawala", "nodes": 2, "requests": [1, 0], "network": "lossy:2",
    "steps": [{"request": 0}, {"lose": "Request(1)", "from": 0, "to": 1}],
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
nodes = st.integers(0, 3)
choices = st.lists(st.integers(0, 9), max_size=3).map(tuple)
acts = st.one_of(
    st.builds(Act, st.sampled_from(["request", "release", "crash"]), nodes, choices=choices),
    st.builds(lambda kind, to, sender, message: Act(kind, to, sender, message),
              st.sampled_from(["deliver", "lose", "duplicate"]), nodes, nodes, texts),
    st.builds(lambda node, name, taken: Act("timer", node, timer=name, choices=taken), nodes, texts, choices),
)  # fmt: skip
setups = st.builds(
    Setup, st.just(4), st.tuples(*[st.integers(0, 3)] * 4),
    st.sampled_from(["fifo", "reordering", "reordering+lossy:2", "duplicating:3+crashing:1"]).map(parse_adversary),
    st.sampled_from([(), ((0, 1), (1, 2), (2, 3), (3, 0))]), st.sampled_from([None, "grid"]),
    st.sampled_from([None, "star"]), st.integers(0, 3), st.sampled_from([(), (0, 0, 0, 0)]), st.booleans(),
    st.integers(1, 3),
)  # fmt: skip


@pytest.mark.slow
@given(st.builds(Scenario, texts, setups, st.lists(acts, max_size=5).map(tuple), st.lists(texts, max_size=2).map(tuple),
                 st.none() | texts.filter(bool), st.none() | texts, texts, texts))  # fmt: skip
def test_what_is_written_is_read_as_the_same_scenario(scenario: Scenario) -> None:
    assert parse_scenario(parse(write(scenario), "x.yaml").data) == scenario


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scenario": 2}, "scenario: 2 is not a format"),
        ({"nodes": None}, "nodes: is missing"),
        ({"nodes": "two"}, "nodes: 'two' must be a whole number from 1 to 1000"),
        ({"requests": [1]}, "requests: [1] must be a list of 2, one for each node"),
        ({"network": "lost"}, "network: lost: there is no 'lost'; did you mean 'lossy'?"),
        ({"step": []}, "step: there is no such key"),
        ({"steps": [{"request": 0}, {"request": 2}]}, "step 2: request: 2 must be a whole number from 0 to 1"),
        ({"steps": [{"deliver": "Request(1)", "to": 1}]}, "step 1: 'from' is missing beside 'deliver'"),
        ({"steps": [{"request": 0, "to": 1}]}, "step 1: 'to' has no meaning in a step with 'request'"),
        ({"steps": ["request"]}, "step 1: 'request' is none of {request: NODE}"),
        ({"steps": [{"request": 0, "release": 0}]}, "is none of"),
        ({"steps": [{"timer": 5, "node": 0}]}, "step 1: timer: 5 must be a text"),
    ],
    ids=str,
)
def test_refuses_what_is_no_scenario(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]") as error:
        parse_scenario({**GOOD, **change})
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a scenario"),
        ("name: an experiment\n", "not a scenario"),
        ("- scenario\n", "not a scenario"),
        ("scenario: 1\nsteps: [{request: 0\n", "x.yaml:3: broken YAML"),
        ("scenario: 1\nalgorithm: lamport\n", "x.yaml: nodes: is missing"),
    ],
)
def test_a_file_that_is_no_scenario_is_told_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(mxbench.errors.MxbenchError) as error:
        load(tmp_path / "x.yaml")
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_scenario_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    scenario = parse_scenario(GOOD)
    assert load(save(scenario, tmp_path / "new" / "x.yaml")) == scenario
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written there"):
        save(scenario, tmp_path / "file" / "x.yaml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MachineError, match="folder: the scenario cannot be written there: Is a directory"):
        save(scenario, tmp_path / "folder")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["x.yaml"]


@pytest.mark.parametrize(("name", "found"), GOLDEN.items(), ids=GOLDEN)
def test_a_kept_scenario_shows_the_same_violation_again(name: str, found: tuple[str, int]) -> None:
    result = mxbench.replay(SCENARIOS / f"{name}.yaml")
    assert (result.property, len(result.trace)) == found
    assert result.as_recorded
    assert result.verdict == "violated"


def outcomes(name: str) -> dict[str, str]:
    findings, _ = judge(mxbench.replay(SCENARIOS / f"{name}.yaml").history, Registry())
    return {finding.property: finding.outcome for finding in findings}


def test_the_history_of_a_replay_is_judged_as_any_other() -> None:
    overlap = outcomes("current-clock")
    assert overlap["mutual exclusion"] == overlap["no overlap"] == "violated"
    assert overlap["progress"] == "valid", "what the steps left was carried out too"
    assert outcomes("maekawa-without-extra-failed")["progress"] == "violated"


def test_a_replay_says_what_each_step_changed_at_its_node() -> None:
    first = mxbench.replay(SCENARIOS / "current-clock.yaml").trace[0]
    assert first.event == "request"
    assert first.state == {
        "highest": ("0", "1"), "ours": ("0", "1"), "requesting": ("False", "True"), "awaited": ("set()", "{0}"),
    }  # fmt: skip


def test_history_and_trace_of_a_replay_tell_the_same() -> None:
    result = mxbench.replay(SCENARIOS / "current-clock.yaml")
    delivered = [event for event in result.history if event.kind == "delivered"]
    told = [(step.node, step.sender) for step in result.trace if step.event == "deliver"]
    assert [(event.node, event.peer) for event in delivered] == told
    assert [entry.number for entry in result.history.entries] == [1, 1]


def acts_of(*steps: dict[str, Any]) -> Scenario:
    return parse_scenario({**GOOD, "network": "lossy:1+duplicating:1+crashing:1", "steps": list(steps)})


def test_a_step_that_is_impossible_says_why() -> None:
    impossible = {
        "node 1 cannot request now: it has no step to take by itself": [{"request": 1}],
        "node 0 cannot release now: its next step by itself is a request": [{"release": 0}],
        "nothing is on its way from 0 to 1, where Request(1) should be": [
            {"deliver": "Request(1)", "from": 0, "to": 1}
        ],
        "the first message from 0 to 1 is Request(1), not Reply(1)": [
            {"request": 0}, {"deliver": "Reply(1)", "from": 0, "to": 1},
        ],
        "node 0 has no timer 'patience' set": [{"timer": "patience", "node": 0}],
        "node 0 has crashed": [{"crash": 0}, {"request": 0}],
    }  # fmt: skip
    for said, steps in impossible.items():
        found = replay(RicartAgrawala, acts_of(*steps))
        assert (found.verdict, found.impossible) == ("undecided", len(steps))
        assert said in found.text


def test_faults_of_the_network_are_carried_out_and_noted() -> None:
    request = {"request": 0}
    twice = replay(RicartAgrawala, acts_of(request, {"duplicate": "Request(1)", "from": 0, "to": 1}))
    assert twice.verdict == "valid"
    arrived = [event.sequence for event in twice.history if event.kind == "delivered" and event.node == 1]
    assert arrived == [0, 0], "one message, handed over twice"
    lost = replay(RicartAgrawala, acts_of(request, {"lose": "Request(1)", "from": 0, "to": 1}))
    assert (lost.verdict, lost.property, lost.history.ending.reason) == ("violated", "no deadlock", "stuck")
    crashed = replay(RicartAgrawala, acts_of(request, {"crash": 1}))
    assert [event.detail for event in crashed.history if event.kind == "fault"] == ["crash"]
    assert crashed.property == "no deadlock", "node 0 waits for the reply of a node that is no more"


def test_the_choices_of_an_algorithm_are_made_as_recorded() -> None:
    setup = Setup(1, (1,))
    for choice, expected in ((0, "valid"), (1, "valid"), (2, "violated")):
        acts = (Act("request", 0, choices=(choice,)), Act("timer", 0, timer="go"))
        found = replay(models.TrueOrOne, Scenario("true-or-one", setup, acts))
        assert found.verdict == expected, found.text
    beyond = replay(models.TrueOrOne, Scenario("true-or-one", setup, (Act("request", 0, choices=(3,)),)))
    assert "it chooses from 3 options, so there is no option 3" in beyond.text


def test_a_waiter_that_nothing_lets_in_is_looked_for_behind_the_steps() -> None:
    steps = (Act("request", 1),)
    recorded = Scenario("never-served", Setup(2, (1, 1)), steps, property="every waiter can still enter")
    found = replay(models.NeverServed, recorded)
    assert (found.property, found.as_recorded) == ("every waiter can still enter", True)
    served = replay(models.SometimesServed, recorded)
    assert served.verdict == "valid", "what follows lets it in, so the recorded violation is refuted"


def test_a_violation_behind_the_steps_is_told_as_such() -> None:
    found = replay(models.LooksAtTheClock, Scenario("looks-at-the-clock", Setup(2, (1, 1)), ()))
    assert (found.property, found.as_recorded) == ("mutual exclusion", False)
    assert "behind the scenario's" in found.text


def test_a_digest_changes_with_the_source_of_the_class_and_of_its_parents(tmp_path: Path) -> None:
    parent = tmp_path / "parent.py"
    parent.write_text("from mxbench import Algorithm\nclass Parent(Algorithm):\n    name = 'parent'\n")
    child = tmp_path / "child.py"
    child.write_text("from parent import Parent\nclass Child(Parent):\n    name = 'child'\n")
    sys.path.insert(0, str(tmp_path))
    try:
        from child import Child  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(tmp_path))
    before = digest(Child)
    parent.write_text(parent.read_text().replace("\n", "\r\n"))
    assert digest(Child) == before, "the ends of lines are no change"
    parent.write_text(parent.read_text() + "# changed\n")
    assert digest(Child) != before


def test_a_scenario_names_its_plugin_relative_to_itself(tmp_path: Path) -> None:
    scenario = load(SCENARIOS / "current-clock.yaml")
    assert scenario.plugins == ("../broken/current_clock.py",)
    (tmp_path / "moved.yaml").write_text((SCENARIOS / "current-clock.yaml").read_text())
    with pytest.raises(ScenarioError, match=r"name it with --plugin FILE\.py"):
        mxbench.replay(tmp_path / "moved.yaml")
    broken = Path(__file__).parent.parent / "broken" / "current_clock.py"
    assert mxbench.replay(tmp_path / "moved.yaml", plugins=[broken]).as_recorded


def test_a_scenario_without_the_quorums_that_its_algorithm_needs_is_refused(tmp_path: Path) -> None:
    file = save(scenario_of(Maekawa, Setup(2, (1, 1)), [], tmp_path / "x.yaml"), tmp_path / "x.yaml")
    with pytest.raises(ScenarioError, match="quorums: is missing"):
        mxbench.replay(file)


def test_a_set_is_shown_in_one_order() -> None:
    assert value_text({"b", "a"}) == "{'a', 'b'}"
    nested = [frozenset({3, 1}), (set(),), {2: {"y", "x"}}]
    assert value_text(nested) == "[frozenset({1, 3}), (set(),), {2: {'x', 'y'}}]"
