"""The live view, looked at through a pseudo-terminal: what it shows, that it goes away, and that it mixes with nothing.

The engine of these tests stops at a gate (a named pipe) in its second run, so that the view stands still while it is
looked at.
"""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from mxbench.experiment.invocation import RunProgress, prepare
from mxbench.live import LiveProgress, lines

TESTS = Path(__file__).parent
pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the gate is a named pipe")
GATED = f"""
import os, sys
sys.path.insert(0, {str(TESTS)!r})
from heap_engine import HeapEngine
from mxbench import hookimpl
from mxbench.core.plan import Progress

class Gated(HeapEngine):
    '''The heap loop, with a gate in its second run, at which node 1 is inside and two nodes wait.'''
    name = "gated"
    def run(self, plan, folder, progress=None):
        if progress and plan.repeat == 2 and os.path.exists("gate"):
            progress(Progress(1234, 5678, (1,), (0, 2)))
            open("gate").read()
        return super().run(plan, folder, progress)

@hookimpl
def mxbench_engines():
    return [Gated]
"""
QUICK = """name: quick
algorithm: lamport
nodes: 3
engine: gated
plugins: [gated.py]
break_assumptions: true
network: {fifo: false}
workload: {type: hold, entries_per_node: 2000, dwell: 1ms}
repeat: 3
"""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SECONDS = 60  # after which a test gives up


