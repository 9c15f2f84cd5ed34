"""A sweep that was cut off goes on where it stopped: by Ctrl-C, kill -9 and a full disk, in real processes.

The engine of these tests stops in its second run, at a gate (a named pipe), until a test opens it; so a test knows,
without waiting for time to pass, that one run has ended and another is under way.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

import mxbench
from mxbench.errors import MachineError
from mxbench.experiment import unfinished
from mxbench.experiment.folder import InvocationFolder
from mxbench.experiment.invocation import Interrupted, RunProgress, carry_out, prepare, run
from mxbench.experiment.results import load_document, runs_of
from mxbench.live import lines

TESTS = Path(__file__).parent
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the gate is a named pipe")
GATED = f"""
import os, sys
sys.path.insert(0, {str(TESTS)!r})
from heap_engine import HeapEngine
from mxbench import hookimpl

class Gated(HeapEngine):
    '''The heap loop, with a gate before its second run.'''
    name = "gated"
    def run(self, plan, folder, progress=None):
        history = super().run(plan, folder, progress)
        if plan.repeat == 2 and os.path.exists("gate"):
            open("gate").read()
        return history

@hookimpl
def mxbench_engines():
    return [Gated]
"""
SWEEP = """name: sweep
algorithm: lamport
nodes: 3
engine: gated
plugins: [gated.py]
workload: {type: hold, entries_per_node: 2, dwell: 1ms}
repeat: 4
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a sweep was killed in its second run: for tests of what happens after that."""
    folder = tmp_path_factory.mktemp("killed")
    lay_out(folder)
    with contextlib.chdir(folder):
        cut_off(signal.SIGKILL)
    return folder


@pytest.fixture
def cut(killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The invocation that was killed, in a folder of its own, which is the working directory."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True, symlinks=True)
    monkeypatch.chdir(tmp_path)
    [found] = invocations()
    return found


def lay_out(folder: Path) -> None:
    (folder / "sweep.yaml").write_text(SWEEP)
    (folder / "gated.py").write_text(GATED)
    os.mkfifo(folder / "gate")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mxbench", "run", *arguments]


def typed(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60)


def at_the_gate(*arguments: str) -> "tuple[subprocess.Popen[str], IO[str]]":
    """Start a run, and return it when its first run has ended and its second is under way, with the open gate."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    return process, open("gate", "w")  # which waits for the engine to open the other end


def cut_off(how: int, *arguments: str) -> str:
    """Run until the gate, end the process with a signal, and return what it said."""
    process, gate = at_the_gate(*(arguments or ("sweep.yaml",)))
    process.send_signal(how)
    told = process.communicate(timeout=60)[1]
    gate.close()
    os.unlink("gate")
    return told


def invocations() -> list[Path]:
    return sorted(Path("results/sweep").iterdir())


def written(runs: list[Path]) -> list[tuple[str, int]]:
    return [(run.name, (run / "run.msgpack").stat().st_mtime_ns) for run in runs]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill-9"])
def test_the_same_command_takes_over_what_has_ended(folder: Path, how: signal.Signals) -> None:
    cut_off(how)
    [cut] = invocations()
    kept = written(runs_of(cut))
    assert [name for name, _ in kept] == ["1-lamport-n3-r1"]
    done = typed("sweep.yaml", "--json")
    assert done.stderr == (
        f"mxbench: continuing '{cut}': 1 of its 4 runs are taken over (remove that folder to begin anew)\n"
    )
    document = json.loads(done.stdout)
    assert (done.returncode, document["interrupted"], document["taken_over"]) == (0, False, 1)
    assert [row["seed"] for row in document["runs"]] == [1, 2, 3, 4]
    assert invocations() == [cut]
    assert written(runs_of(cut))[:1] == kept, "the run that had ended was made once more"
    assert not list(cut.rglob(".*"))
    assert not unfinished.is_unfinished(cut)
    assert load_document("results/latest")["runs"] == [
        {**row, "result": row["result"].replace(str(cut), "results/latest")} for row in document["runs"]
    ]


