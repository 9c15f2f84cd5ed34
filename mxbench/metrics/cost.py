"""What an entry costs in messages and bytes, beside what the algorithm's author claims.

Counts come from the nodes' own totals, which every level of history has, and cover the whole run, from quiescence to
quiescence. Only the figure of the saturated window needs the messages themselves.
"""

import math
from bisect import bisect_left
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import Claimed, claim_for
from mxbench.core.history import EVERY_PEER, SENT, History
from mxbench.core.metric import Metric
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class
from mxbench.metrics.series import exits

MIN_WINDOW = 10  # entries a node, below which a window is too short to test a claim on
STANDARD_ERRORS = 3.0  # within which a mean must lie of what is claimed


class Window(msgspec.Struct, frozen=True):
    """The saturated part of a run: how many entries were left in it, and the algorithm messages sent in it."""

    entries: int
    messages: int

    @property
    def messages_per_entry(self) -> float:
        return self.messages / self.entries


class Compared(msgspec.Struct, frozen=True):
    """What an algorithm claims of a run, the figure of the run in the claim's unit, and whether the run bears it out.

    figure: None if the run has none. holds: None where there is nothing to compare.
    """

    claimed: Claimed
    figure: float | None
    holds: bool | None


class Cost(Metric):
    """Messages, bytes and the claim.

    entries: requests granted. contended: whether a node requested while another waited or was inside.
    messages: the algorithm's, one a destination; null if a node's counts are lost with it. messages_per_entry and the
    claim are null for a run that failed. saturated_messages_per_entry: see `saturated_window`.
    claim_ratio: measured / claimed, where the claim is a number. claim_holds: see `compare_messages`.
    """

    name = "cost"
    fields = (
        "contended", "entries", "messages", "messages_by_type", "messages_per_entry", "saturated_messages_per_entry",
        "claimed_messages_per_entry", "claim_kind", "claim_regime", "claim_ratio", "claim_holds", "workload_messages",
        "payload_bytes_per_entry", "wire_bytes_per_entry", "sent_by_node", "received_by_node",
    )  # fmt: skip

    def measure(self, history: History) -> dict[str, Any]:
        recorded = history.plan.history != "off"
        found: dict[str, Any] = {"entries": len(history.entries) if recorded else None}
        found["contended"] = contended(history) if recorded else None
        found.update(_totals(history, found["entries"] or 0))
        window = saturated_window(history)
        found["saturated_messages_per_entry"] = window.messages_per_entry if window else None
        compared = compare_messages(load_class(history.plan.algorithm), history, window, found["messages_per_entry"])
        claimed = compared.claimed
        found["claimed_messages_per_entry"] = claimed.value
        found["claim_kind"], found["claim_regime"] = claimed.kind, claimed.regime
        found["claim_ratio"] = _ratio(compared.figure, claimed.value)
        found["claim_holds"] = compared.holds if history.ending.reason == "quiet" else None
        return found


def compare_messages(
    algorithm: type[Algorithm], history: History, window: Window | None, per_entry: float | None
) -> Compared:  # fmt: skip
    """Compare the messages of an entry with what the algorithm's class claims of such a run.

    window: the saturated one, which a claim on saturation speaks of. per_entry: over the whole run, for any other.
    """
    claimed = _claimed(algorithm, history, window)
    if claimed.regime == "saturated":
        figure = window.messages_per_entry if window else None
        return Compared(claimed, figure, holds_in_window(claimed, window, history.plan.nodes))
    return Compared(claimed, per_entry, holds_overall(claimed, per_entry, len(history.entries)))


def messages_by_type(history: History) -> dict[str, int]:
    """Return how many messages of each type of the algorithm were sent, by all nodes whose counts are there."""
    by_type: dict[str, int] = {}
    for node in history.nodes:
        for name, count in zip(node.types[: node.algorithm_types], node.totals.sent_by_type, strict=False):
            by_type[name] = by_type.get(name, 0) + count
    return by_type


def contended(history: History) -> bool:
    """Return whether some node requested after another had requested and before that one had left."""
    last_exit = -math.inf
    for section in sorted(history.sections, key=lambda section: section.requested):
        if section.requested < last_exit:  # of another node: a node has one request at a time
            return True
        last_exit = max(last_exit, math.inf if section.released is None else section.released)
    return False


def saturated_window(history: History) -> Window | None:
    """Return the part of a run in which every node wants to enter; None if there is none, or no message recorded. Who
    thinks between its entries, or waits for its turn, does not always want to.

    It reaches from warm-up, or from where the last node has asked for the first time, to the first last request of a
    node, after which the load sinks. It opens and closes with a release (the last of the warm-up, or the first of the
    run), so that what a release sets going counts either way.
    """
    if history.plan.regime != "saturated" or not history.complete:
        return None
    low, left = _saturated_exits(history)
    return Window(len(left), sent_between(history, low, max(left))) if left else None


