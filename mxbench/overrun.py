"""A handler that does not return. Whoever called it looks at nothing any more, so a timer of the system interrupts it.

The exception comes from the line that was at work then, and is the plugin's fault like any other on every engine.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import Unending
from mxbench.core.workload import Workload
from mxbench.loading import is_of_file

BETWEEN_LOOKS_S = 4.0  # longer than any handler takes, also where a hundred processes share two processors
AGAIN_S = 0.25  # for one that did not return before: of many schedules, each ends there
_DEBUGGERS = ("bdb", "pdb")  # in which a person takes the time


@contextmanager
def watched() -> Iterator[None]:
    """Meanwhile raise Unending in a handler that is at work at one look and still is at the next.

    Nothing is looked at without timers of POSIX, beside the main thread, and where the caller has set an alarm.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0)
    ):
        yield
        return
    last: FrameType | None = None
    since = 0.0
    known: set[CodeType] = set()

    def look(number: int, where: FrameType | None) -> None:
        nonlocal last, since
        at_work, now = _handler(where), time.monotonic()
        if at_work is None or at_work is not last:
            last, since = at_work, now
        elif at_work.f_code in known or now - since >= 0.9 * BETWEEN_LOOKS_S:
            known.add(at_work.f_code)
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
            raise Unending("it does not return")

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, BETWEEN_LOOKS_S, BETWEEN_LOOKS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _handler(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame that is a plugin's, None if there is none, or a debugger has stopped it."""
    found = None
    while frame is not None:
        if frame.f_globals.get("__name__") in _DEBUGGERS:
            return None
        if _is_a_plugins(frame):
            found = frame
        frame = frame.f_back
    return found


def _is_a_plugins(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    module = sys.modules.get(name)
    if module is not None and is_of_file(module):
        return True
    if frame.f_code.co_varnames[:1] != ("self",) or name.startswith("mxbench."):  # as what grading stands in for one is
        return False
    return isinstance(frame.f_locals.get("self"), Algorithm | Workload)
