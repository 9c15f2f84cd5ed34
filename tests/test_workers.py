"""Runs on an engine that allows it go to several processes, and nobody can tell from the result."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mxbench.errors import MachineError, PluginError
from mxbench.experiment import running
from mxbench.experiment.invocation import Interrupted, RunProgress, run
from mxbench.experiment.results import load_history, runs_of
from mxbench.registry import Registry

TESTS = Path(__file__).parent
SWEEP = """name: sweep
algorithm: lamport
nodes: 3
engine: heap
workload: {type: bank, transfers_per_node: 2, dwell: 1ms}
matrix: {algorithm: [lamport, ricart-agrawala], nodes: [2, 3]}
repeat: 3
"""
# The heap loop, whose runs may go beside each other; in the run of one seed it does something else.
PARALLEL = """
import os, sys, time
sys.path.insert(0, {tests!r})
from heap_engine import HeapEngine
from mxbench import hookimpl
from mxbench.errors import PluginError

class Beside(HeapEngine):
    '''Runs beside others.'''
    name = "beside"
    parallel = True
    def run(self, plan, folder, progress=None):
        print("a plugin prints this")
        (folder.parent.parent / "processes").open("a").write(f"{{os.getpid()}}\\n")
        if plan.seed == {seed}:
            {deed}
        return super().run(plan, folder, progress)

@hookimpl
def mxbench_engines():
    return [Beside]
"""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "WORTH_SECONDS", 0)
    monkeypatch.setattr(running, "cores", lambda: 2)


def swept(engine: str = "beside", seed: int = 0, deed: str = "pass", **flags: Any) -> dict[str, Any]:
    Path("sweep.yaml").write_text(SWEEP)
    Path("beside.py").write_text(PARALLEL.format(tests=str(TESTS), seed=seed, deed=deed))
    return run("sweep.yaml", engine=engine, plugins=["beside.py", TESTS / "heap_engine.py"], **flags)


def processes() -> set[int]:
    [file] = Path("results/sweep").glob("*/processes")
    return set(map(int, file.read_text().split()))


def test_the_result_is_that_of_one_process(capfd: pytest.CaptureFixture[str]) -> None:
    together = swept()
    assert len(processes() - {os.getpid()}) == 2
    assert os.getpid() in processes(), "the first run tells how long they take"
    assert capfd.readouterr().out == "a plugin prints this\n", "what a worker prints goes to standard error"
    alone = swept("heap", results="alone")

    def comparable(document: dict[str, Any]) -> Any:
        rows = [{k: v for k, v in row.items() if k not in ("result", "wall_s", "engine")} for row in document["runs"]]
        return json.loads(json.dumps(rows))

    assert comparable(together) == comparable(alone)
    assert [row["seed"] for row in together["runs"]] == [1] * 4 + [2] * 4 + [3] * 4
    for one, other in zip(together["runs"], alone["runs"], strict=True):
        assert list(load_history(one["result"])) == list(load_history(other["result"]))


def test_only_an_engine_that_allows_it_has_company() -> None:
    engines = Registry().all("engines")
    assert {name: engine.cls.parallel for name, engine in engines.items()} == {"tcp": False, "sim": True}


@pytest.mark.slow
def test_a_worker_that_is_killed_is_told_and_the_rest_kept() -> None:
    with pytest.raises(MachineError, match=r"carried out '\d+-.*-r2' has ended before the run did; the \d+ of 12 runs"):
        swept(seed=2, deed="os.kill(os.getpid(), 9)")
    [folder] = Path("results/sweep").iterdir()
    assert runs_of(folder)
    assert not list(folder.glob("runs/.*"))
    Path("results/sweep").rename("kept")
    assert swept()["verdict"] == "valid"


def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(PluginError, match="as it was said there; the 4 of 12 runs that ended are kept"):
        swept(seed=2, deed="raise PluginError('as it was said there') if plan.nodes == 2 else time.sleep(60)")


def test_an_interrupt_ends_all_workers_at_once() -> None:
    def stop(progress: RunProgress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"of 12 runs that ended are kept"):
        swept(seed=2, deed="time.sleep(60)", on_progress=stop)
    assert not list(Path("results/sweep").glob("*/runs/.*"))
    for worker in processes() - {os.getpid()}:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_workers_end_in_the_middle_of_a_run_when_their_parent_is_killed() -> None:
    code = """
from mxbench.experiment import running
running.WORTH_SECONDS, running.cores = 0, lambda: 2
import mxbench
mxbench.run("sweep.yaml", engine="beside", plugins=["beside.py"])
"""
    Path("sweep.yaml").write_text(SWEEP)
    os.mkfifo("begun")
    deed = "open('begun', 'w').write('begun'); time.sleep(60)"
    Path("beside.py").write_text(PARALLEL.format(tests=str(TESTS), seed=2, deed=deed))
    parent = subprocess.Popen([sys.executable, "-c", code])
    assert Path("begun").read_text().startswith("begun")
    parent.kill()
    assert parent.wait(10) == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while any(runs(process) for process in processes()):
        assert time.monotonic() < deadline, "a worker has outlived its parent"


def runs(process: int) -> bool:
    """Return whether there is such a process, and it is no zombie of somebody who does not look."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
