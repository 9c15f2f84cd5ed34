"""Runs that come to a bad end: it is named within seconds, what the others wrote down is kept, and nothing hangs."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clusters import BROKEN, PLUGINS, Disturbed, lamport, marked, of_file, until

from mxbench.core.distributions import Constant, Uniform
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.core.plan import RunPlan
from mxbench.net import cluster as cluster_module
from mxbench.net.cluster import Cluster
from mxbench.workloads.counter import Counter

SECONDS = 10.0  # within which an end must come, on a slow machine too


def busy(nodes: int = 3) -> RunPlan:
    """Return the plan of a run that would take long."""
    return lamport(nodes, entries=5000, dwell=Constant(0.001))


def run(run_plan: RunPlan, folder: Path) -> History:
    began = time.monotonic()
    history = Cluster(run_plan, folder).run()
    assert time.monotonic() - began < SECONDS
    return history


def test_a_node_that_is_killed_ends_the_run_and_the_others_histories_are_kept(tmp_path: Path) -> None:
    disturbed = Disturbed(busy(), tmp_path, lambda c: os.kill(c.pids[1], signal.SIGKILL), entries=5)
    ending = disturbed.history.ending
    assert (ending.reason, ending.failed) == ("failed", "node-died")
    assert ending.text == f"node 1 (process {disturbed.cluster.pids[1]}) was killed by SIGKILL"
    assert [node.node for node in disturbed.history.nodes] == [0, 2]
    assert not disturbed.history.whole
    assert list(disturbed.history), "and can be read without the lost one"
    assert disturbed.seconds_after < SECONDS


def test_a_history_that_cannot_be_stored_is_a_failure_of_the_machine(tmp_path: Path) -> None:
    """As where the disk is full: no run is kept that was not recorded, so that it can be made again."""
    (tmp_path / "nodes" / "1.msgpack" / "in the way").mkdir(parents=True)
    with pytest.raises(IsADirectoryError) as caught:
        run(lamport(3, entries=2), tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_the_end_of_a_connection_and_the_word_of_the_death_may_come_together(tmp_path: Path) -> None:
    def kill_and_wait(cluster: Cluster) -> None:
        for node in (1, 2):
            os.kill(cluster.pids[node], signal.SIGKILL)
        until(lambda: not Path(f"/proc/{cluster.pids[1]}").exists(), "the death of node 1")
        until(lambda: not Path(f"/proc/{cluster.pids[2]}").exists(), "the death of node 2")

    disturbed = Disturbed(busy(), tmp_path, kill_and_wait, entries=5)
    assert disturbed.history.ending.failed == "node-died"
    assert disturbed.history.ending.text.endswith("was killed by SIGKILL")
    assert disturbed.seconds_after < SECONDS


@pytest.mark.slow
def test_a_node_that_is_stopped_ends_the_run(tmp_path: Path) -> None:
    disturbed = Disturbed(busy(), tmp_path, lambda c: os.kill(c.pids[2], signal.SIGSTOP), entries=5)
    ending = disturbed.history.ending
    assert (ending.reason, ending.failed) == ("failed", "node-stopped")
    assert ending.text == f"node 2 (process {disturbed.cluster.pids[2]}) is stopped by a signal"
    assert [node.node for node in disturbed.history.nodes] == [0, 1]
    assert disturbed.seconds_after < SECONDS


@pytest.mark.slow
def test_a_node_that_is_stopped_before_all_have_met_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = Cluster._hear

    def stop_the_first(cluster: Cluster, node: int, reply: object) -> None:
        if not cluster.ports:
            os.kill(cluster.pids[node], signal.SIGSTOP)
        connect(cluster, node, reply)

    monkeypatch.setattr(Cluster, "_hear", stop_the_first)
    ending = run(busy(4), tmp_path).ending
    assert ending.failed == "node-stopped"


def test_a_node_that_leaves_in_the_middle_of_a_handler_ends_the_run(tmp_path: Path) -> None:
    ending = run(of_file(PLUGINS / "babbles.py", "Quits"), tmp_path).ending
    assert ending.failed == "node-died"
    assert ending.text.endswith("exited with status 7")


def test_a_node_that_sends_garbage_to_its_parent_ends_the_run(tmp_path: Path) -> None:
    history = run(of_file(PLUGINS / "babbles.py", "BabblesToParent"), tmp_path)
    assert history.ending.failed == "garbage"
    assert history.ending.text == "node 1 sent garbage to its parent: a frame of 4294967295 bytes; the limit is 8388608"
    assert [node.node for node in history.nodes] == [0, 2]


def test_the_death_of_the_process_that_starts_nodes_ends_the_run(tmp_path: Path) -> None:
    def kill_spawner(cluster: Cluster) -> None:
        spawner = set(marked()) - set(cluster.pids.values())
        assert len(spawner) == 1
        os.kill(spawner.pop(), signal.SIGKILL)

    disturbed = Disturbed(busy(), tmp_path, kill_spawner, entries=5)
    assert disturbed.history.ending.failed == "node-died"
    assert disturbed.seconds_after < SECONDS


def test_a_deadlock_is_found_and_tells_who_waits_in_which_state(tmp_path: Path) -> None:
    history = run(of_file(BROKEN / "deadlocks.py", "Deadlocks", 2, entries=5), tmp_path)
    assert history.ending.reason == "stuck"
    assert history.ending.text == "nothing can happen any more, and node 0, node 1 wait or are inside"
    assert [line.partition(";")[0] for line in history.ending.stuck] == ["node 0 waits", "node 1 waits"]
    assert all("requesting=True" in line and "parameters" not in line for line in history.ending.stuck)
    assert history.whole


def test_messages_that_flow_while_nobody_enters_are_a_stall(tmp_path: Path) -> None:
    history = run(of_file(PLUGINS / "restless.py", "PingPong", stall_limit=0.3), tmp_path)
    assert history.ending.failed == "stalled"
    assert history.ending.text == "nobody entered for 0.3 s while nodes [0, 1, 2] waited; messages still flow"
    assert history.whole


def test_messages_that_flow_while_nobody_wants_to_enter_are_a_stall_too(tmp_path: Path) -> None:
    chatter = of_file(PLUGINS / "restless.py", "Chatter", entries=[2, 0, 0], stall_limit=0.3)
    history = run(chatter, tmp_path)
    assert history.ending.failed == "stalled"
    assert "falls_quiet = False" in history.ending.text
    assert len(history.entries) == 2


def test_a_request_after_a_long_pause_is_given_its_time(tmp_path: Path) -> None:
    """It waits for two messages of 0.2 s each, less than a run may stand still; nobody asked for longer than that."""
    slow = msgspec.to_builtins(Network(delay=Constant(0.2)))
    history = run(lamport(2, entries=[0, 2], think=Constant(1.5), stall_limit=1.0, network=slow), tmp_path)
    assert history.ending.reason == "quiet", history.ending


def test_a_write_on_its_way_to_the_guard_is_no_stall(tmp_path: Path) -> None:
    """Who is inside has stayed for longer than a run may stand still, and now waits for the guard alone."""
    slow = msgspec.to_builtins(Network(delay=Constant(0.3)))
    guarded: dict[str, Any] = {"workload": Counter, "servers": 1, "options": {"fencing": "off"}}
    stays = lamport(2, entries=[1, 0], dwell=Constant(0.8), stall_limit=0.6, network=slow, **guarded)
    history = run(stays, tmp_path)
    assert history.ending.reason == "quiet", history.ending


def test_a_timer_that_outlives_the_last_entry_is_no_stall(tmp_path: Path) -> None:
    patient = of_file(PLUGINS / "patient.py", "Patient", 2, entries=2, stall_limit=0.3)
    history = run(patient, tmp_path)
    assert history.ending.reason == "quiet", history.ending
    assert len(history.entries) == 4


@pytest.mark.slow
def test_a_long_stay_inside_is_no_stall(tmp_path: Path) -> None:
    assert run(lamport(2, entries=1, dwell=Constant(0.5), stall_limit=0.1), tmp_path).ending.reason == "quiet"


def test_a_node_that_was_about_to_go_on_takes_no_step_after_its_failure(tmp_path: Path) -> None:
    busy = of_file(PLUGINS / "breaks.py", "Breaks", 2, entries=None, duration=SECONDS)
    history = run(busy, tmp_path)
    assert history.ending.failed == "contract"
    events = list(history.of_node(history.nodes[0]))
    assert events[-1].kind == "delivered", events[-1]


def test_an_algorithm_that_raises_is_blamed_with_file_and_line(tmp_path: Path) -> None:
    history = run(of_file(BROKEN / "raises_in_handler.py", "RaisesInHandler"), tmp_path)
    file = BROKEN / "raises_in_handler.py"
    line = 1 + file.read_text().splitlines().index("        self.requests[sender] += 1")
    assert history.ending.failed == "contract"
    assert history.ending.text.startswith(f"{file}:{line}: KeyError: ")
    assert "Traceback" not in history.ending.text
    assert history.whole


def test_a_node_that_failed_takes_no_further_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail = Cluster._fail

    def hear_late(cluster: Cluster, kind: str, text: str) -> None:
        time.sleep(0.05)  # a parent that is slow to call for the history
        fail(cluster, kind, text)

    monkeypatch.setattr(Cluster, "_fail", hear_late)
    history = run(of_file(PLUGINS / "late.py", "Late", 2, entries=[1, 0]), tmp_path)
    assert history.ending.failed == "contract"
    assert "RuntimeError: the first timer" in history.ending.text
    timers = [event.detail for event in history if event.kind == "timer"]
    assert timers == [["algorithm", "first"]]
    assert history.nodes[0].totals.sent_by_type == [0]


@pytest.mark.alone
def test_a_handler_that_never_returns_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "SILENT_SECONDS", 1.5)
    history = run(of_file(PLUGINS / "loops.py", "Loops", entries=[1, 0, 0]), tmp_path)
    assert history.ending.failed == "node-silent"
    # both loop, and node 1 may have answered the last poll before the knock came
    assert history.ending.text.startswith(("node 1 has not answered for ", "node 2 has not answered for "))
    assert [node.node for node in history.nodes] == [0]


def test_a_time_limit_ends_the_run_and_keeps_all_histories(tmp_path: Path) -> None:
    the_plan = lamport(3, entries=100_000, dwell=Uniform(0.001, 0.002), time_limit=0.3)
    history = run(the_plan, tmp_path)
    assert (history.ending.failed, history.ending.text) == ("time-limit", "the run reached its time limit of 0.3 s")
    assert history.whole
    assert len(history.entries) > 10


def test_a_plugin_that_does_not_load_is_a_failure_of_the_startup(tmp_path: Path) -> None:
    ending = run(of_file(BROKEN / "does_not_import.py", "DoesNotImport"), tmp_path).ending
    assert ending.failed == "startup"
    assert "does_not_import.py:" in ending.text
