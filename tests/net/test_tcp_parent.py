"""The parent of a run: it may be killed or interrupted at any moment, and no process of the run is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from clusters import PLUGINS, file_ref, lamport, marked, of_file, until

from mxbench.core.distributions import Constant
from mxbench.core.plan import RunPlan

PARENT = Path(__file__).parent / "parent.py"
Parent = subprocess.Popen[str]


@contextmanager
def parent(run_plan: RunPlan, folder: Path, *others: str, **settings: object) -> Iterator[Parent]:
    """Run a plan in a process of its own, and end that process in the end."""
    command = [sys.executable, str(PARENT), str(folder), msgspec.json.encode(run_plan).decode(), *others]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **settings) as process:
        try:
            yield process
        finally:
            process.kill()


def busy(nodes: int = 3) -> RunPlan:
    return lamport(nodes, entries=5000, dwell=Constant(0.001))


def running(process: Parent) -> list[int]:
    """Wait until the nodes run, and return their process ids."""
    assert process.stdout is not None
    word, *pids = process.stdout.readline().split()
    assert word == "running"
    return [int(pid) for pid in pids]


def others(process: Parent) -> set[int]:
    return set(marked()) - {process.pid}


def the_spawner_is_there(process: Parent) -> None:
    until(lambda: others(process), "the spawner")


def a_node_is_there(process: Parent) -> None:
    until(lambda: len(others(process)) >= 2, "the first node")


def all_nodes_are_there(process: Parent) -> None:
    until(lambda: len(others(process)) >= 11, "the last node")


def the_run_is_under_way(process: Parent) -> None:
    assert len(running(process)) == 10


def a_node_is_stopped(process: Parent) -> None:
    os.kill(running(process)[4], signal.SIGSTOP)


MOMENTS: list[Callable[[Parent], None]] = [
    the_spawner_is_there,
    a_node_is_there,
    all_nodes_are_there,
    the_run_is_under_way,
    a_node_is_stopped,
]


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_killing_the_parent_leaves_no_process_once(moment: Callable[[Parent], None], tmp_path: Path) -> None:
    with parent(busy(10), tmp_path) as process:
        moment(process)
        process.kill()
        until(lambda: not marked(), "the end of every process", seconds=10)


@pytest.mark.slow
def test_killing_the_parent_leaves_no_process_though_a_handler_never_returns(tmp_path: Path) -> None:
    loops = of_file(PLUGINS / "loops.py", "Loops", entries=[1, 0, 0])
    with parent(loops, tmp_path) as process:
        until(lambda: len(others(process)) == 4, "the nodes")
        until(lambda: list(marked().values()).count("R") >= 2, "two nodes that loop")
        process.kill()
        until(lambda: not marked(), "the end of every process", seconds=10)


def test_killing_the_parent_leaves_no_process_though_a_plugin_is_still_being_imported(tmp_path: Path) -> None:
    never = msgspec.structs.replace(busy(), algorithm=file_ref(PLUGINS / "never_imports.py", "Never"))
    with parent(never, tmp_path) as process:
        the_spawner_is_there(process)
        spawner = others(process).pop()
        until(lambda: "never_imports" in _open_or_loaded(spawner), "the import")
        process.kill()
        until(lambda: not marked(), "the end of every process", seconds=10)


def _open_or_loaded(pid: int) -> str:
    """Return 'never_imports' once a process sleeps on a lock, as that plugin does for ever."""
    with suppress(OSError):
        if "futex" in Path(f"/proc/{pid}/wchan").read_text():
            return "never_imports"
    return ""


@pytest.mark.slow
def test_ctrl_c_comes_through_as_an_interrupt_and_leaves_no_process(tmp_path: Path) -> None:
    with parent(busy(), tmp_path, start_new_session=True) as process:
        running(process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        out, err = process.communicate(timeout=20)
        assert (out, err, process.returncode) == ("interrupted\n", "", 130)
        assert not marked()


@pytest.mark.slow
def test_ctrl_c_is_heard_during_the_startup(tmp_path: Path) -> None:
    with parent(busy(10), tmp_path, start_new_session=True) as process:
        a_node_is_there(process)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (out, err, process.returncode) == ("interrupted\n", "", 130)
        assert not marked()


@pytest.mark.slow
def test_all_may_be_stopped_for_long_and_go_on(tmp_path: Path) -> None:
    """As with Ctrl-Z and fg: none of the nodes has kept silent."""
    with parent(lamport(3, entries=60, dwell=Constant(0.002)), tmp_path, "0.5") as process:
        nodes = running(process)
        for pid in nodes:
            os.kill(pid, signal.SIGSTOP)
        until(lambda: all(marked()[pid] == "T" for pid in nodes), "the stop")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)  # time for a poll to go out, which nobody answers
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)
        for pid in (*nodes, process.pid):
            os.kill(pid, signal.SIGCONT)
        assert process.stdout is not None
        assert process.stdout.readline() == "quiet None 180\n"


@pytest.mark.slow
def test_what_a_plugin_prints_goes_to_standard_error(tmp_path: Path) -> None:
    talks = msgspec.structs.replace(lamport(2, entries=1), workload=file_ref(PLUGINS / "talks.py", "Talks"))
    with parent(talks, tmp_path) as process:
        out, err = process.communicate(timeout=20)
    assert [line.split()[0] for line in out.splitlines()] == ["running", "quiet"]
    assert err.count("printed on import ") == 1000
    assert err.count("kept in a buffer on import\n") == 1
    assert err.count("printed inside\n") == 2


@pytest.mark.slow
def test_a_file_of_the_users_folder_does_not_come_before_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "token.py").write_text("raise SystemExit('not the one of the standard library')")
    with parent(lamport(2, entries=1), tmp_path / "run", cwd=tmp_path) as process:
        out, err = process.communicate(timeout=20)
    assert out.splitlines()[-1] == "quiet None 2", err