def test_a_continued_sweep_ends_with_the_result_of_one_that_was_not_cut_off(cut: Path) -> None:
    continued = run("sweep.yaml")
    whole = run("sweep.yaml", results="elsewhere")
    assert (continued["taken_over"], whole["taken_over"]) == (1, 0)

    def comparable(document: dict[str, Any]) -> Any:
        rows = [{k: v for k, v in row.items() if k not in ("result", "wall_s")} for row in document["runs"]]
        left_out = ("runs", "result", "taken_over")
        return json.loads(json.dumps([rows, {k: v for k, v in document.items() if k not in left_out}]))

    assert comparable(continued) == comparable(whole)
    for row in continued["runs"]:
        assert len(mxbench.load_history(row["result"]).entries) == 6


@pytest.mark.slow
def test_a_report_of_what_had_ended_is_none_of_the_whole(cut: Path) -> None:
    (before,) = invocations()
    page = mxbench.report(before)
    assert "Not finished" in page.read_text()
    run("sweep.yaml")
    assert invocations() == [before]
    assert not page.exists()
    assert "report.html" not in Path("results/index.html").read_text()


def test_the_message_of_an_interrupted_run_is_a_command_that_continues_it(folder: Path) -> None:
    told = cut_off(signal.SIGINT)
    [cut] = invocations()
    assert told == (
        f"mxbench: interrupted; the 1 of 4 runs that ended are kept in '{cut}'; continue with: mxbench run {cut}\n"
    )
    done = typed(*told.split("mxbench run ")[1].split())
    assert done.returncode == 0
    assert f"mxbench: continuing '{cut}': 1 of its 4 runs are taken over" in done.stderr
    assert invocations() == [cut]


def test_a_result_that_was_moved_is_continued_where_it_is(cut: Path) -> None:
    Path("results").rename("moved")
    [cut] = Path("moved/sweep").iterdir()
    assert run(cut)["taken_over"] == 1
    assert not Path("results").exists()
    assert Path("moved/latest").resolve() == cut.resolve()


def test_latest_is_continued_by_its_own_name(cut: Path) -> None:
    Path("results/latest").symlink_to(cut.relative_to("results"))
    document = run("results/latest")
    assert (document["taken_over"], document["result"]) == (1, str(cut))


def test_a_finished_invocation_is_run_again_as_a_new_one(folder: Path) -> None:
    os.unlink("gate")
    first = run("sweep.yaml", repeat=2)
    for again in (run("sweep.yaml", repeat=2), run(first["result"])):
        assert (again["taken_over"], len(again["runs"])) == (0, 2)
    assert len(invocations()) == 3


@pytest.mark.parametrize(
    "flags", [{"seed": 2}, {"repeat": 5}, {"set": ["nodes=4"]}, {"break_assumptions": True}],
    ids=["seed", "repeat", "set", "break-assumptions"],
)  # fmt: skip
def test_other_flags_begin_a_new_invocation(cut: Path, flags: dict[str, Any]) -> None:
    assert run("sweep.yaml", **flags)["taken_over"] == 0
    assert len(invocations()) == 2
    assert run("sweep.yaml")["taken_over"] == 1, "the one that was cut off can still be continued"
    assert len(invocations()) == 2


def test_a_plugin_that_was_changed_begins_a_new_invocation(cut: Path) -> None:
    with Path("gated.py").open("a") as file:
        file.write("# better now\n")
    assert run("sweep.yaml")["taken_over"] == 0


def test_other_code_or_another_machine_begins_a_new_invocation_and_says_so(cut: Path) -> None:
    file = cut / "environment.json"
    made_in = json.loads(file.read_text())
    file.write_text(json.dumps({**made_in, "code": "000000000000", "cpu": "abacus", "load_average": [99]}))
    notes: list[str] = []
    assert carry_out(prepare("sweep.yaml"), on_note=notes.append)["taken_over"] == 0
    assert notes == [f"'{cut}' is unfinished, and not continued: it was made with another cpu, code"]


def test_the_environment_tells_when_an_invocation_was_continued(cut: Path) -> None:
    run("sweep.yaml")
    assert len(json.loads((cut / "environment.json").read_text())["continued"]) == 1


@pytest.mark.slow
def test_two_processes_never_work_at_one_invocation(folder: Path) -> None:
    """The second of two begins its own while the first is under way, whether it is given the file or the result."""
    first, gate = at_the_gate("sweep.yaml")
    [cut] = invocations()
    try:
        os.rename("gate", "opened")  # which the first has open; the others meet no gate
        for given in ("sweep.yaml", str(cut)):
            notes: list[str] = []
            assert carry_out(prepare(given), on_note=notes.append)["taken_over"] == 0
            assert notes == [f"'{cut}' is being run by another mxbench; this is a new invocation"]
        assert len(invocations()) == 3
    finally:
        gate.close()
        _, told = first.communicate(timeout=60)
    assert (first.returncode, told) == (0, "")
    assert [len(load_document(folder)["runs"]) for folder in invocations()] == [4, 4, 4]


