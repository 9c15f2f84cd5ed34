"""What the channels of a run do to messages, as plain data: what an experiment's `network` comes to.

A *link* is a channel in one direction; a link and the one back may differ. Times are in seconds.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from mxbench.core.distributions import ZERO, Constant, Distribution

SIMULATED_DELAY = Constant(0.001)  # of every link on an engine without wires, unless the experiment says otherwise


class Matrix(msgspec.Struct, frozen=True, tag="matrix"):
    """The delays between sites: row by sender, column by receiver.

    Node i stands at site i modulo the number of sites, so a matrix of three regions serves any number of nodes. What
    stands on the diagonal is the delay between two nodes of one site.
    """

    seconds: tuple[tuple[float, ...], ...]
    sites: tuple[str, ...] = ()

    def between(self, sender: int, to: int) -> Constant:
        """Return the delay from one node to another."""
        size = len(self.seconds)
        return Constant(self.seconds[sender % size][to % size])


class LinkRule(msgspec.Struct, frozen=True):
    """What differs on the links from some nodes to some others; None for what does not."""

    senders: tuple[int, ...]
    receivers: tuple[int, ...]
    delay: Distribution | None = None
    loss: float | None = None
    duplicate: float | None = None
    bandwidth: float | None = None


class Network(msgspec.Struct, frozen=True):
    """The channels of a run.

    delay: of each message, from its sending to its delivery. jitter: added to each. loss, duplicate: the chance that
    a message does not come, or comes twice. bandwidth: bits a second that a link takes in, None without limit.
    rules: the later ones override the earlier.
    """

    delay: Distribution | Matrix = SIMULATED_DELAY
    jitter: Distribution = ZERO
    fifo: bool = True
    loss: float = 0.0
    duplicate: float = 0.0
    bandwidth: float | None = None
    rules: tuple[LinkRule, ...] = ()

    def of_link(self, sender: int, to: int) -> "LinkRule":
        """Return what holds on one link: a rule without gaps, but for a bandwidth without limit."""
        delay = self.delay.between(sender, to) if isinstance(self.delay, Matrix) else self.delay
        loss, duplicate, bandwidth = self.loss, self.duplicate, self.bandwidth
        for rule in self.rules:
            if sender in rule.senders and to in rule.receivers:
                delay = delay if rule.delay is None else rule.delay
                loss = loss if rule.loss is None else rule.loss
                duplicate = duplicate if rule.duplicate is None else rule.duplicate
                bandwidth = bandwidth if rule.bandwidth is None else rule.bandwidth
        return LinkRule((sender,), (to,), delay, loss, duplicate, bandwidth)

    def may(self, hazard: str) -> bool:
        """Return whether 'loss' or 'duplicate' can happen on some link."""
        return any(getattr(part, hazard) for part in (self, *self.rules))

    def instant(self, places: Iterable[int]) -> bool:
        """Return whether some link between these places takes no time, ever."""
        everybody = list(places)
        if self.jitter != ZERO:
            return False
        if not self.rules and not isinstance(self.delay, Matrix):
            return self.delay == ZERO
        return any(self.of_link(a, b).delay == ZERO for a in everybody for b in everybody if a != b)


def network_of(keys: dict[str, Any]) -> Network:
    """Return the network of a plan (`RunPlan.network`): plain data, as `msgspec.to_builtins` left it."""
    return msgspec.convert(keys, Network)
