"""Runs over TCP for tests: plans of plugins in files, acts in mid-run, and what is left of the processes."""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from plans import plan

from mxbench.core.distributions import ZERO
from mxbench.core.history import DELIVERED, EVERY_PEER, SENT, History
from mxbench.core.plan import PluginRef, Progress, RunPlan
from mxbench.net.cluster import Cluster
from mxbench.net.poller import Poller
from mxbench_plugins.lamport import Lamport

PLUGINS = Path(__file__).parent / "plugins"
BROKEN = Path(__file__).parent.parent / "broken"
MARK = "MXBENCH_TEST_MARK"  # an environment variable by which the processes of one test are known


def lamport(nodes: int = 3, **settings: Any) -> RunPlan:
    """Return the plan of a run of Lamport's algorithm without dwell; `settings` are those of plans.plan."""
    return plan(Lamport, nodes, **{"dwell": ZERO, **settings})


def of_file(file: Path, qualname: str, nodes: int = 3, **settings: Any) -> RunPlan:
    """Return the plan of a run of the algorithm in a file; `settings` as above, with further fields of the RunPlan."""
    return msgspec.structs.replace(lamport(nodes, **settings), algorithm=file_ref(file, qualname))


def file_ref(file: Path, qualname: str) -> PluginRef:
    """Return a reference to a class in a plugin file."""
    return PluginRef(file.stem, file.stem, qualname, str(file))


class Disturbed:
    """A run that `act(cluster)` disturbs, once, as soon as so many entries have been seen (0: at the first poll)."""

    def __init__(
        self, run_plan: RunPlan, folder: Path, act: Callable[[Cluster], None], entries: int = 0, times: int = 1
    ) -> None:
        self.acts, self._act, self._entries, self._times = 0, act, entries, times
        self.acted_at = 0.0
        self.cluster = Cluster(run_plan, folder, self._on_progress)
        self.history = self.cluster.run()
        self.seconds_after = time.monotonic() - self.acted_at

    def _on_progress(self, progress: Progress) -> None:
        if progress.entries >= self._entries and self.acts < self._times:
            self.acts += 1
            self.acted_at = time.monotonic()
            self._act(self.cluster)


def marked() -> dict[int, str]:
    """Return the processes that this test started, directly or not, by pid with their state; zombies are none."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
                if state != "Z" and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = state
            except OSError:
                continue
    return found


def until(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """Look until the condition holds and return its value; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.002)
    return value


def step_until(poller: Poller, condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Step until the condition holds; look at it often enough for one that another thread brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} s"
        timer = poller.later(0.01, lambda: None)
        poller.step()
        poller.cancel(timer)


def counts_by_node(history: History) -> list[tuple[dict[str, int], dict[str, int]]]:
    """Return for each node how many messages of each type it sent and handled."""
    return [
        (dict(zip(node.types, node.totals.sent_by_type, strict=True)),
         dict(zip(node.types, node.totals.handled_by_type, strict=True)))
        for node in history.nodes
    ]  # fmt: skip


def assert_whole(history: History) -> None:
    """Assert that nothing was lost, repeated or reordered, and that totals and times agree with the events."""
    assert history.complete
    n = history.plan.nodes
    sent_at: dict[tuple[int, int], list[int]] = {}
    delivered_at: dict[tuple[int, int], list[int]] = {}
    for node in history.nodes:
        sent: Counter[int] = Counter()
        handled: Counter[int] = Counter()
        times, codes = node.columns()
        for time_ns, code in zip(times, codes, strict=True):
            kind, index, peer = code & 15, code >> 4 & 255, code >> 12 & EVERY_PEER
            if kind == SENT:
                receivers = [p for p in range(n) if p != node.node] if peer == EVERY_PEER else [peer]
                sent[index] += len(receivers)
                for to in receivers:
                    sent_at.setdefault((node.node, to), []).append(time_ns)
            elif kind == DELIVERED:
                handled[index] += 1
                channel = delivered_at.setdefault((peer, node.node), [])
                assert code >> 32 == len(channel), f"on the channel {peer}-{node.node}: lost, repeated or reordered"
                channel.append(time_ns)
        indices = range(len(node.types))
        assert node.totals.sent_by_type == [sent[index] for index in indices]
        assert node.totals.handled_by_type == [handled[index] for index in indices]
    assert {channel: len(at) for channel, at in sent_at.items()} == {c: len(at) for c, at in delivered_at.items()}
    for channel, at in delivered_at.items():
        assert all(there >= here for here, there in zip(sent_at[channel], at, strict=True)), "handled too early"
