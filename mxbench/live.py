"""The live view of runs on a terminal: how far they are, how fast, who is inside and who waits, and what is amiss."""

import sys
import time
from collections import deque
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mxbench.core.plan import RunPlan
from mxbench.experiment.invocation import RunProgress

IDLE_SECONDS = 2.0  # without an entry or release, after which it is said for how long
RATE_SECONDS = 3.0  # over which entries a second are told
RATE_AFTER = 0.3  # seconds before which a rate says nothing
MOST_NODES = 12  # that are named
BAR = 24


class LiveProgress:
    """Draws on standard error and wipes what it drew when it ends. Use it in a `with` and call `update`.

    Standard output is left alone: what is printed meanwhile, as a JSON document is, goes where it was meant to.
    """

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        self._live = Live(console=console, transient=True, refresh_per_second=10, redirect_stdout=False)
        self._started = time.monotonic()
        self._run: tuple[tuple[int, int], int] | None = None
        self._samples: deque[tuple[float, int]] = deque()  # of the run: when, and how many entries it had

    def __enter__(self) -> "LiveProgress":
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def update(self, progress: RunProgress, experiment: tuple[int, int] = (1, 1)) -> None:
        """Show how far an invocation has come. experiment: which of how many is under way, from 1."""
        now = time.monotonic()
        if progress.done == progress.taken_over and progress.progress is None:  # of several files, the next one begins
            self._started = now
        rate = self._rate(progress, experiment, now)
        shown = lines(progress, now - self._started, rate, experiment)
        self._live.update(Text("\n".join(shown), no_wrap=True, overflow="ellipsis"))

    def _rate(self, progress: RunProgress, experiment: tuple[int, int], now: float) -> float | None:
        """Return the entries a second of the last moments; None where there are none to tell it from."""
        if self._run != (experiment, progress.done):
            self._run = experiment, progress.done
            self._samples.clear()
        if progress.progress is None:
            return None
        self._samples.append((now, progress.progress.entries))
        while now - self._samples[0][0] > RATE_SECONDS:
            self._samples.popleft()
        since, before = self._samples[0]
        return (progress.progress.entries - before) / (now - since) if now - since >= RATE_AFTER else None


def lines(
    progress: RunProgress, elapsed_s: float, rate: float | None = None, experiment: tuple[int, int] = (1, 1)
) -> list[str]:
    """Return what is shown: which run it is; a bar, counts and the time left; who is inside or waits; what is amiss."""
    plan, now = progress.plan, progress.progress
    swept = f", {plan.quorum_system} quorums" if plan.quorum_system else f", {plan.topology}" if plan.topology else ""
    title = f"experiment {experiment[0]} of {experiment[1]}, " if experiment[1] > 1 else ""
    title += f"run {progress.done + 1} of {progress.total}: {plan.experiment}: {plan.algorithm.name}{swept}, "
    title += f"{plan.nodes} node{'s' if plan.nodes > 1 else ''}, seed {plan.seed}"
    total = entries_of(plan)
    entries = now.entries if now else 0
    done = progress.done + (min(entries / total, 1.0) if total else 0.0)
    filled = round(done / progress.total * BAR)
    part = (done - progress.taken_over) / (progress.total - progress.taken_over)  # of what this command has to do
    said = [
        "█" * filled + "░" * (BAR - filled),
        f"{entries:,} of {total:,} entries" if total else f"{entries:,} entries",
    ]
    if rate is not None:
        said.append(f"{rate:,.0f} entries/s")
    if now is not None:
        said.append(f"{now.messages:,} messages")
    if part > 0.02:
        said.append(f"{_duration(elapsed_s / part - elapsed_s)} left")
    return [title, "  ".join(said), *_nodes_now(progress), *_warnings(progress)]


def entries_of(plan: RunPlan) -> int | None:
    """Return how many entries a run has in all, None where that is not known before it."""
    if plan.tickets is not None:
        return plan.tickets
    counts = [arrivals.entries for arrivals in plan.arrivals]
    return None if None in counts else sum(count or 0 for count in counts)


def _nodes_now(progress: RunProgress) -> list[str]:
    """Return a line that says who is inside and who waits, and since when nothing has moved."""
    now = progress.progress
    if now is None:
        return []
    inside = f"inside: {_nodes(now.inside)}" if now.inside else "nobody is inside"
    waiting = f"waiting: {_nodes(now.waiting)}" if now.waiting else "nobody waits"
    idle = f"no entry for {now.idle_s:.0f} s; " if now.idle_s >= IDLE_SECONDS else ""
    return [f"{idle}{inside}; {waiting}"]


def _warnings(progress: RunProgress) -> list[str]:
    """Return a line that says what a reader should not be surprised by at the end."""
    said = [f"{count} {'run' if count == 1 else 'runs'} {what}" for what, count in progress.not_valid.items()]
    if progress.plan.broken_assumptions:
        said.append(f"outside what algorithm and workload assume: {', '.join(progress.plan.broken_assumptions)}")
    return [f"warning: {'; '.join(said)}"] if said else []


def _nodes(nodes: tuple[int, ...]) -> str:
    return ", ".join(map(str, nodes[:MOST_NODES])) + (
        f" and {len(nodes) - MOST_NODES} more" * (len(nodes) > MOST_NODES)
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
