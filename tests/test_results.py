"""The folder of an invocation: complete or absent, readable by a person and a program, and able to be run again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mxbench
from mxbench.errors import ExperimentError, MachineError, ResultError
from mxbench.experiment.document import dotted
from mxbench.experiment.environment import environment
from mxbench.experiment.folder import InvocationFolder
from mxbench.experiment.invocation import Interrupted, RunProgress, combine, run
from mxbench.experiment.results import load_document, load_history, load_rows, runs_of
from mxbench.experiment.source import parse

HEAP = Path(__file__).parent / "heap_engine.py"
TEXT = """name: quick
question: Does it come back?
algorithm: ricart-agrawala
nodes: 3
engine: heap
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
repeat: 2
"""
# An engine that breaks off: it runs as the heap loop does, but in its second run it raises what the environment says.
BREAKS_OFF = """
import sys
sys.path.insert(0, {tests!r})
from heap_engine import HeapEngine
from mxbench import hookimpl
from mxbench.errors import MachineError

class BreaksOff(HeapEngine):
    '''Raises in the second run.'''
    name = "breaks-off"
    def run(self, plan, folder, progress=None):
        history = super().run(plan, folder, progress)
        if plan.repeat == {repeat}:
            raise {what}
        return history

@hookimpl
def mxbench_engines():
    return [BreaksOff]
