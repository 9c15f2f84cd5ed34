"""Delays in units of the message delay T, beside what the algorithm's author claims of them.

T is known where every link takes one constant time: `network: {delay: 1ms}` and nothing else. What is claimed counts
messages that follow each other, as if all else took no time. So in real time, where nodes wait for processors too, and
beside faults, which hold up nodes and messages, delays are told beside the claim and not judged.
"""

import math
from collections.abc import Mapping
from typing import Any

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import Claimed, claim_for
from mxbench.core.distributions import Constant
from mxbench.core.history import History
from mxbench.core.metric import Metric
from mxbench.core.network import network_of
from mxbench.core.plan import RunPlan
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class
from mxbench.metrics.cost import STANDARD_ERRORS, Compared, within
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
        found: dict[str, Any] = dict.fromkeys(CLAIMS)
        if history.ending.reason == "quiet":
            for field, compared in compare_delays(load_class(history.plan.algorithm), history).items():
                found[field] = {
                    "measured": compared.figure,
                    "claimed": compared.claimed.value,
                    "kind": compared.claimed.kind,
                    "regime": compared.claimed.regime,
                    "holds": compared.holds,
                }
        return found


def compare_delays(algorithm: type[Algorithm], history: History) -> dict[str, Compared]:
    """Compare each of CLAIMS, in T, with what the algorithm's class claims of such a run; nothing without a known T.

    Whether a claim holds is None in real time and beside faults.
    """
    plan = history.plan
    unit = message_delay(plan)
    if unit is None:
        return {}
    names = plan.names([entry.node for entry in history.entries])
    judged = not plan.real_time and not plan.faults
    found = {}
    for field, times in delays(history).items():
        claimed = claimed_delay(getattr(algorithm, field), plan, plan.regime, names)
        figure = sum(times) / len(times) / unit if times else None
        found[field] = Compared(claimed, figure, holds(claimed, figure, len(times), plan.nodes) if judged else None)
    return found


def claimed_delay(claim: Any, plan: RunPlan, regime: str, names: Mapping[str, float]) -> Claimed:
    """Return what is claimed of a delay in a regime; nothing where there is room for all and nobody waits."""
    return Claimed() if plan.room_for_all else claim_for(claim, regime, names)


def delays(history: History) -> dict[str, list[int]]:
    """Return the times of each of CLAIMS in a run, in ns.

    One at a time every entry counts, as claims speak of all moves of a token; else those after the warm-up.
    """
    entries = history.entries if history.plan.regime == "uncontended" else measured(history)
    waits = [entry.entered - entry.arrival for entry in entries if entry.entered is not None]
    return dict(zip(CLAIMS, (synchronisation_delays(history), waits), strict=True))


def holds(claimed: Claimed, figure: float | None, count: int, n: int) -> bool | None:
    """Return whether one run bears out a claim on a delay; None if there is nothing to compare.

    A mean is met within three standard errors, as in metrics/cost.py. Saturated, the last n of a run meet fewer who
    wait, and a round may be cut: by so much any figure may differ.
    """
    if claimed.value is None or figure is None:
        return None
    high = claimed.value[1] if isinstance(claimed.value, list) else claimed.value
    slack = 1e-9 * max(high, 1.0)
    if claimed.regime == "saturated":
        slack += n * high / count
    elif claimed.kind == "mean":
        slack += STANDARD_ERRORS * high / math.sqrt(count)
    return within(figure, claimed.value, slack)


def message_delay(plan: RunPlan) -> int | None:
    """Return T in ns; None where the links of the run do not all take one constant time that the experiment gave."""
    if set(plan.network) != {"delay"}:
        return None
    delay = network_of(plan.network).delay
    return round(delay.seconds * 1e9) or None if isinstance(delay, Constant) else None


@hookimpl
def mxbench_metrics() -> list[type[Metric]]:
    return [Theory]
