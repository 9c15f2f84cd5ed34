"""`mxbench check` saves what it finds, `mxbench replay` shows it again: files, sentences and exit statuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import invoked, typed

from mxbench.commands.check_answer import Asked, run_check
from mxbench.commands.replay_answer import run_replay
from mxbench.loading import load_file
from mxbench.scenarios import digest, load

BROKEN = Path(__file__).parent / "broken"
SCENARIOS = Path(__file__).parent / "scenarios"
FIVE: dict[str, Any] = {
    "requests": "1,1,1,0,0", "sets": ("quorums=[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]",),
}  # fmt: skip
VIOLATIONS: list[tuple[str, dict[str, Any]]] = [
    ("lamport", {"network": "reordering", "nodes": 2, "requests": "1"}),
    ("lamport", {"network": "duplicating", "nodes": 2}),
    ("lamport", {"network": "lossy", "nodes": 2}),
    ("ricart-agrawala", {"network": "crashing", "requests": "1"}),
    ("maekawa", {"network": "reordering+duplicating", "nodes": 2, "requests": "1,2"}),
    ("maekawa_without_extra_failed", FIVE),
    *((stem, {"requests": "1"}) for stem in (
        "enters_at_once", "replies_while_inside", "current_clock", "deadlocks", "enters_without_request",
        "raises_in_handler", "wrong_signature", "not_plain_data",
    )),
]  # fmt: skip
KEEPS_NOBODY = '''
from mxbench import Algorithm, EntryRequest, Out, hookimpl


class KeepsNobody(Algorithm):
    """Lets everybody in."""

    name = "keeps-nobody"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [KeepsNobody]
'''


@pytest.mark.parametrize(("algorithm", "asked"), VIOLATIONS, ids=[f"{v[0]}-{n}" for n, v in enumerate(VIOLATIONS)])
def test_a_replay_of_what_check_saved_shows_the_same_violation(
    algorithm: str, asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(BROKEN / f"{algorithm}.py") if "_" in algorithm or algorithm == "deadlocks" else algorithm
    file = tmp_path / "found.yaml"
    assert run_check(Asked(algorithm=name, save=file, as_json=True, **asked)) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["scenario"] == str(file)
    assert run_replay(str(file), [], True) == 1
    again = json.loads(capsys.readouterr().out)
    assert again["as_recorded"]
    assert (again["property"], again["changed"]) == (found["property"], False)
    told = [{key: value for key, value in step.items() if key != "state"} for step in again["trace"]]
    assert told == found["trace"], "another engine on the same nodes tells the same steps"


@pytest.mark.slow
def test_a_counterexample_is_saved_by_default_and_told(tmp_path: Path) -> None:
    done = typed(tmp_path, "check", str(BROKEN / "current_clock.py"), "--nodes", "2", "--requests", "1")
    saved = "results/scenarios/current-clock-mutual-exclusion.yaml"
    assert done.stdout.splitlines()[-1] == f"Saved; 'mxbench replay {saved}' runs it again, step by step."
    again = typed(tmp_path, "replay", saved)
    assert again.returncode == 1
    assert again.stderr == ""
    assert "4. node 1 receives Reply(1) from 0, ENTERS with number 1\n        awaited: {0} -> set()" in again.stdout
    assert "VIOLATED (mutual exclusion), as recorded: nodes 0 and 1 are inside together after 6 steps." in again.stdout
    assert "no overlap: violated" in again.stdout
    assert "#  ENTERS (number 1)" in again.stdout


@pytest.mark.slow
def test_a_random_search_saves_the_shrunk_schedule(tmp_path: Path) -> None:
    arguments = ("check", str(BROKEN / "current_clock.py"), "--random", "1000", "--nodes", "5")
    done = invoked(tmp_path, *arguments, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["nodes"], found["shrunk"]["nodes"]) == (5, 2)
    assert load(tmp_path / found["scenario"]).setup.nodes == 2
    assert invoked(tmp_path, "replay", found["scenario"]).returncode == 1
    shown = invoked(tmp_path, *arguments)
    assert f"its {found['shrunk']['steps_before']} steps were shrunk to 6, with 2 nodes" in shown.stdout
    assert shown.stdout.count("ENTERS (number 1)") == 2


@pytest.mark.parametrize("random", [(), ("--random", "20")], ids=["exhaustive", "random"])
def test_nothing_is_written_where_nothing_is_found(tmp_path: Path, random: tuple[str, ...]) -> None:
    done = invoked(tmp_path, "check", "ricart-agrawala", "--nodes", "2", "--save", "x.yaml", *random, "--json")
    assert done.returncode == (3 if random else 0)
    assert json.loads(done.stdout)["scenario"] is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_chosen_in_a_step_that_breaks_the_contract_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "chooses.py").write_text("""from mxbench import Algorithm, hookimpl


class Chooses(Algorithm):
    name = "chooses"

    def on_request(self, request, out):
        if out.choose([False, True]):
            raise ValueError("the second one")
        out.enter()


@hookimpl
def mxbench_algorithms():
    return [Chooses]
