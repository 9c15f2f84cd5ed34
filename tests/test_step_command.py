"""`mxbench step`: a schedule by hand, from piped input."""

import subprocess
from pathlib import Path

import pytest
from command_line import invoked

from mxbench.scenarios import load

BROKEN = Path(__file__).parent / "broken"
CHOOSES = Path(__file__).parent / "check" / "models.py"


def step(*lines: str, folder: Path, algorithm: str = "ricart-agrawala", asked: tuple[str, ...] = ()) -> list[str]:
    """Return what is shown at the start and after each line, as far as it can be told apart by its last line."""
    typing = "".join(f"{line}\n" for line in lines)
    done = invoked(folder, "step", algorithm, "--nodes", "2", *asked, lines=typing)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def replayed(file: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return invoked(folder, "replay", file)


@pytest.mark.slow
def test_the_current_clock_error_is_made_by_hand_saved_and_replayed(tmp_path: Path) -> None:
    shown = step("2", "2", "1", "1", "2", "2", "save mine.yaml", folder=tmp_path,
                 algorithm=str(BROKEN / "current_clock.py"))  # fmt: skip
    assert "VIOLATED (mutual exclusion): nodes 0 and 1 are inside together after 6 steps." in shown
    assert shown[-1] == "Saved; 'mxbench replay mine.yaml' runs it again."
    assert shown.count("node 1 inside:  highest=2, ours=1, requesting=True, awaited=set(), deferred={}") == 2
    assert replayed("mine.yaml", tmp_path).returncode == 1


@pytest.mark.slow
def test_a_step_is_taken_back(tmp_path: Path) -> None:
    forth = step("1", folder=tmp_path)
    back = step("1", "2", "1", "back 2", folder=tmp_path)
    assert back[-len(forth) // 2 :] == forth[-len(forth) // 2 :]
    assert step("1", "back", folder=tmp_path)[-5:] == step(folder=tmp_path)


@pytest.mark.slow
def test_the_network_and_the_nodes_fail_on_command(tmp_path: Path) -> None:
    shown = step("1", "duplicate 2", "lose 2", "crash 1", "save", folder=tmp_path)
    assert "VIOLATED (no deadlock): node 0 waits for ever: after 4 steps nothing can happen any more." in shown
    saved = "results/scenarios/ricart-agrawala-by-hand.yaml"
    scenario = load(tmp_path / saved)
    assert str(scenario.setup.network) == "duplicating:1+lossy:1+crashing:1"
    assert [act.kind for act in scenario.steps] == ["request", "duplicate", "lose", "crash"]
    again = replayed(saved, tmp_path)
    assert again.returncode == 1
    assert "as recorded" in again.stdout


@pytest.mark.slow
def test_a_schedule_in_which_nothing_is_wrong_is_saved_too(tmp_path: Path) -> None:
    step("1", "2", "1", "1", "1", "2", "1", "1", "save good.yaml", folder=tmp_path)
    done = replayed("good.yaml", tmp_path)
    assert done.returncode == 0
    assert "VALID: nothing is violated in its" in done.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("7", "'7': write a number from 1 to 2"),
        ("lose 1", "step 1 delivers no message"),
        ("crash 2", "'2': write a number from 0 to 1"),
        ("back", "there is no step to take back"),
        ("forward", "there is no command 'forward'; 'help' lists them"),
        ("save /dev/null/x.yaml", "/dev/null/x.yaml: the scenario cannot be written there: File exists"),
    ],
)
def test_a_line_that_means_nothing_is_told_and_changes_nothing(tmp_path: Path, line: str, said: str) -> None:
    assert step(line, folder=tmp_path)[-1] == said
    assert list(tmp_path.iterdir()) == []


def test_the_options_of_an_algorithm_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "chooses.py"
    hook = "\n\nfrom mxbench import hookimpl\n\n\n@hookimpl\ndef mxbench_algorithms():\n    return [TrueOrOne]\n"
    file.write_text(CHOOSES.read_text() + hook)
    shown = step("1", "2", "save x.yaml", folder=tmp_path, algorithm="chooses.py")
    assert "the algorithm chooses one of 3 options; which, from 0 to 2?" in shown
    assert load(tmp_path / "x.yaml").steps[0].choices == (2,)


def test_a_breach_of_the_contract_ends_the_schedule_but_for_the_way_back(tmp_path: Path) -> None:
    shown = step("1", "2", "1", "back", folder=tmp_path, algorithm=str(BROKEN / "raises_in_handler.py"))
    assert any(line.startswith("VIOLATED (contract)") for line in shown)
    assert "the last step broke the contract, so nothing can follow; 'back' takes it back" in shown
    assert shown[-1].strip().startswith("2)")


@pytest.mark.parametrize("network", ["lossy", "fifo+duplicating:2", "crashing"])
def test_a_network_that_does_what_a_step_is_to_do_is_refused(network: str) -> None:
    done = invoked(Path(), "step", "lamport", "--network", network)
    assert (done.returncode, done.stdout) == (2, "")
    assert "fifo or reordering; what else the network does, you do in a step" in done.stderr
