"""The judge: an examiner for each submission, as many at once as there are cores, and the points that come of it.

It imports no submission, and reads nothing of one but what its examiner says.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from mxbench.experiment.running import cores
from mxbench.grading.examiner import GRACE_S, Ended, Examination, Marked
from mxbench.grading.frames import write_blocking
from mxbench.grading.rubric import Item, Rubric
from mxbench.grading.submissions import Submission
from mxbench.own_time import FAR

MAX_ANSWER = 50_000_000  # bytes of one examiner's answers
_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


class Graded(msgspec.Struct):
    """What a submission came to. items: in the order of the rubric, with points. failed: where the harness did."""

    name: str
    points: float = 0.0
    items: list[dict[str, Any]] = []
    algorithm: str = ""
    summary: str = ""
    fault: str | None = None
    tried: list[str] = []
    output: str = ""
    in_force: list[str] = []
    failed: str | None = None
    seconds: float = 0.0


class Examining:
    """One examiner at work on one submission, in a session of its own."""

    def __init__(self, submission: Submission, rubric: Rubric, seed: int, base: Path) -> None:
        self.submission, self.rubric = submission, rubric
        self.started = time.monotonic()
        self.killed = False
        self._answers = bytearray()
        self._folder = Path(tempfile.mkdtemp(prefix="mxbench-grade-"))
        own = self._folder / "submission"
        own.mkdir()
        file = own / f"{_UNSAFE.sub('_', Path(submission.file).stem)[:60] or 'submission'}.py"
        file.write_bytes(submission.text)
        self._log = self._folder / "examiner.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "mxbench.grading.examiner", str(os.getpid())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd=self._folder,
            )  # fmt: skip
        assert self.process.stdin is not None, "it is a pipe"
        examination = Examination(
            str(file), str(self._folder), str(base), rubric.items, rubric.limits, seed
        )  # fmt: skip
        with suppress(BrokenPipeError):  # it ended already: its log says why
            write_blocking(self.process.stdin.fileno(), msgspec.to_builtins(examination))

    @property
    def left_s(self) -> float:
        """Return the seconds by the clock until the examiner is killed, which holds itself to fewer."""
        return self.started + FAR * (self.rubric.limits.submission_s + GRACE_S) - time.monotonic()

    def read(self) -> bool:
        """Take in what the examiner has written; return whether it is at its end."""
        assert self.process.stdout is not None, "it is a pipe"
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self._answers += data
        return not data or len(self._answers) > MAX_ANSWER

    def end(self) -> Graded:
        """Kill what is left of the examiner and of what it started, remove its folder, and return what it found."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        log = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        shutil.rmtree(self._folder, ignore_errors=True)
        return self._graded(log, status)

    def _graded(self, log: str, status: int) -> Graded:
        marked: dict[str, Marked] = {}
        ended = None
        for kind, content in _frames(bytes(self._answers)):
            if kind == "item":
                one = msgspec.convert(content, Marked)
                marked.setdefault(one.name, one)
            else:
                ended = msgspec.convert(content, Ended)
        seconds = time.monotonic() - self.started
        failed = None
        if ended is None:
            late = f"judging it took over {self.rubric.limits.submission_s + GRACE_S:g} s of processor time"
            stuck = f"in {FAR:g} times the seconds that it has, its examiner came to no end"
            failed = None if status == -signal.SIGXCPU else stuck if self.killed else f"its examiner failed: {log}"
            ended = Ended(fault=failed or late)
        return graded(self.submission.name, self.rubric, marked, ended, failed, seconds)


def graded(
    name: str, rubric: Rubric, marked: dict[str, Marked], ended: Ended, failed: str | None = None, seconds: float = 0.0
) -> Graded:  # fmt: skip
    """Return the points of a submission: those of the items that were met, none where the whole has a fault."""
    items = []
    for item in rubric.items:
        one = marked.get(item.name) or Marked(item.name, "undecided", ended.fault or "not judged")
        if one.outcome == "met" and ended.fault is not None:
            one = Marked(item.name, "undecided", ended.fault)
        items.append(_row(item, one))
    points = sum(item["points"] for item in items)
    return Graded(name, points, items, ended.algorithm, ended.summary, ended.fault, ended.tried, ended.output,
                  ended.in_force, failed, round(seconds, 3))  # fmt: skip


def _row(item: Item, one: Marked) -> dict[str, Any]:
    met = one.outcome == "met"
    return {
        "name": item.name,
        "points": item.points if met else 0.0,
        "of": item.points,
        **{key: value for key, value in msgspec.to_builtins(one).items() if key != "name"},
        "met": met,
    }


def grade(
    submissions: list[Submission], rubric: Rubric, seed: int, base: Path,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> list[Graded]:  # fmt: skip
    """Return what each submission came to, in their order. on_progress: how many are done, of how many, and which."""
    found: dict[int, Graded] = {}
    waiting = list(enumerate(submissions))[::-1]
    at_work: dict[int, Examining] = {}
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or at_work:
                while waiting and len(at_work) < cores():
                    place, submission = waiting.pop()
                    if submission.refused:
                        found[place] = graded(submission.name, rubric, {}, Ended(fault=submission.refused))
                        continue
                    at_work[place] = Examining(submission, rubric, seed, base)
                    selector.register(at_work[place].process.stdout, selectors.EVENT_READ, place)  # type: ignore[arg-type]
                for place in _ended(selector, at_work):
                    selector.unregister(at_work[place].process.stdout)  # type: ignore[arg-type]
                    found[place] = at_work.pop(place).end()
                    if on_progress is not None:
                        on_progress(len(found), len(submissions), submissions[place].name)
        finally:
            for examining in at_work.values():  # interrupted
                examining.end()
    return [found[place] for place in range(len(submissions))]


def _ended(selector: selectors.BaseSelector, at_work: dict[int, Examining]) -> list[int]:
    """Wait for news of the examiners, and return those that are at their end, or have to be."""
    if not at_work:
        return []
    left = min(examining.left_s for examining in at_work.values())
    ended = [key.data for key, _ in selector.select(max(left, 0.0)) if at_work[key.data].read()]
    for place, examining in at_work.items():
        if place not in ended and examining.left_s <= 0:
            examining.killed = True
            ended.append(place)
    return ended


def _frames(data: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the whole frames of an examiner's answers; it may have been killed in the middle of one."""
    place = 0
    while place + 4 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if place + 4 + length > len(data):
            return
        kind, content = msgspec.msgpack.decode(data[place + 4 : place + 4 + length])
        yield kind, content
        place += 4 + length
