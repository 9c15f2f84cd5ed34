"""Properties for every algorithm that `check --property NAME` can judge, beyond those that it always judges."""

from mxbench.core.property import Moment, Property
from mxbench.hookspecs import hookimpl


class OneAChannel(Property):
    """No channel ever holds two messages; where that is so, it does not matter whether channels keep their order."""

    name = "one-a-channel"

    def holds(self, moment: Moment) -> bool:
        """Return whether no two messages are on their way from one node to another."""
        channels = {(sent.sender, sent.receiver) for sent in moment.in_flight}
        return len(channels) == len(moment.in_flight)


class EverybodyWaits(Property):
    """At some moment all nodes that ever ask wait together: the bound is large enough for full contention."""

    name = "everybody-waits"
    kind = "sometimes"

    def holds(self, moment: Moment) -> bool:
        """Return whether every node that ever asks waits."""
        return len(moment.waiting) == sum(map(bool, moment.requests))


@hookimpl
def mxbench_properties() -> list[type[Property]]:
    return [OneAChannel, EverybodyWaits]