def test_of_many_that_claim_a_mark_one_gets_it(tmp_path: Path) -> None:
    unfinished.mark(tmp_path).let_go()
    held = [unfinished.claim(tmp_path) for _ in range(5)]
    assert [one is not None for one in held] == [True, False, False, False, False]
    assert held[0] is not None
    held[0].lift()
    assert unfinished.claim(tmp_path) is None, "what is complete is claimed by nobody"


def test_a_mark_that_was_opened_before_it_was_lifted_is_not_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = unfinished.mark(tmp_path)
    lock = unfinished._lock

    def late(descriptor: int) -> None:
        holder.lift()  # between our opening and our locking
        lock(descriptor)

    monkeypatch.setattr(unfinished, "_lock", late)
    assert unfinished.claim(tmp_path) is None


def test_without_locks_nothing_is_taken_for_cut_off(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "fcntl", None)
    assert run("sweep.yaml")["taken_over"] == 0
    assert len(invocations()) == 2


def test_killed_before_its_first_run_it_is_continued_without_a_word(cut: Path) -> None:
    shutil.rmtree(runs_of(cut)[0])
    notes: list[str] = []
    assert carry_out(prepare("sweep.yaml"), on_note=notes.append)["taken_over"] == 0
    assert (invocations(), notes) == ([cut], [])


def test_killed_after_its_last_run_it_is_only_summed_up(folder: Path) -> None:
    os.unlink("gate")
    document = run("sweep.yaml")
    [cut] = invocations()
    (cut / "summary.json").unlink()
    unfinished.mark(cut).let_go()
    before = written(runs_of(cut))
    again = run("sweep.yaml")
    assert (again["taken_over"], written(runs_of(cut))) == (4, before)
    assert [row["messages"] for row in again["runs"]] == [row["messages"] for row in document["runs"]]
    assert (cut / "summary.json").is_file()


@pytest.mark.parametrize("damage", ["summary.json", "nodes/1.msgpack"])
def test_a_run_that_a_power_failure_left_empty_is_made_again(cut: Path, damage: str) -> None:
    (runs_of(cut)[0] / damage).write_bytes(b"")
    document = run("sweep.yaml")
    assert (document["taken_over"], document["verdict"]) == (0, "valid")
    assert len(mxbench.load_history(document["runs"][0]["result"]).entries) == 6


def test_a_run_that_the_machine_brought_down_is_made_again(cut: Path) -> None:
    summary = runs_of(cut)[0] / "summary.json"
    summary.write_text(json.dumps(json.loads(summary.read_text()) | {"failed": "harness", "verdict": "undecided"}))
    document = run("sweep.yaml")
    assert (document["taken_over"], document["verdict"]) == (0, "valid")


def test_interrupted_again_it_keeps_both_parts(cut: Path) -> None:

    def stop(progress: RunProgress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="the 3 of 4 runs that ended are kept") as caught:
        run("sweep.yaml", on_progress=stop)
    assert caught.value.document["taken_over"] == 1
    assert run("sweep.yaml")["taken_over"] == 3


def test_a_full_disk_is_continued_when_there_is_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.unlink("gate")
    keep: Callable[..., Any] = InvocationFolder.keep

    def fills_up(self: InvocationFolder, name: str) -> None:
        if name.startswith("3"):
            with self.storing():
                raise OSError(28, "No space left on device")
        keep(self, name)

    with monkeypatch.context() as full:
        full.setattr(InvocationFolder, "keep", fills_up)
        with pytest.raises(MachineError, match="the disk is full; the 2 of 4 runs that ended are kept") as caught:
            run("sweep.yaml")
    [cut] = invocations()
    assert str(caught.value).endswith(f"continue with: mxbench run {cut}")
    assert run("sweep.yaml")["taken_over"] == 2


def test_the_time_left_counts_only_what_is_left_to_do(folder: Path) -> None:
    os.unlink("gate")
    plan = prepare("sweep.yaml").settings[0].first
    shown = lines(RunProgress(3, 4, plan, None, taken_over=2), elapsed_s=5.0)[1]
    assert shown.endswith("5 s left"), "half of what was left has taken five seconds"
