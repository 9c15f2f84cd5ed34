"""Fault: Ricart-Agrawala that compares a request with its clock of now, not with the timestamp of its own request.

The clock has moved on since it asked, so it replies to a later request while its own, earlier one is on its way.
"""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.ricart_agrawala import Reply, Request, RicartAgrawala


class CurrentClock(RicartAgrawala):
    """Ricart-Agrawala with (highest, me) in the place of (ours, me)."""

    name = "current-clock"

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        if isinstance(message, Request):
            self.highest = max(self.highest, message.clock)
            if self.requesting and (self.highest, self.me) < (message.clock, sender):
                self.deferred[sender] = message.clock
            else:
                out.send(sender, Reply(message.clock))
        else:
            super().on_message(sender, message, out)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CurrentClock]