""")
    found = invoked(tmp_path, "check", "chooses.py", "--nodes", "1", "--random", "50")
    assert (found.returncode, "1. node 0 requests, chooses option 1, BREAKS THE CONTRACT" in found.stdout) == (1, True)
    again = invoked(tmp_path, "replay", "results/scenarios/chooses-contract.yaml")
    assert (again.returncode, "VIOLATED (contract), as recorded" in again.stdout) == (1, True)


@pytest.mark.slow
def test_a_place_that_cannot_be_written_is_told_after_the_answer_or_before_it_where_it_was_asked_for(
    tmp_path: Path,
) -> None:
    (tmp_path / "results").write_text("a file")
    arguments = ("check", str(BROKEN / "enters_at_once.py"))
    default = invoked(tmp_path, *arguments)
    assert default.returncode == 1
    assert "VIOLATED" in default.stdout
    assert "the scenario cannot be written there" in default.stderr
    asked = invoked(tmp_path, *arguments, "--save", "results/x.yaml")
    assert (asked.returncode, asked.stdout) == (3, "")
    assert asked.stderr == "mxbench: results/x.yaml: the scenario cannot be written there: Not a directory\n"


@pytest.mark.slow
def test_a_changed_algorithm_is_told_whether_it_is_still_wrong_right_or_another(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(KEEPS_NOBODY)
    assert typed(tmp_path, "check", "mine.py", "--nodes", "2", "--requests", "1").returncode == 1
    saved = "results/scenarios/keeps-nobody-mutual-exclusion.yaml"

    file.write_text(KEEPS_NOBODY + "# a comment\n")
    same = typed(tmp_path, "replay", saved)
    assert same.returncode == 1
    assert "source is not what it was" in same.stdout

    file.write_text(KEEPS_NOBODY.replace("out.enter()", "if self.me == 0:\n            out.enter()"))
    other = typed(tmp_path, "replay", saved)
    assert other.returncode == 1
    assert "VIOLATED (no deadlock), but recorded was mutual exclusion" in other.stdout

    text = (tmp_path / saved).read_text().replace("- {request: 1}\n", "- {release: 0}\n- {request: 1}\n")
    (tmp_path / "served.yaml").write_text(text.replace("../../mine.py", "mine.py"))
    file.write_text(KEEPS_NOBODY + "# right in this schedule\n")
    right = typed(tmp_path, "replay", "served.yaml")
    assert right.returncode == 1, "two entries of one number, though not inside together"
    assert "entered with the same number" in right.stdout

    file.write_text(KEEPS_NOBODY.replace("out.enter()", "pass"))
    gone = typed(tmp_path, "replay", "served.yaml")
    assert gone.returncode == 3
    assert "UNDECIDED: the scenario no longer applies: step 2 (release of node 0) cannot be carried out" in gone.stdout


def test_a_scenario_in_which_nothing_goes_wrong_any_more_ends_with_status_0(tmp_path: Path) -> None:
    text = (SCENARIOS / "current-clock.yaml").read_text()
    (tmp_path / "fixed.yaml").write_text(
        text.replace("current-clock", "ricart-agrawala").replace('plugins: ["../broken/current_clock.py"]\n', "")
        .replace('- {deliver: "Reply(2)", from: 1, to: 0}\n', "").replace('source: "', 'source: "not ')
    )  # fmt: skip
    done = invoked(tmp_path, "replay", "fixed.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "VALID: nothing is violated in its 5 steps" in done.stdout
    assert "The recorded violation (mutual exclusion) does not show any more." in done.stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("scenario: 1", "name: x"), "not a scenario"),
        (("scenario: 1", "scenario: 9"), "scenario: 9 is not a format"),
        (('"current-clock"', '"curent-clock"'), "there is no algorithm named 'curent-clock'"),
        (("current_clock.py", "gone.py"), "its plugin '"),
        (("- {request: 0}", "- {request: 0"), "broken YAML"),
        (("- {request: 0}", "- {request: 7}"), "step 3: request: 7 must be a whole number from 0 to 1"),
        (("- {request: 0}\n", ""), "step 4 (deliver Request(2) from 0 to 1) cannot be carried out"),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else value[:30],
)
def test_a_bad_scenario_is_one_sentence_and_status_2(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (SCENARIOS / "current-clock.yaml").read_text().replace("../broken", str(BROKEN))
    text = re.sub(r"(?m)^source: .*$", f'source: "{digest(load_file(BROKEN / "current_clock.py").CurrentClock)}"', text)
    assert change[0] in text
    (tmp_path / "bad.yaml").write_text(text.replace(*change))
    done = invoked(tmp_path, "replay", "bad.yaml")
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = invoked(tmp_path, "replay", "gone.yaml")
    assert (done.returncode, done.stderr) == (2, "mxbench: gone.yaml: cannot be read: No such file or directory\n")


@pytest.mark.parametrize("asked", [("--random", "0"), ("--random", "5", "--nodes", "101"), ("--random", "x")], ids=str)
def test_a_random_search_that_cannot_be_is_refused(tmp_path: Path, asked: tuple[str, ...]) -> None:
    done = invoked(tmp_path, "check", "lamport", *asked)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_random_search_ends_at_its_limit_of_time(tmp_path: Path) -> None:
    done = invoked(tmp_path, "check", "lamport", "--random", "1000000", "--limit-seconds", "0", "--json")
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert (found["limit"], found["schedules"]) == ("0 seconds", 1)
