"""The live lines of a run on a terminal: runs and entries done, time left, and who waits when nothing moves."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mxbench.core.plan import RunPlan
from mxbench.experiment.invocation import RunProgress

IDLE_SECONDS = 2.0  # without an entry or release, after which it is said who waits
MOST_NODES = 12  # that are named
BAR = 24


class LiveProgress:
    """Draws on standard error and wipes what it drew when it ends. Use it in a `with` and call `update`."""

    def __init__(self) -> None:
        self._live = Live(console=Console(file=sys.stderr), transient=True, refresh_per_second=10)
        self._started = time.monotonic()

    def __enter__(self) -> "LiveProgress":
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def update(self, progress: RunProgress) -> None:
        """Show how far an invocation has come."""
        if progress.done == progress.taken_over and progress.progress is None:  # of several files, the next one begins
            self._started = time.monotonic()
        self._live.update(Text("\n".join(lines(progress, time.monotonic() - self._started))))


def lines(progress: RunProgress, elapsed_s: float) -> list[str]:
    """Return what is shown: which run it is; then a bar, the entries, the time left, and who is inside or waits."""
    plan, now = progress.plan, progress.progress
    swept = f", {plan.quorum_system} quorums" if plan.quorum_system else f", {plan.topology}" if plan.topology else ""
    title = f"run {progress.done + 1} of {progress.total}: {plan.experiment}: {plan.algorithm.name}{swept}, "
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
    if part > 0.02:
        said.append(f"{elapsed_s / part - elapsed_s:.0f} s left")
    if now is not None and now.idle_s >= IDLE_SECONDS:
        waiting = f"{_nodes(now.waiting)} wait{'s' if len(now.waiting) == 1 else ''}" if now.waiting else "nobody waits"
        inside = f"{_nodes(now.inside)} inside" if now.inside else "nobody is inside"
        said.append(f"no entry for {now.idle_s:.0f} s: {waiting}, {inside}")
    elif now is not None and now.inside:
        said.append(f"{_nodes(now.inside)} inside")
    return [title, "  ".join(said)]


def entries_of(plan: RunPlan) -> int | None:
    """Return how many entries a run has in all, None where that is not known before it."""
    if plan.tickets is not None:
        return plan.tickets
    counts = [arrivals.entries for arrivals in plan.arrivals]
    return None if None in counts else sum(count or 0 for count in counts)


def _nodes(nodes: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, nodes[:MOST_NODES])) + (", ..." if len(nodes) > MOST_NODES else "")
    return f"node{'s' if len(nodes) > 1 else ''} {shown}"
