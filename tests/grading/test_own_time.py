"""What counts against a submission's seconds: what it computes and sleeps, and not what others keep it from."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attacks import RIGHT, in_request
from graded import RUBRIC, grade

from mxbench import own_time
from mxbench.experiment.running import cores
from mxbench.own_time import Allowance, OwnTime

COMPUTES = "until = time.thread_time() + {}\nwhile time.thread_time() < until:\n    pass"
SLEEPS = "time.sleep({})"
IMPORTS = "import time\n"
STEP, WITHIN, BEYOND = 1, 0.2, 10.0  # seconds: a machine that is no one's alone may stand still for a good part of one
SUBMISSIONS = {
    "right": RIGHT,
    "computes_within": in_request(COMPUTES.format(WITHIN), IMPORTS),
    "computes_beyond": in_request(COMPUTES.format(BEYOND), IMPORTS),
    "sleeps_within": in_request(SLEEPS.format(WITHIN), IMPORTS),
    "sleeps_beyond": in_request(SLEEPS.format(BEYOND), IMPORTS),
}
ASKED = (RUBRIC[: RUBRIC.index("runs:")] + RUBRIC[RUBRIC.index("limits:") :]).replace("step: 500ms", f"step: {STEP}s")


class Busy:
    """Processes that keep every processor busy."""

    def __enter__(self) -> None:
        loop = [sys.executable, "-c", "while True: pass"]
        self._loops = [subprocess.Popen(loop, start_new_session=True) for _ in range(2 * cores())]

    def __exit__(self, *_: object) -> None:
        for process in self._loops:
            process.kill()
        for process in self._loops:
            process.wait()


@pytest.fixture
def own() -> Iterator[OwnTime]:
    with closing(OwnTime()) as found:
        if not found.told:
            pytest.skip("this system does not tell who waits for a processor")
        yield found


def until_over(allowance: Allowance, child: str, own: OwnTime) -> str:
    """Let a process use an allowance up, and return what was used up."""
    process = subprocess.Popen([sys.executable, "-c", child])
    try:
        assert own.follow(process.pid)
        while (left := allowance.left()) > 0:
            try:
                process.wait(left)
                pytest.fail("it ended before its seconds were over")
            except subprocess.TimeoutExpired:
                continue
        return allowance.spent()
    finally:
        own.leave(process.pid)
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("child", "said"),
    [("while True: pass", "0.4 s of processor time"), ("import time; time.sleep(100)", "0.4 s of sleep")],
)
def test_who_computes_and_who_sleeps_uses_up_its_seconds_and_is_told_which(own: OwnTime, child: str, said: str) -> None:
    with Busy():
        assert until_over(Allowance(own, 0.4), child, own) == said


def test_far_behind_is_the_clock(own: OwnTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_time, "FAR", 0.5)
    assert until_over(Allowance(own, 0.1), "import time; time.sleep(100)", own) == "0.05 s by the clock"


@pytest.mark.usefixtures("own")
def test_what_the_host_of_a_virtual_machine_keeps_is_not_own_time(tmp_path: Path, monkeypatch: Any) -> None:
    stat, ticks = tmp_path / "stat", os.sysconf("SC_CLK_TCK")

    def stolen(first: int, second: int) -> None:
        lines = [f"cpu{number} 1 2 3 4 5 6 7 {ticks * kept} 9 10" for number, kept in enumerate((first, second))]
        stat.write_text("\n".join([f"cpu 1 2 3 4 5 6 7 {ticks * (first + second)} 9 10", *lines, "intr 77 1 2"]))

    monkeypatch.setattr(own_time, "STAT", str(stat))
    stolen(500, 900)
    with closing(OwnTime()) as kept:
        time.sleep(0.1)
        stolen(500, 901)
        assert kept.computed() <= kept.now() + 1e-9 < 0.1


def test_what_a_process_that_ended_has_used_still_counts(own: OwnTime) -> None:
    before = own.computed()
    process = subprocess.Popen([sys.executable, "-c", "for _ in range(2_000_000): pass"], stdout=subprocess.PIPE)
    own.follow(process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    used = own.computed()
    own.leave(process.pid)
    process.wait()
    assert before < used <= own.computed()


def test_where_the_system_does_not_tell_limits_are_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise FileNotFoundError

    monkeypatch.setattr(own_time.os, "open", refuse)
    own = OwnTime()
    assert not own.told
    allowance = Allowance(own, 0.01)
    while allowance.left() > 0:
        os.sched_yield()
    assert allowance.spent() == "0.1 s by the clock"


@pytest.mark.slow
def test_a_busy_machine_changes_no_mark_and_no_word_of_the_sheet(own: OwnTime, tmp_path: Path) -> None:
    alone, beside = sheets(tmp_path / "alone"), None
    with Busy():
        beside = sheets(tmp_path / "beside")
    assert alone == beside
    points = {one["name"].removesuffix(".py"): one["points"] for one in alone["told"]}
    assert points == {"right": 70, "computes_within": 70, "computes_beyond": 0, "sleeps_within": 70, "sleeps_beyond": 0}
    table = alone["grades.csv"]
    assert f"in on_request, node 0: it takes over {STEP} s of processor time, and was killed" in table
    assert f"in on_request, node 0: it takes over {STEP} s of sleep, and was killed" in table


def sheets(place: Path) -> dict[str, Any]:
    """Grade the submissions, and return what was written but for the seconds that judging took."""
    place.mkdir()
    status, told = grade(place, SUBMISSIONS, ASKED)
    assert status == 0
    for one in told["submissions"]:
        one.pop("seconds")
    out = place / "out"
    files = {file: (out / file).read_text() for file in ("grades.csv", "index.html")}
    return {"told": told["submissions"], **files}
