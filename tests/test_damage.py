"""Results of which something is missing, damaged or closed: a sentence on stderr, and what is left is shown."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.errors import MachineError
from mxbench.experiment.running import RunProgress

TEXT = """name: quick
algorithm: lamport
nodes: 3
engine: sim
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
repeat: 5
"""
COMMANDS = (
    ("show",), ("show", "--log"), ("compare",), ("compare", "--theory"), ("report",), ("export",),
    ("export", "--events"),
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "quick.yaml").write_text(TEXT)
    return Path(mxbench.run(folder / "quick.yaml", results=folder / "results")["result"])


@pytest.fixture
def damaged(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to damage, in the working directory."""
    shutil.copytree(whole, tmp_path / "bad")
    monkeypatch.chdir(tmp_path)
    return Path("bad")


def first_run(result: Path, number: int = 0) -> Path:
    return sorted((result / "runs").iterdir())[number]


def said(*arguments: str) -> tuple[int, str, str]:
    """The exit status of a command, what it printed, and its lines on stderr but those that say which run is shown."""
    done = CliRunner().invoke(app, list(arguments))
    told = [line for line in done.stderr.splitlines() if not line.startswith("mxbench: this is ")]
    return done.exit_code, done.stdout, "\n".join(told)


def without_record(result: Path) -> None:
    (first_run(result) / "run.msgpack").unlink()


def without_run(result: Path) -> None:
    shutil.rmtree(first_run(result))


def broken_environment(result: Path) -> None:
    (result / "environment.json").write_text("{")


def environment_of_another_kind(result: Path) -> None:
    (result / "environment.json").write_text("[]")


def without_environment(result: Path) -> None:
    (result / "environment.json").unlink()


def without_a_node(result: Path) -> None:
    (first_run(result) / "nodes" / "1.msgpack").unlink()


DAMAGE: dict[Callable[[Path], None], str] = {
    without_record: "bad/runs/1-lamport-n3-r1: it has no run.msgpack, so this run is left out",
    without_run: "bad/runs/1-lamport-n3-r1: it is not there any more, so this run is left out",
    broken_environment: "bad/environment.json: not what mxbench stored there; where it was made is not known",
    environment_of_another_kind: "bad/environment.json: not what mxbench stored there; where it was made is not known",
    without_environment: "bad/environment.json: it is not there any more; where it was made is not known",
    without_a_node: "bad/runs/1-lamport-n3-r1: what node 1 wrote down is not there any more; "
    "the events are those of the others",
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.items(), ids=lambda given: getattr(given, "__name__", ""))
def test_damage_is_told_in_one_line_and_the_rest_is_shown(
    damaged: Path, command: tuple[str, ...], damage: Callable[[Path], None], sentence: str
) -> None:
    damage(damaged)
    status, printed, told = said(*command, str(damaged))
    assert (status, told) == (0, f"mxbench: note: {sentence}")
    assert printed
    assert sentence not in printed


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_of_a_whole_result_nothing_is_told(damaged: Path, command: tuple[str, ...]) -> None:
    assert said(*command, str(damaged))[::2] == (0, "")


def test_nothing_is_told_of_a_result_whose_runs_were_removed(damaged: Path) -> None:
    shutil.rmtree(damaged / "runs")
    assert said("compare", str(damaged))[::2] == (0, "")


@pytest.mark.parametrize("history", ["sections", "off"])
def test_nothing_is_told_of_what_was_not_recorded(tmp_path: Path, history: str) -> None:
    (tmp_path / "quick.yaml").write_text(TEXT)
    result = mxbench.run(tmp_path / "quick.yaml", results=tmp_path, set=[f"history={history}"])["result"]
    assert said("compare", result)[::2] == (0, "")


def test_like_damage_of_many_runs_is_one_line(damaged: Path) -> None:
    for run in sorted((damaged / "runs").iterdir()):
        shutil.rmtree(run / "nodes")
    told = said("compare", str(damaged))[2]
    assert told == (
        "mxbench: note: bad/runs/1-lamport-n3-r1: what nodes 0, 1, 2 wrote down is not there any more; "
        "the events are those of the others (and 4 more runs like it)"
    )


def test_of_one_run_its_own_damage_is_told(damaged: Path) -> None:
    without_a_node(damaged)
    assert said("show", "--log", str(first_run(damaged, 1)))[2] == ""
    assert "node 1 wrote down" in said("show", "--log", str(first_run(damaged)))[2]


