"""The time that processes take of their own: wall time, but for what they wait for a processor.

A limit on wall time fails a right submission on a machine that is busy; one on processor time lets it sleep for ever.
Own time is both: what is computed and what is slept counts, and what others keep from it does not. Linux tells for each
process how long it was on a processor, and how long it was ready and was on none (/proc/PID/schedstat, in
Documentation/scheduler/sched-stats.rst); and for each processor of a virtual machine how long the host kept it
(/proc/stat, in proc(5)), which is neither. Where the system does not tell, wall time counts, and each limit is ten
times as long. Far behind each limit there is one of wall time: who gives its turn away all the time has next to no own
time.
"""

import os
import time
from itertools import takewhile

PATIENCE = 10.0  # how much longer limits are where only wall time is known
FAR = 60.0  # times its own seconds, by the clock, and everything ends
SOON = 0.02  # seconds in which next to all answers come: until then nothing is looked at
STAT = "/proc/stat"
_STEAL = 8  # where a line of it says what the host kept, in ticks
_MOST = 128  # bytes of one line of schedstat
_NANO = 1e-9


class OwnTime:
    """The own time of this process and of those that `follow` names, of which no two are to work at the same time.

    told: whether the system tells who waits for a processor.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._files: dict[int, int] = {}
        self.told = self.follow(os.getpid())
        computed, waited = self._read(os.getpid()) if self.told else (0, 0)
        self.told = computed > 0  # a kernel that keeps no account says 0
        self._ended = -computed, -waited
        self._stolen = _stolen()
        self._latest = 0.0  # it never goes back, should the system tell no longer

    def follow(self, process: int) -> bool:
        """Count a process too, from its start; it is named while it may still be looked at."""
        try:
            self._files[process] = os.open(f"/proc/{process}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self.told = False
        return process in self._files

    def leave(self, process: int) -> None:
        """Count a process no further; it is named before it is waited for, when nothing is known of it any more."""
        if process in self._files:
            computed, waited = self._read(process)
            self._ended = self._ended[0] + computed, self._ended[1] + waited
            os.close(self._files.pop(process))

    def close(self) -> None:
        """Count nothing any more, and give back what was opened."""
        for process in list(self._files):
            self.leave(process)

    def now(self) -> float:
        """Return the own seconds so far."""
        wall = time.monotonic() - self._started
        if not self.told:
            return max(self._latest, wall / PATIENCE)
        computed, waited = self._sums()
        # They work on one processor at a time, so the most that one of them was kept is what they may have lost.
        kept = max((now - before for now, before in zip(_stolen(), self._stolen, strict=False)), default=0.0)
        # One may wait while another works.
        self._latest = max(self._latest, wall - waited * _NANO - kept, computed * _NANO)
        return self._latest

    def computed(self) -> float:
        """Return the seconds of them on a processor."""
        return self._sums()[0] * _NANO

    def _sums(self) -> tuple[int, int]:
        counted = [self._ended, *map(self._read, self._files)]
        return sum(computed for computed, _ in counted), sum(waited for _, waited in counted)

    def _read(self, process: int) -> tuple[int, int]:
        """Return the nanoseconds that a process was on a processor, and those that it waited for one."""
        try:
            computed, waited, *_ = os.pread(self._files[process], _MOST, 0).split()
        except (OSError, ValueError):  # it ended
            return 0, 0
        return int(computed), int(waited)


def _stolen() -> list[float]:
    """Return the seconds that the host of a virtual machine kept each processor; none if that is not told."""
    try:
        with open(STAT, "rb") as file:
            lines = [line.split() for line in takewhile(lambda line: line.startswith(b"cpu"), file)]
        return [int(line[_STEAL]) / os.sysconf("SC_CLK_TCK") for line in lines if line[0] != b"cpu"]
    except (OSError, ValueError, IndexError):
        return []


class Allowance:
    """So many seconds of own time from now on. It costs nothing until they may be over."""

    def __init__(self, own: OwnTime, seconds: float) -> None:
        self.seconds = seconds
        self._own = own
        self._began: tuple[float, float] | None = None
        self._look = time.monotonic() + SOON
        self._end = self._look + FAR * seconds

    def left(self) -> float:
        """Return the seconds that are left, or fewer: for so long nothing is over. None is left at 0 or below."""
        wall = time.monotonic()
        if wall < self._look:  # own time is never faster than wall time
            return self._look - wall
        now = self._own.now()
        if self._began is None:
            self._began = now, self._own.computed()
        left = min(self._began[0] + self.seconds - now, self._end - wall)
        self._look = wall + left
        return left

    def spent(self) -> str:
        """Return in words which seconds are over: '2 s of processor time', '2 s of sleep', '120 s by the clock'."""
        if not self._own.told:
            return f"{self.seconds * PATIENCE:g} s by the clock"
        if time.monotonic() >= self._end:
            return f"{self.seconds * FAR:g} s by the clock"
        computed = self._own.computed() - self._began[1] if self._began else 0.0
        return f"{self.seconds:g} s " + ("of processor time" if computed >= self.seconds / 2 else "of sleep")