class Terminal:
    """A command whose standard error, and input, is a terminal of 150 columns; standard output is a pipe, or it too."""

    def __init__(self, folder: Path, *arguments: str, out: bool = False) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 150, 0, 0))
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mxbench", *arguments], cwd=folder, stdin=slave, stderr=slave,
            stdout=slave if out else subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=os.environ | {"TERM": "xterm"},
        )  # fmt: skip
        os.close(slave)

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until the terminal has shown something; whatever it showed is in `seen`, without escapes."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.seen)):
            assert self._read(deadline), f"the command ended; it showed {self.seen!r}"
        return found

    def end(self) -> tuple[int, str, str]:
        """Return the exit status, the standard output, and what the terminal showed in all."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline):
            pass
        out = self.process.communicate(timeout=SECONDS)[0] or ""
        os.close(self.master)
        return self.process.returncode, out, self.seen

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], max(deadline - time.monotonic(), 0))
        assert ready, f"nothing more was shown; it showed {self.seen!r}"
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += ESCAPES.sub("", data.decode(errors="replace"))
        return bool(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gated.py").write_text(GATED)
    (tmp_path / "quick.yaml").write_text(QUICK)
    (tmp_path / "second.yaml").write_text(
        QUICK.replace("name: quick", "name: second").replace("repeat: 3", "repeat: 1")
    )
    os.mkfifo(tmp_path / "gate")
    return tmp_path


def open_gate(folder: Path) -> None:
    with open(folder / "gate", "w"):
        pass


@pytest.mark.slow
def test_the_view_shows_how_far_it_is_who_is_inside_and_what_is_amiss(folder: Path) -> None:
    terminal = Terminal(folder, "run", "quick.yaml", "second.yaml")
    terminal.until(r"experiment 1 of 2, run 2 of 3: quick: lamport, 3 nodes, seed 2")
    terminal.until(r"█+░+  1,234 of 6,000 entries  5,678 messages  \d+ (s|min) left")
    terminal.until(r"inside: 1; waiting: 0, 2")
    terminal.until(r"warning: (1 run violated; )?outside what algorithm and workload assume: fifo")
    open_gate(folder)
    terminal.until(r"experiment 2 of 2, run 1 of 1: second")
    status, out, _ = terminal.end()
    assert status in (0, 1)
    assert "quick" in out
    assert "░" not in out


@pytest.mark.slow
def test_json_goes_to_standard_output_whole_while_the_view_is_on_the_terminal(folder: Path) -> None:
    terminal = Terminal(folder, "run", "quick.yaml", "--json")
    terminal.until("inside: 1; waiting: 0, 2")
    open_gate(folder)
    _, out, seen = terminal.end()
    assert len(json.loads(out)["runs"]) == 3
    assert '"runs"' not in seen


@pytest.mark.slow
def test_ctrl_c_on_the_terminal_keeps_what_ended_and_says_how_to_go_on(folder: Path) -> None:
    terminal = Terminal(folder, "run", "quick.yaml", "--json")
    terminal.until("inside: 1; waiting: 0, 2")
    os.write(terminal.master, b"\x03")
    status, out, seen = terminal.end()
    assert status == 130
    document = json.loads(out)  # to standard output, though the view was on the terminal
    assert (document["interrupted"], document["exit_status"], len(document["runs"])) == (True, 130, 1)
    told = re.search(
        r"mxbench: interrupted; the 1 of 3 runs that ended are kept in '(results/quick/[^']+)'; "
        r"continue with: mxbench run \1", seen,
    )  # fmt: skip
    assert told, seen
    (folder / "gate").unlink()
    again = subprocess.run(
        [sys.executable, "-m", "mxbench", "run", told[1], "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(again.stdout)["taken_over"] == 1


@pytest.mark.slow
def test_quiet_shows_nothing_but_the_result(folder: Path) -> None:
    (folder / "gate").unlink()
    status, out, seen = Terminal(folder, "run", "quick.yaml", "--quiet").end()
    assert status in (0, 1)
    assert "verdict: " in out
    assert seen == ""


@pytest.mark.slow
def test_the_view_is_wiped_before_the_table_is_printed(folder: Path) -> None:
    (folder / "gate").unlink()
    _, _, seen = Terminal(folder, "run", "quick.yaml", out=True).end()
    assert "░" in seen
    assert "░" not in seen[seen.index("workload hold"):]  # fmt: skip


@pytest.mark.slow
def test_piped_output_has_no_view(folder: Path) -> None:
    (folder / "gate").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "mxbench", "run", "quick.yaml"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert "░" not in done.stdout


# ---- the lines ------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunProgress:
    monkeypatch.chdir(folder)
    plan = prepare("quick.yaml").settings[0].first
    return RunProgress(1, 3, plan, None)


def test_what_is_not_known_yet_is_not_shown(at_rest: RunProgress) -> None:
    title, counts, warning = lines(at_rest, elapsed_s=10.0)
    assert title == "run 2 of 3: quick: lamport, 3 nodes, seed 1"
    assert counts.split("  ")[1:] == ["0 of 6,000 entries", "20 s left"]
    assert warning == "warning: outside what algorithm and workload assume: fifo"


def test_a_standstill_is_told_with_who_waits_for_whom(at_rest: RunProgress) -> None:
    from mxbench.core.plan import Progress

    now = Progress(3000, 9, (), tuple(range(20)), idle_s=4.2)
    _, counts, nodes, _ = lines(at_rest._replace(progress=now), elapsed_s=600.0, rate=12.4)
    assert counts.split("  ")[1:] == ["3,000 of 6,000 entries", "12 entries/s", "9 messages", "10 min left"]
    assert nodes == (
        "no entry for 4 s; nobody is inside; waiting: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more"
    )  # fmt: skip


def test_verdicts_that_are_not_valid_are_told_at_once(at_rest: RunProgress) -> None:
    amiss = at_rest._replace(not_valid={"violated": 1, "undecided": 2})
    assert lines(amiss, 1.0)[-1].startswith("warning: 1 run violated; 2 runs undecided; outside")


def test_the_rate_is_of_the_last_moments_and_of_one_run(at_rest: RunProgress) -> None:
    from mxbench.core.plan import Progress

    live = LiveProgress()

    def rate(entries: int, now: float, done: int = 1) -> float | None:
        return live._rate(at_rest._replace(done=done, progress=Progress(entries, 0)), (1, 1), now)

    assert rate(0, 0.0) is None
    assert rate(10, 0.1) is None
    assert rate(100, 1.0) == 100
    assert rate(1000, 2.0) == 500
    assert rate(2000, 5.0) == pytest.approx(1000 / 3)  # since 2.0: what came before is of the past
    assert rate(50, 6.0, done=2) is None  # the next run has none yet
