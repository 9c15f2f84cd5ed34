"""A confined process as the examiner holds it: asked within a time, replaced when it dies, killed at the end."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mxbench.compiled import PURE
from mxbench.core.contract import PluginFault
from mxbench.grading.frames import MAX_FRAME, Channel, Declaration, Flood, Gone, Late, Setting, decode, encode
from mxbench.own_time import Allowance, OwnTime

MAX_DEATHS = 3  # after which nothing more is asked of a submission
MAX_CHOICES = 10_000  # options of one choice, and choices in one step
MAX_REMEMBERED = 64_000_000  # bytes of questions and answers
LOAD_SECONDS = 10.0  # of own time, to start Python and import a submission
CLOSING_SECONDS = 10.0  # for a process that closed its pipe to end, which tells how it ended
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null")
Choose = Callable[[int], int]


class Held(NamedTuple):
    """What a submission is held to. step_s: own seconds of one step; steps: of one item; the rest as in the rubric."""

    step_s: float = 2.0
    memory_bytes: int = 512_000_000
    output_bytes: int = 64_000
    cpu_s: int = 120
    steps: int = 500_000


class OverLimit(Exception):
    """A search or a run of a submission took more time or steps than the rubric gives it."""


class ConfinedProcess:
    """One submission in a process of its own. `load` it first; `end` it at last.

    file: a copy of the submission, alone in its folder. output: a file for what it prints. hash_seed: of its strings.
    own: the examiner's own time, to which that of this process is added.
    """

    def __init__(self, file: Path, output: Path, held: Held, hash_seed: int, own: OwnTime) -> None:
        self.declaration: Declaration | None = None
        self.in_force: list[str] = []
        self.offences: list[str] = []
        self.on_answer: Callable[[bytes, bytes, tuple[int, ...]], None] | None = None
        self._file, self._output, self._held, self._hash_seed, self._own = file, output, held, hash_seed, own
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel
        self._remembered: dict[bytes, bytes] = {}
        self._faults: dict[bytes, str] = {}
        self._weight = self._deaths = self._steps = 0
        self._last = self._over = ""
        self._item = Allowance(own, float("inf"))

    def begin_item(self, seconds: float) -> None:
        """Count own time and steps from here."""
        self._item, self._steps, self._over = Allowance(self._own, seconds), 0, ""

    def check_limits(self) -> None:
        """Raise OverLimit if the item's time or steps are over, and whenever they were: an engine may swallow it."""
        if not self._over and self._item.left() <= 0:
            self._over = f"over the {self._item.spent()} that one item may take"
        if self._over:
            raise OverLimit(self._over)

    def load(self) -> Declaration:
        """Start the process and have it import the submission; raise PluginFault that says what is wrong with it."""
        self._start()
        answer = self._read("importing it", Allowance(self._own, LOAD_SECONDS))
        try:
            kind, content, in_force, offences = answer
            self.in_force = msgspec.convert(in_force, list[str])
            self._note(offences)
            if kind == "fault" and isinstance(content, str):
                self.end()
                raise PluginFault(content)
            self.declaration = msgspec.convert(content, Declaration)
        except (ValueError, TypeError, IndexError, msgspec.MsgspecError):
            self.end()
            raise PluginFault("it answers with what is no declaration of an algorithm") from None
        return self.declaration

    def ask(self, question: bytes, doing: str, choose: Choose) -> list[Any]:
        """Return what the submission answers to a question; raise PluginFault or OverLimit.

        doing: what it is asked to do, for a person. choose: chooses one of so many options.
        """
        self._count(1)
        if question in self._faults:
            raise PluginFault(self._faults[question])
        remembered = self._remembered.get(question)
        if remembered is not None:
            known: list[Any] = decode(remembered)
            self._count(len(known[2]))
            return known
        if self._deaths >= MAX_DEATHS:
            raise PluginFault(self._last)
        try:
            if self._process is None:
                self.load()
            answer, data, chosen = self._asked(question, doing, choose)
            kind, *rest, offences = answer
            self._note(offences)
            if kind == "fault" and len(rest) == 1 and isinstance(rest[0], str):
                raise PluginFault(rest[0])
            if kind != "done" or len(rest) != 4 or not isinstance(rest[1], list):
                raise PluginFault(f"{doing}: it answers with what is no reaction")
        except PluginFault as fault:
            self._faults[question] = str(fault)
            raise
        except (ValueError, TypeError, IndexError, msgspec.MsgspecError):
            self._faults[question] = f"{doing}: it answers with what is no reaction"
            raise PluginFault(self._faults[question]) from None
        self._count(len(rest[1]))
        if not chosen and self._weight < MAX_REMEMBERED:
            self._remembered[question] = data
            self._weight += len(question) + len(data)
        if self.on_answer is not None:
            self.on_answer(question, data, chosen)
        return answer

    def end(self) -> None:
        """Kill the process and whatever it may have started in its group."""
        process, self._process = self._process, None
        if process is None:
            return
        self._own.leave(process.pid)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _count(self, steps: int) -> None:
        """Count steps, an effect of one as another, and look at the limits of the item."""
        self._steps += steps
        if self._steps > self._held.steps:
            self._over = f"over {self._held.steps:,} steps"
        self.check_limits()

    def _asked(self, question: bytes, doing: str, choose: Choose) -> tuple[list[Any], bytes, tuple[int, ...]]:
        allowance = Allowance(self._own, self._held.step_s)
        self._write(question, doing, allowance)
        chosen: list[int] = []
        while True:
            data = self._frame(doing, allowance)
            answer = _decoded(data, doing)
            if answer[0] != "choose":
                return answer, data, tuple(chosen)
            count = answer[1]
            if type(count) is not int or not 0 < count <= MAX_CHOICES or len(chosen) >= MAX_CHOICES:
                raise PluginFault(f"{doing}: it asks to choose from {count!r} options")
            chosen.append(choose(count))
            self._write(encode(chosen[-1]), doing, allowance)

    # ---- the process ------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        held, folder = self._held, self._file.parent
        environment = {"PYTHONHASHSEED": str(self._hash_seed), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        if PURE in os.environ:
            environment[PURE] = os.environ[PURE]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "mxbench.grading.confined", str(os.getpid())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, cwd=folder, env=environment, bufsize=0,
            )  # fmt: skip
        assert self._process.stdin is not None, "it is a pipe"
        assert self._process.stdout is not None, "it is a pipe"
        self._own.follow(self._process.pid)
        self._channel = Channel(self._process.stdin.fileno(), self._process.stdout.fileno())
        setting = Setting(str(self._file), held.memory_bytes, held.output_bytes, held.cpu_s, readable())
        self._write(encode(setting), "starting it", Allowance(self._own, LOAD_SECONDS))

    def _write(self, data: bytes, doing: str, allowance: Allowance) -> None:
        try:
            self._channel.write(data, allowance)
        except (Late, Gone) as error:
            raise self._dead(error, doing, allowance) from None

    def _frame(self, doing: str, allowance: Allowance) -> bytes:
        try:
            return self._channel.read(allowance)
        except (Late, Gone, Flood) as error:
            raise self._dead(error, doing, allowance) from None

    def _read(self, doing: str, allowance: Allowance) -> list[Any]:
        return _decoded(self._frame(doing, allowance), doing)

    def _dead(self, error: Exception, doing: str, allowance: Allowance) -> PluginFault:
        """Kill the process, and return the fault that names what it did."""
        process = self._process
        assert process is not None, "only a process that runs is spoken to"
        self._own.leave(process.pid)
        if isinstance(error, Gone):
            with suppress(subprocess.TimeoutExpired):  # it closed its pipe and lives: it is killed below
                process.wait(CLOSING_SECONDS)
            what = f"it ended its own process ({_ending(process.poll())})"
        elif isinstance(error, Flood):
            what = f"it answers with more than fits: a state or messages of over {MAX_FRAME // 1000} kB"
        else:
            what = f"it takes over {allowance.spent()}, and was killed"
        self.end()
        self._deaths += 1
        self._last = f"{doing}: {what}"
        return PluginFault(self._last)

    def _note(self, offences: Any) -> None:
        for offence in msgspec.convert(offences, list[str])[:20]:
            if offence[:300] not in self.offences:
                self.offences.append(offence[:300])


def readable() -> list[str]:
    """Return what a confined process may read beside its own folder: Python, its packages and the system's libraries.

    Of mxbench only the package is, wherever it was installed from: not the folder around it.
    """
    own = str(Path(__file__).resolve().parent.parent)
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return sorted({*paths, own, *_LIBRARIES})


def _decoded(data: bytes, doing: str) -> list[Any]:
    try:
        answer = decode(data)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        answer = None
    if not isinstance(answer, list) or len(answer) < 2:
        raise PluginFault(f"{doing}: it answers with what is no reaction")
    return answer


def _ending(status: int | None) -> str:
    if status is None:
        return "it closed its pipe"
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"killed by {name}" + (", its limit of processor time" if name == "SIGXCPU" else "")