def test_a_figure_tells_it_too(damaged: Path, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    broken_environment(damaged)
    status, _, told = said("figure", str(damaged), "--kind", "wait-cdf", "--out", str(tmp_path / "x.svg"))
    assert (status, told) == (0, f"mxbench: note: {DAMAGE[broken_environment]}")


# ---- what cannot be read at all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["report", "compare", "show", "export"])
def test_an_experiment_that_is_no_text_is_told_with_its_line(damaged: Path, command: str) -> None:
    (damaged / "experiment.yaml").write_bytes(b"name: x\n\xff\x00")
    file = damaged.resolve() / "experiment.yaml"
    told = (2, "", f"mxbench: {file}:2: not UTF-8 text; save the file with that encoding")
    done = said(command, str(damaged))
    if command in ("report", "compare"):
        assert done == told
    else:  # which do not read it
        assert done[::2] == (0, "")


@pytest.mark.parametrize("summary", ["{}", '{"verdict": "fine", "seed": 1}', '{"verdict": "valid", "seed": null}'])
@pytest.mark.parametrize("command", ["report", "compare", "show", "export", "run"])
def test_a_summary_without_what_every_run_has_is_told(damaged: Path, command: str, summary: str) -> None:
    run = first_run(damaged)
    (run / "summary.json").write_text(summary)
    (damaged / "summary.json").unlink()
    status, out, err = said(command, str(run if command == "run" else damaged))
    assert (status, out) == (2, "")
    assert err.endswith(f"{run}/summary.json: not what mxbench stored there: it has no verdict, or no seed")


@pytest.mark.parametrize("command", [("show", "--log"), ("report",), ("export", "--events")], ids=" ".join)
def test_a_history_with_a_flipped_bit_in_its_text_is_told(damaged: Path, command: tuple[str, ...]) -> None:
    file = first_run(damaged) / "nodes" / "1.msgpack"
    file.write_bytes(file.read_bytes().replace(b"Request", b"\xd2equest"))
    status, _, err = said(*command[:1], str(first_run(damaged)), *command[1:])
    assert (status, "1.msgpack: not what mxbench stored there" in err) == (2, True)


def test_a_link_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "latest").write_bytes(b"\xff\x00")
    status, _, told = said("show", str(tmp_path / "latest"))
    assert (status, told) == (2, f"mxbench: {tmp_path / 'latest'}: not UTF-8 text")


@pytest.mark.parametrize("closed", [".", "runs", "runs/1-lamport-n3-r1"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="root may read everywhere",
)
def test_a_folder_that_may_not_be_read_is_told_in_one_sentence(
    whole: Path, command: tuple[str, ...], closed: str
) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to nobody
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(whole, folder / "bad")
        (folder / "bad" / closed).chmod(0)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        try:
            done = subprocess.run(
                [*nobody, sys.executable, "-m", "mxbench", *command, "bad"],
                cwd=folder, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
        finally:
            (folder / "bad" / closed).chmod(0o755)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(r"mxbench: (/\S+/)?bad", done.stderr)
    assert done.stderr.endswith(": cannot be read: Permission denied\n")
    assert len(done.stderr.splitlines()) == 1


def test_results_that_are_removed_while_they_are_written_are_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(TEXT)
    removed: list[Path] = []

    def remove(progress: RunProgress) -> None:
        if progress.done == 2 and not removed:
            removed.extend((tmp_path / "results" / "quick").iterdir())
            shutil.rmtree(removed[0])

    with pytest.raises(MachineError, match="' was removed while it was being written; nothing is kept"):
        mxbench.run(tmp_path / "quick.yaml", results=tmp_path / "results", on_progress=remove)
    assert not removed[0].exists()


@pytest.mark.parametrize("command", [("compare",), ("compare", "--theory"), ("export",), ("export", "--events")])
def test_a_result_that_was_interrupted_is_not_shown_as_if_it_were_whole(
    command: tuple[str, ...], damaged: Path
) -> None:
    name, *flags = command
    assert "not finished" not in said(name, str(damaged), *flags)[2]
    shutil.rmtree(first_run(damaged, 4))
    (damaged / "summary.json").unlink()  # as if the machine had failed
    only = "only 4 runs had ended when it was interrupted"
    assert said(name, str(damaged), *flags)[2] == (
        f"mxbench: note: bad: not finished: {only}; continue with: mxbench run bad"
    )
    assert "not finished" not in said(name, str(first_run(damaged)), *flags)[2]
