"""What handlers reach for that is not theirs: the clock, random numbers, files, sockets, processes, threads.

Two ways to see it. A profile function is told of every call of a function, also of those written in C, and so knows
the clock and the random numbers, under whatever name they were imported. An audit hook is told by Python itself of
files, sockets and processes. Both look up the stack: only what the plugin's own lines lead to counts, and neither what
the framework does for it (`out.choose` draws a number) nor an import.
"""

import _random
import random
import secrets
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import mxbench
from mxbench.conformance.trail import Line
from mxbench.core.algorithm import Out

OWN = str(Path(mxbench.__file__).parent)
IMPORTS = ("<frozen importlib", "<frozen zipimport")
CLOCK = "reads the clock ({}); time is not the algorithm's: clocks are logical, and waiting is out.set_timer"
WAIT = "waits ({}); a handler runs to its end at once, and waiting is out.set_timer"
RANDOM = "draws a random number ({}); use out.choose"
THREAD = "starts a thread ({}); a handler performs nothing"
DRAWING_FILES = (random.__file__, secrets.__file__, uuid.__file__)
SENDING = (Out.send.__name__, Out.broadcast.__name__)  # of Python or of C, see core/compiled.py
OPENING = {
    "open": "opens a file",
    "socket": "opens a socket",
    "subprocess": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.spawn": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "pty": "starts a process",
    "os": "reaches for files",
    "shutil": "reaches for files",
    "tempfile": "opens a file",
    "glob": "reaches for files",
    "sqlite3": "opens a file",
    "urllib": "opens a socket",
    "http": "opens a socket",
    "ctypes": "calls foreign code",
    "mmap": "reaches for files",
    "fcntl": "reaches for files",
}


class Reach:
    """Tells `found` what a handler reached for, and the line; calls `sent` when it has recorded a message to send.

    on: while a handler runs. files: the plugin's.
    """

    def __init__(self, files: frozenset[str], found: Callable[[Line, str], None], sent: Callable[[], None]) -> None:
        self.on = False
        self._files, self._found, self._sent = files, found, sent

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """Be told of a call, for sys.setprofile."""
        if not self.on:
            return
        if event in ("return", "c_return"):
            if _is_sending(frame, event, arg):
                self._sent()
            return
        said, caller = None, frame if event == "c_call" else frame.f_back
        if caller is None or caller.f_code.co_filename in DRAWING_FILES:
            return  # a part of what was seen already
        if event == "c_call":
            said = _of_function(arg)
        elif event == "call" and frame.f_code.co_filename in DRAWING_FILES:
            module = Path(frame.f_code.co_filename).stem
            said = RANDOM.format(f"{module}.{frame.f_code.co_name}")
        if said is not None:
            self._tell(frame, said)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Be told of an event, for sys.addaudithook."""
        if not self.on:
            return
        said = OPENING.get(event) or OPENING.get(event.partition(".")[0])
        if said is not None:
            first = arguments[0] if arguments and isinstance(arguments[0], str | bytes | int) else ""
            what = f"{event}: {first!r}" if first != "" else event
            self._tell(sys._getframe(1), f"{said} ({what}); a handler performs nothing")

    def _tell(self, frame: FrameType, said: str) -> None:
        self.on = False  # what follows is our own doing
        line = self._line(frame)
        if line is not None:
            self._found(line, said)
        self.on = True

    def _line(self, frame: FrameType | None) -> Line | None:
        """Return the plugin's line that led here; None if the framework or an import stands between."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file in self._files:
                return file, frame.f_lineno
            if file.startswith((OWN, *IMPORTS)):
                return None
            frame = frame.f_back
        return None


def _is_sending(frame: FrameType, event: str, arg: Any) -> bool:
    """Return whether what has returned recorded a message to send."""
    if event == "return":
        code = frame.f_code
        return code.co_name in SENDING and isinstance(frame.f_locals.get("self"), Out)
    return isinstance(getattr(arg, "__self__", None), Out) and arg.__name__ in SENDING


def _of_function(function: Any) -> str | None:
    """Return what a call of a function written in C is, None for one that a handler may call."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    owner = getattr(function, "__self__", None)
    if module == "time":
        return (WAIT if name == "sleep" else CLOCK).format(f"time.{name}")
    if isinstance(owner, _random.Random) or (module == "posix" and name in ("urandom", "getrandom")):
        return RANDOM.format(f"random.{name}" if isinstance(owner, _random.Random) else f"os.{name}")
    if isinstance(owner, type) and owner.__module__ == "datetime" and name in ("now", "utcnow", "today"):
        return CLOCK.format(f"{owner.__name__}.{name}")
    if module == "_thread" and name.startswith("start"):
        return THREAD.format(name)
    return None