def _saturated_exits(history: History) -> tuple[int, list[int]]:
    """Return when the saturated window opens, and the releases in it: none, if no release opens one."""
    asked: dict[int, list[int]] = {node: [] for node in range(history.plan.nodes)}
    for section in history.sections:
        asked[section.node].append(section.requested)
    if not all(asked.values()):
        return 0, []
    full, sinking = max(map(min, asked.values())), min(map(max, asked.values()))
    left = exits(history)[max(history.plan.warmup_entries, 1) - 1 :]
    low = next((time for time in left if time >= full), sinking)
    return low, [time for time in left if low < time <= sinking]


def sent_between(history: History, low: int, high: int) -> int:
    """Return how many algorithm messages were sent from `low` up to, but not at, `high`, in ns."""
    count = 0
    for node in history.nodes:
        times, codes = node.columns()
        peers = history.plan.nodes - (node.node < history.plan.nodes)
        for code in codes[bisect_left(times, low) : bisect_left(times, high)]:
            if code & 15 == SENT and code >> 4 & 255 < node.algorithm_types:
                count += peers if code >> 12 & EVERY_PEER == EVERY_PEER else 1
    return count


def holds_overall(claimed: Claimed, figure: float | None, entries: int) -> bool | None:
    """Return whether a claim holds for a run from quiescence to quiescence; None if there is nothing to compare.

    An exact claim is met exactly. A mean is met within three standard errors, where the standard deviation of one
    entry's cost is taken to be no more than its mean.
    """
    if claimed.value is None or figure is None:
        return None
    slack = 1e-9
    if claimed.kind == "mean" and not isinstance(claimed.value, list):
        slack += STANDARD_ERRORS * claimed.value / math.sqrt(entries)
    return within(figure, claimed.value, slack)


def holds_in_window(claimed: Claimed, window: Window | None, n: int) -> bool | None:
    """Return whether a claim on saturation holds in the window; None if that is shorter than ten entries a node.

    The requests in progress at its edges, up to n at each, count in part; by so much the figure may differ.
    """
    if claimed.value is None or window is None or window.entries < MIN_WINDOW * n:
        return None
    greatest = claimed.value[1] if isinstance(claimed.value, list) else claimed.value
    return within(window.messages_per_entry, claimed.value, 1e-9 + n * greatest / window.entries)


def within(figure: float, claim: float | list[float], slack: float) -> bool:
    """Return whether a figure is what was claimed, a number or [low, high], give or take the slack."""
    low, high = claim if isinstance(claim, list) else (claim, claim)
    return low - slack <= figure <= high + slack


def _ratio(figure: float | None, claim: float | list[float] | None) -> float | None:
    return figure / claim if figure is not None and claim and not isinstance(claim, list) else None


def _claimed(algorithm: type[Algorithm], history: History, window: Window | None) -> Claimed:
    """Return the claim of the algorithm's class for this run: n nodes, and k, the mean quorum of who entered.

    Of a claim on saturation it is who entered in the window: where quorums differ, a large one may enter less often.
    """
    plan, claim = history.plan, algorithm.messages_per_entry
    asked = [entry.node for entry in history.entries]
    found = claim_for(claim, plan.regime, plan.names(asked))
    if found.regime == "saturated" and window and plan.quorums:
        left = {*_saturated_exits(history)[1]}
        asked = [entry.node for entry in history.entries if entry.released in left]
        found = claim_for(claim, plan.regime, plan.names(asked))
    return found


def _totals(history: History, entries: int) -> dict[str, Any]:
    """Return what is counted by the nodes themselves."""
    size = max([history.plan.nodes, *(node.node + 1 for node in history.nodes)])  # servers stand behind the nodes
    sent: list[int | None] = [None] * size
    received: list[int | None] = [None] * size
    by_type = messages_by_type(history)
    workload = payload = wire = 0
    for node in history.nodes:
        split, totals = node.algorithm_types, node.totals
        sent[node.node] = sum(totals.sent_by_type[:split])
        received[node.node] = sum(totals.handled_by_type[:split])
        workload += sum(totals.sent_by_type[split:])
        payload += totals.payload_bytes
        wire += totals.wire_bytes
    messages = sum(by_type.values())
    whole = history.whole
    per_entry = entries if whole and history.ending.reason != "failed" else 0
    measured_wire = wire or not messages + workload  # an engine without a wire counts no bytes on it
    return {
        "messages": messages if whole else None,
        "messages_by_type": by_type if whole else None,
        "messages_per_entry": messages / per_entry if per_entry else None,
        "workload_messages": workload if whole else None,
        "payload_bytes_per_entry": payload / per_entry if per_entry else None,
        "wire_bytes_per_entry": wire / per_entry if per_entry and measured_wire else None,
        "sent_by_node": sent,
        "received_by_node": received,
    }


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Cost]
