"""The end of a search whose handler does not return: between its steps a search looks at the clock itself, but a step
that never ends lets it look no more."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mxbench.errors import MachineError
from mxbench.loading import is_of_file

BETWEEN_LOOKS_S = 2.0  # longer than any handler takes
LONGEST_S = 1e6


class Overrun(BaseException):
    """A handler is at work since the last look; not an Exception, which many handlers catch."""


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise MachineError, with the line, if a handler of a plugin's file is at work behind the limit and does not
    return. None is no limit."""
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return
    last: FrameType | None = None

    def look(number: int, where: FrameType | None) -> None:
        nonlocal last
        at_work = _of_a_plugin(where)
        if at_work is not None and at_work is last:
            raise Overrun(f"{at_work.f_code.co_filename}:{at_work.f_lineno}, in {at_work.f_code.co_name}")
        last = at_work

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, min(max(seconds, BETWEEN_LOOKS_S), LONGEST_S), BETWEEN_LOOKS_S)
    try:
        yield
    except Overrun as where:
        raise MachineError(f"it did not end within {seconds:g} seconds: a handler does not return ({where})") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _of_a_plugin(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame that runs the code of a plugin's file, None if there is none."""
    found = None
    while frame is not None:
        module = sys.modules.get(frame.f_globals.get("__name__", ""))
        if module is not None and is_of_file(module):
            found = frame
        frame = frame.f_back
    return found
