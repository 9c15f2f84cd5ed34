"""How long messages were on their way, beside how long the experiment asked them to be."""

from typing import Any

from mxbench.core.history import History
from mxbench.core.links import Link
from mxbench.core.metric import Metric
from mxbench.core.network import network_of
from mxbench.core.records import DELIVERED, EVERY_PEER, SENT
from mxbench.hookspecs import hookimpl
from mxbench.metrics.series import NS_PER_MS, percentile


class LinkDelay(Metric):
    """Requested and achieved delay of the messages of a network that keeps, orders and delays them.

    link_delay_ms: requested, achieved (means over all messages), late_p50 and late_p99 (achieved less requested). The
    requested delay of each message is drawn again, from the stream of its link. None where the experiment asks for no
    delay, where messages may be lost, repeated or reordered, and without the full history.
    """

    name = "links"
    fields = ("link_delay_ms",)

    def measure(self, history: History) -> dict[str, Any]:
        plan = history.plan
        network = network_of(plan.network)
        asked = {"delay", "jitter", "bandwidth", "rules"} & set(plan.network)
        if not asked or not network.fifo or network.may("loss") or network.may("duplicate") or not history.complete:
            return {"link_delay_ms": None}
        requested, late = _delays(history)
        if not requested:
            return {"link_delay_ms": None}
        late.sort()
        mean = sum(requested) / len(requested)
        return {
            "link_delay_ms": {
                "requested": mean / NS_PER_MS,
                "achieved": (mean + sum(late) / len(late)) / NS_PER_MS,
                "late_p50": percentile(late, 50) / NS_PER_MS,
                "late_p99": percentile(late, 99) / NS_PER_MS,
            }
        }


def _delays(history: History) -> tuple[list[int], list[int]]:
    """Return for each message that arrived its requested delay and how much later it came, in ns."""
    plan, network = history.plan, network_of(history.plan.network)
    links: dict[tuple[int, int], Link] = {}
    under_way: dict[tuple[int, int], list[tuple[int, int]]] = {}  # sent and due, by sequence number
    requested, late = [], []
    for node, time, code in history.records():
        kind, peer, rest = code & 15, code >> 12 & EVERY_PEER, code >> 32
        if kind == SENT:
            receivers = [to for to in range(plan.nodes) if to != node] if peer == EVERY_PEER else [peer]
            for to in receivers:
                if (node, to) not in links:
                    links[node, to] = Link(network, node, to, plan.seed)
                    under_way[node, to] = []
                (due,) = links[node, to].arrivals(time, rest)
                under_way[node, to].append((time, due))
        elif kind == DELIVERED:
            sent, due = under_way[peer, node][rest]
            requested.append(due - sent)
            late.append(time - due)
    return requested, late


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [LinkDelay]
