"""A handler that does not return: whatever carries it out comes to an end, and tells its line."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from command_line import invoked

import mxbench
from mxbench import Algorithm, Out, overrun

ENDLESS = """from mxbench import Algorithm, hookimpl


class Endless(Algorithm):
    name = "endless"

    def on_request(self, request, out):
        while True:
            try:
                self.me
            except Exception:
                pass


@hookimpl
def mxbench_algorithms():
    return [Endless]
"""
EXPERIMENT = "{name: e, algorithm: endless, nodes: 2, workload: {type: hold, entries_per_node: 1}}"
RUN = ("run", "endless.yaml", "--plugin", "endless.py", "--engine")
HOW = {
    "search": (1, "check", "endless.py", "--nodes", "2"),
    "limited": (1, "check", "endless.py", "--nodes", "2", "--limit-seconds", "0.1"),
    "random": (1, "check", "endless.py", "--nodes", "2", "--random", "3"),
    "sim": (2, *RUN, "sim"),
}
pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="it is ended by a timer of POSIX")


def told_of(folder: Path, status: int, *arguments: str, lines: str = "") -> None:
    """Run a command on the algorithm, and expect that status and the line that does not return."""
    (folder / "endless.py").write_text(ENDLESS)
    (folder / "endless.yaml").write_text(EXPERIMENT)
    done = invoked(folder, *arguments, lines=lines)
    assert re.search(r"endless\.py:(8|9|1[0-2]): it does not return \(in on_request, node [01], ", done.stdout)
    assert done.returncode == status
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("how", HOW)
def test_it_breaks_the_contract(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrun, "BETWEEN_LOOKS_S", 0.2)
    told_of(tmp_path, *HOW[how])


def test_it_is_told_when_it_is_met_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrun, "BETWEEN_LOOKS_S", 0.2)
    told_of(tmp_path, 1, "check", "endless.py", "--nodes", "2", "--save", "scenario.yaml")
    told_of(tmp_path, 1, "replay", "scenario.yaml")
    told_of(tmp_path, 0, "step", "endless.py", "--nodes", "2", lines="1\n")


def test_one_is_enough_to_end_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs the time to find out, and a level may hold thousands."""
    monkeypatch.setattr(overrun, "BETWEEN_LOOKS_S", 0.2)
    looks: list[object] = []
    handler = overrun._handler
    monkeypatch.setattr(overrun, "_handler", lambda frame: (looks.append(handler(frame)), looks[-1])[1])
    told_of(tmp_path, 1, "check", "endless.py", "--nodes", "9", "--requests", "1", "--limit-seconds", "60")
    assert len(looks) < 30


def test_who_has_set_an_alarm_keeps_it(tmp_path: Path) -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, where: rang.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with overrun.watched():
            while not rang:
                pass
    finally:
        signal.signal(signal.SIGALRM, before)
    assert rang == [signal.SIGALRM]


def test_a_class_that_came_from_no_file_is_watched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Algorithm):
        name = "endless"

        def on_request(self, request: Any, out: Out) -> None:
            while True:
                pass

    monkeypatch.setattr(overrun, "BETWEEN_LOOKS_S", 0.2)
    found = mxbench.check(Endless, nodes=1)
    assert (found["property"], "it does not return (in on_request, node 0" in found["text"]) == ("contract", True)


@pytest.mark.slow
def test_a_node_process_tells_it_before_it_is_given_up(tmp_path: Path) -> None:
    told_of(tmp_path, 2, *RUN, "tcp")


@pytest.mark.slow
def test_one_that_returns_is_not_blamed_if_another_is_at_work_at_each_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overrun, "BETWEEN_LOOKS_S", 1.0)
    lasts = ("until = time.monotonic() + 0.2", "while time.monotonic() < until:", "    pass", "out.enter()")
    before, after = ENDLESS[: ENDLESS.index("while")], ENDLESS[ENDLESS.index("\n\n\n@hookimpl") :]
    source = before + "\n        ".join(lasts) + after
    (tmp_path / "endless.py").write_text(f"import time\n\n{source}")
    (tmp_path / "endless.yaml").write_text(EXPERIMENT.replace("nodes: 2", "nodes: 1").replace("node: 1", "node: 12"))
    done = invoked(tmp_path, *RUN, "sim")
    assert (done.returncode, "verdict: valid" in done.stdout) == (0, True)
