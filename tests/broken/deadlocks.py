"""Fault: Ricart-Agrawala that forgets the node's id when two requests have the same timestamp, so both nodes defer."""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.ricart_agrawala import Reply, Request, RicartAgrawala


class Deadlocks(RicartAgrawala):
    """Ricart-Agrawala with ours <= clock."""

    name = "deadlocks"

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        if isinstance(message, Request):
            self.highest = max(self.highest, message.clock)
            if self.requesting and self.ours <= message.clock:
                self.deferred[sender] = message.clock
            else:
                out.send(sender, Reply(message.clock))
        else:
            super().on_message(sender, message, out)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Deadlocks]