"""


def file_of(tmp_path: Path, text: str = TEXT) -> Path:
    file = tmp_path / "quick.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def done(tmp_path: Path, text: str = TEXT, **flags: Any) -> dict[str, Any]:
    """Run an experiment on the heap loop and return its document."""
    return run(file_of(tmp_path, text), plugins=[HEAP], results=tmp_path / "results", **flags)


def breaking_off(tmp_path: Path, what: str, repeat: int = 2) -> Path:
    file = tmp_path / "breaks_off.py"
    file.write_text(BREAKS_OFF.format(tests=str(HEAP.parent), what=what, repeat=repeat), encoding="utf-8")
    return file


def all_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_invocation_leaves_files_that_explain_themselves(tmp_path: Path) -> None:
    folder = Path(done(tmp_path)["result"])
    runs = [f"runs/{run}/{file}" for run in ("1-ricart-agrawala-n3-r1", "2-ricart-agrawala-n3-r2")
            for file in (*(f"nodes/{node}.msgpack" for node in range(3)), "run.msgpack", "summary.json")]  # fmt: skip
    top = ["README.txt", "environment.json", "experiment.yaml", "plugins/heap_engine.py"]
    assert all_files(folder) == [*top, *runs, "summary.json"]
    readme = (folder / "README.txt").read_text()
    assert all(
        name.split("/")[0] in readme for name in ["experiment.yaml", "environment.json", "summary.json", "runs/"]
    )


def test_the_summary_is_the_document_and_each_row_lies_with_its_run(tmp_path: Path) -> None:
    document = done(tmp_path)
    folder = Path(document["result"])
    assert json.loads((folder / "summary.json").read_text()) == json.loads(json.dumps(document, default=str))
    assert (document["verdict"], document["expect_met"], document["exit_status"]) == ("valid", True, 0)
    assert [row["seed"] for row in load_rows(folder)] == [1, 2]
    assert [row["result"] for row in document["runs"]] == [str(path) for path in runs_of(folder)]
    assert load_document(folder)["runs"] == load_rows(folder)


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    document = done(tmp_path)
    history = mxbench.load_history(document["runs"][1]["result"])
    assert (history.plan.seed, history.plan.algorithm.name) == (2, "ricart-agrawala")
    assert history.ending.reason == "quiet"
    assert [section.number for section in history.entries] == list(range(1, 13))
    assert sum(event.kind == "sent" and not event.workload for event in history) == document["runs"][1]["messages"]


def test_latest_points_to_the_newest_and_survives_being_moved(tmp_path: Path) -> None:
    done(tmp_path)
    newest = Path(done(tmp_path, repeat=1)["result"])
    latest = tmp_path / "results" / "latest"
    assert latest.resolve() == newest
    assert load_history(latest).plan.repeat == 1
    (tmp_path / "results").rename(tmp_path / "moved")
    moved = tmp_path / "moved" / "latest"
    assert load_document(moved)["runs"][0]["result"].startswith(str(moved))
    assert load_history(moved).plan.repeat == 1


def test_latest_is_a_text_file_where_links_do_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    newest = Path(done(tmp_path, repeat=1)["result"])
    latest = tmp_path / "results" / "latest"
    assert latest.is_file()
    assert (latest.parent / latest.read_text().strip()) == newest
    assert load_history(latest).plan.experiment == "quick"
    assert run(latest, results=tmp_path / "again")["verdict"] == "valid"


def test_a_result_is_run_again_as_it_was(tmp_path: Path) -> None:
    first = done(tmp_path, set=["workload.dwell=2ms", "nodes=4"], seed=7)
    (tmp_path / "quick.yaml").unlink()
    again = run(first["result"], results=tmp_path / "again")
    same = ("experiment", "algorithm", "engine", "nodes", "seed", "repeat", "messages", "entries", "wait_ms", "setting")
    assert [[row[key] for key in same] for row in again["runs"]] == [
        [row[key] for key in same] for row in first["runs"]
    ]


def test_one_run_of_a_sweep_is_run_again_alone(tmp_path: Path) -> None:
    text = TEXT + "matrix: {nodes: [2, 3], workload.dwell: [1ms, {exponential: 2ms}]}\n"
    first = done(tmp_path, text)
    row = first["runs"][5]
    assert row["setting"] == {"nodes": 2, "workload.dwell": {"exponential": "2ms"}}
    [again] = run(row["result"], results=tmp_path / "again")["runs"]
    assert (again["nodes"], again["seed"], again["messages"], again["wait_ms"]) == (
        2,
        2,
        row["messages"],
        row["wait_ms"],
    )


def test_a_result_holds_the_data_that_it_was_made_from(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("client,payee,amount\n0,1,1.00\n1,2,1.00\n2,0,0.50\n")
    text = TEXT.replace("{type: hold, entries_per_node: 4, dwell: 1ms}", "{type: bank, transfers: t.csv}")
    first = done(tmp_path, text)
    (tmp_path / "t.csv").unlink()
    assert (
        parse((Path(first["result"]) / "experiment.yaml").read_text(), "x").data["workload"]["transfers"]
        == "data/t.csv"
    )
    assert [row["entries"] for row in run(first["result"], results=tmp_path / "again")["runs"]] == [3, 3]


def test_the_stored_experiment_says_what_the_file_left_to_defaults(tmp_path: Path) -> None:
    text = (Path(done(tmp_path)["result"]) / "experiment.yaml").read_text()
    data = parse(text, "x").data
    assert (data["seed"], data["history"], data["break_assumptions"], data["stall_limit"]) == (1, "full", False, "30s")
    assert "'off'" not in text


def test_invocations_at_the_same_moment_do_not_meet(tmp_path: Path) -> None:
    folders = [InvocationFolder.create(tmp_path, "x").path.name for _ in range(50)]
    assert len(set(folders)) == 50
    assert [name[:-5] for name in folders] == sorted(name[:-5] for name in folders)


def test_an_interrupted_experiment_keeps_the_runs_that_ended(tmp_path: Path) -> None:
    engine = breaking_off(tmp_path, "KeyboardInterrupt")
    with pytest.raises(Interrupted, match=r"interrupted; the 1 of 2 runs that ended are kept in '.*quick.*'") as caught:
        run(file_of(tmp_path), plugins=[engine], engine="breaks-off", results=tmp_path / "results")
    document = caught.value.document
    assert document["interrupted"]
    folder = Path(document["result"])
    assert os.listdir(folder / "runs") == ["1-ricart-agrawala-n3-r1"]
    assert load_document(folder)["interrupted"]
    assert (tmp_path / "results" / "latest").resolve() == folder


def test_an_experiment_interrupted_at_once_leaves_nothing(tmp_path: Path) -> None:
    engine = breaking_off(tmp_path, "KeyboardInterrupt", repeat=1)
    with pytest.raises(Interrupted, match="no run had ended, and nothing is kept"):
        run(file_of(tmp_path), plugins=[engine], engine="breaks-off", results=tmp_path / "results")
    assert all_files(tmp_path / "results") == []
    assert os.listdir(tmp_path / "results") == []


@pytest.mark.parametrize("what", ["MachineError('no socket')", "OSError(28, 'No space left on device')"])
def test_a_machine_that_fails_keeps_the_runs_that_ended(tmp_path: Path, what: str) -> None:
    engine = breaking_off(tmp_path, what)
    with pytest.raises(MachineError, match=r"(no socket|the disk is full); the 1 of 2 runs that ended are kept in"):
        run(file_of(tmp_path), plugins=[engine], engine="breaks-off", results=tmp_path / "results")
    assert [row["seed"] for row in load_rows(tmp_path / "results" / "latest")] == [1]


def test_a_disk_that_fills_up_keeps_what_is_complete(tmp_path: Path) -> None:
    # A limit on the size of files stands for the full disk: the second run's history does not fit.
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(HEAP.parent)!r})
from mxbench.experiment.invocation import run
from mxbench.errors import MachineError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(progress):
    if progress.done == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    run("quick.yaml", plugins=[{str(HEAP)!r}], on_progress=limit)
except MachineError as error:
    print(error)
"""
    file_of(tmp_path)
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "File too large; the 1 of 2 runs that ended are kept in 'results/quick" in found.stdout, found.stderr
    assert "without a summary" in found.stdout
    folder = (tmp_path / "results" / "latest").resolve()
    assert os.listdir(folder / "runs") == ["1-ricart-agrawala-n3-r1"]
    assert load_document(folder)["interrupted"]


