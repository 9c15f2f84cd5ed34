"""Delays in units of the message delay T, beside what the algorithm's author claims of them.

T is known where every link takes one constant time: `network: {delay: 1ms}` and nothing else.
"""

import math
from typing import Any

from mxbench.core.claims import Claimed, claim_for
from mxbench.core.distributions import Constant
from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.core.network import network_of
from mxbench.core.plan import RunPlan
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class
from mxbench.metrics.cost import STANDARD_ERRORS
from mxbench.metrics.delay import synchronisation_delays
from mxbench.metrics.series import measured

# What is claimed: the name of the class variable, of the field that was claimed, and of the field that was measured.
CLAIMS = ("synchronisation_delay", "response_time")


class Theory(Metric):
    """Synchronisation delay and response time in T: {measured, claimed, kind, regime, holds}; null without a known T.

    synchronisation_delay: from an exit to the next entry, where somebody waited. response_time: from the request to the
    entry; the time inside comes on top. claimed: a number, [low, high], or null where no claim covers the run.
    """

    name = "theory"
    fields = CLAIMS

    def measure(self, history: History) -> dict[str, Any]:
        plan = history.plan
        unit = message_delay(plan)
        if unit is None or history.ending.reason != "quiet":
            return dict.fromkeys(CLAIMS)
        # One at a time every entry counts, as claims speak of all moves of a token; else those after the warm-up.
        entries = history.entries if plan.regime == "uncontended" else measured(history)
        waits = [entry.entered - entry.arrival for entry in entries if entry.entered is not None]
        names = plan.names([entry.node for entry in history.entries])
        algorithm = load_class(plan.algorithm)
        found: dict[str, Any] = {}
        for field, times in zip(CLAIMS, (synchronisation_delays(history), waits), strict=True):
            claimed = claim_for(getattr(algorithm, field), plan.regime, names)
            figure = sum(times) / len(times) / unit if times else None
            found[field] = {
                "measured": figure,
                "claimed": claimed.value,
                "kind": claimed.kind,
                "regime": claimed.regime,
                "holds": holds(claimed, figure, len(times), plan.nodes),
            }
        return found


def holds(claimed: Claimed, figure: float | None, count: int, n: int) -> bool | None:
    """Return whether one run bears out a claim on a delay; None if there is nothing to compare.

    A mean is met within three standard errors, as in metrics/cost.py. Saturated, the last n of a run meet fewer who
    wait, and a round may be cut: by so much any figure may differ.
    """
    if claimed.value is None or figure is None:
        return None
    low, high = claimed.value if isinstance(claimed.value, list) else (claimed.value, claimed.value)
    slack = 1e-9 * max(high, 1.0)
    if claimed.regime == "saturated":
        slack += n * high / count
    elif claimed.kind == "mean":
        slack += STANDARD_ERRORS * high / math.sqrt(count)
    return low - slack <= figure <= high + slack


def message_delay(plan: RunPlan) -> int | None:
    """Return T in ns; None where the links of the run do not all take one constant time that the experiment gave."""
    if set(plan.network) != {"delay"}:
        return None
    delay = network_of(plan.network).delay
    return round(delay.seconds * 1e9) or None if isinstance(delay, Constant) else None


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Theory]
