"""A handler that does not return. Whoever called it looks at nothing any more, so a timer of the system interrupts it.

The exception comes from the line that was at work then, and is the plugin's fault like any other on every engine.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mxbench.core.contract import Unending
from mxbench.loading import is_of_file

BETWEEN_LOOKS_S = 4.0  # longer than any handler takes, also where a hundred processes share two processors
AGAIN_S = 0.25  # once one of them did not return: of many schedules, each ends there


@contextmanager
def watched() -> Iterator[None]:
    """Meanwhile raise Unending in a handler that is at work at one look and still is at the next. Without timers of
    POSIX, and beside the main thread, nothing is looked at."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    last: FrameType | None = None

    def look(number: int, where: FrameType | None) -> None:
        nonlocal last
        at_work = _handler(where)
        if at_work is not None and at_work is last:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
            raise Unending("it does not return")
        last = at_work

    before = signal.signal(signal.SIGALRM, look)
    timer = signal.setitimer(signal.ITIMER_REAL, BETWEEN_LOOKS_S, BETWEEN_LOOKS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def _handler(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame that runs the code of a plugin's file, None if there is none."""
    found = None
    while frame is not None:
        module = sys.modules.get(frame.f_globals.get("__name__", ""))
        if module is not None and is_of_file(module):
            found = frame
        frame = frame.f_back
    return found