def test_a_results_folder_that_cannot_be_written_is_told_before_anything_starts(tmp_path: Path) -> None:
    started: list[RunProgress] = []
    file = file_of(tmp_path)
    with pytest.raises(ExperimentError, match=r"the results folder '.*quick\.yaml' cannot be written: Not a directory"):
        run(file, plugins=[HEAP], results=file, on_progress=started.append)
    assert started == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_results_folder_without_permission_is_told(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir(mode=0o500)
    with pytest.raises(ExperimentError, match="cannot be written: Permission denied"):
        done(tmp_path)


def test_what_is_no_result_is_told_with_what_is(tmp_path: Path) -> None:
    document = done(tmp_path)
    for path, says in (
        (tmp_path / "nothing", "there is no such folder"),
        (tmp_path, "not a result of mxbench"),
        (tmp_path / "results" / "quick", f"its results are in folders such as '{document['result']}'"),
        (tmp_path / "quick.yaml", "not a result of mxbench"),
        (document["result"], f"it holds 2 runs; name one, such as '{document['runs'][0]['result']}'"),
    ):  # fmt: skip
        with pytest.raises(ResultError) as caught:
            load_history(path)
        assert says in str(caught.value)


@pytest.mark.parametrize("file", ["run.msgpack", "nodes/1.msgpack", "summary.json"])
def test_a_damaged_result_is_told_with_the_file(tmp_path: Path, file: str) -> None:
    folder = Path(done(tmp_path, repeat=1)["runs"][0]["result"])
    (folder / file).write_bytes(b"\x93\x01\x02")
    with pytest.raises(ResultError, match=rf"{file}: not what mxbench stored there"):
        load_document(folder) if file == "summary.json" else load_history(folder)


def test_a_violation_and_an_unmet_expectation_stand_apart(tmp_path: Path) -> None:
    text = TEXT.replace("ricart-agrawala", "enters-at-once")
    plugins = [HEAP, HEAP.parent / "broken" / "enters_at_once.py"]
    results = tmp_path / "results"
    unexpected = run(file_of(tmp_path, text), plugins=plugins, results=results)
    assert (unexpected["verdict"], unexpected["expect_met"], unexpected["exit_status"]) == ("violated", False, 1)
    expected = run(file_of(tmp_path, text), plugins=plugins, results=results, set=["expect.verdict=violated"])
    assert (expected["verdict"], expected["expect_met"], expected["exit_status"]) == ("violated", True, 0)
    bound = run(file_of(tmp_path), plugins=[HEAP], results=results, set=["expect.messages_per_entry=2 * (n - 1) + 1"])
    assert (bound["verdict"], bound["expect_met"], bound["exit_status"]) == ("valid", False, 1)
    both = combine([unexpected, bound])
    assert (both["verdict"], both["expect_met"], both["exit_status"], len(both["runs"])) == ("violated", False, 1, 4)
    assert (both["interrupted"], both["taken_over"]) == (False, 0)
    stopped = combine([expected, unexpected | {"interrupted": True, "taken_over": 2}])
    assert (stopped["interrupted"], stopped["taken_over"]) == (True, 2)


def test_a_checker_that_raises_is_told_and_the_run_is_kept(tmp_path: Path) -> None:
    checker = tmp_path / "raises.py"
    checker.write_text(
        "from mxbench import Checker, hookimpl\n"
        "class Raises(Checker):\n    name = 'raises'\n    def check(self, history):\n        return 1 / 0\n"
        "@hookimpl\ndef mxbench_checkers():\n    return [Raises]\n"
    )
    document = run(file_of(tmp_path), plugins=[HEAP, checker], results=tmp_path / "results", repeat=1)
    [row] = document["runs"]
    assert (row["verdict"], row["failed"], document["exit_status"]) == ("undecided", "contract", 2)
    assert "the checker 'raises'" in row["failure"]
    assert "raises.py:5" in row["failure"]
    assert load_history(row["result"]).ending.reason == "quiet"


def test_progress_is_told_from_the_first_run_to_the_last(tmp_path: Path) -> None:
    seen: list[RunProgress] = []
    done(tmp_path, on_progress=seen.append)
    assert [(p.done, p.total, p.progress and p.progress.entries) for p in seen] == [
        (0, 2, None), (0, 2, 12), (1, 2, None), (1, 2, 12)
    ]  # fmt: skip


def test_the_environment_names_versions_and_the_machine_but_no_host() -> None:
    import platform

    found = environment()
    assert found["mxbench"] == mxbench.__version__
    assert found["libraries"]["msgspec"]
    assert found["cores"] >= 1
    assert platform.node() not in json.dumps(found).split('"')


def test_a_path_of_keys_counts_lists_from_one() -> None:
    assert dotted(("include", 0, "workload.dwell")) == "include[1].workload.dwell"


def test_a_summary_is_enough_for_the_table_where_the_runs_were_removed(tmp_path: Path) -> None:
    published = Path(__file__).parent.parent / "results" / "published" / "classics"
    document = load_document(published)
    assert len(document["runs"]) == 90
    assert {row["verdict"] for row in document["runs"]} == {"valid"}
    with pytest.raises(ResultError, match="no run of it has ended"):
        load_history(published)
