"""Links that take time: what a node sends is held back for as long as the network of the experiment says.

The sender's end holds it, so no privilege is needed and the order of each channel stays. The delay is drawn from the
same stream as in a simulation. It is counted from the sending; what it came to is told by metrics/links.py.
"""

import contextlib
import time
from collections import deque
from pathlib import Path

from mxbench.core.links import Link as Timing
from mxbench.net.compiled import Link
from mxbench.net.poller import Poller

LEAD_NS = 300_000  # let go so much earlier: about what the kernel and two wake-ups of idle processors take on loopback
Held = tuple[int, bytes, int, int, bool]  # due (ns), message, completed, version, whether it is the workload's


def be_punctual() -> None:
    """Have the kernel wake this process when a timer is due, not up to 50 us later to save a wake-up."""
    with contextlib.suppress(OSError):  # a system without it is a little later, which is measured
        Path("/proc/self/timerslack_ns").write_text("1")


class SlowLink:
    """One link as the sender's pump sees it: takes messages at once, gives them to the real link when they are due."""

    batch = True  # to the pump: no need to remember this link, it asks for its flush itself

    def __init__(self, link: Link, timing: Timing, poller: Poller, dirty: list[Link]) -> None:
        self._link, self._timing, self._poller, self._dirty = link, timing, poller, dirty
        self._held: deque[Held] = deque()

    def post(self, message: bytes, completed: int, version: int) -> None:
        """Hold an encoded message of the algorithm, sent while the node knows these counters."""
        self._hold(message, completed, version, False)

    def post_workload(self, message: bytes) -> None:
        """Hold an encoded message of the workload."""
        self._hold(message, 0, 0, True)

    def _hold(self, message: bytes, completed: int, version: int, workload: bool) -> None:
        (due,) = self._timing.arrivals(time.monotonic_ns(), len(message))  # neither lost nor repeated
        if not self._held:
            self._poller.at(due - LEAD_NS, self._let_go)
        self._held.append((due - LEAD_NS, message, completed, version, workload))

    def _let_go(self) -> None:
        now, link = time.monotonic_ns(), self._link
        if not link.batch:
            self._dirty.append(link)
        while self._held and self._held[0][0] <= now:
            _, message, completed, version, workload = self._held.popleft()
            if workload:
                link.post_workload(message)
            else:
                link.post(message, completed, version)
        if self._held:
            self._poller.at(self._held[0][0], self._let_go)
