"""Fault: Ricart-Agrawala that defers a reply while it waits, but not while it is inside.

The reply leaks the grant: it travels from the node inside to the next one that enters, so a number that were raised
at entry would reach that node in time and hide the fault. Only one that is raised at release shows it.

It takes a request that comes while a node is inside and nobody else waits: two nodes, or some time to think.
"""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.ricart_agrawala import Reply, Request, RicartAgrawala


class RepliesWhileInside(RicartAgrawala):
    """Ricart-Agrawala without 'or is inside'."""

    name = "replies-while-inside"

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        inside = self.requesting and not self.awaited
        if inside and isinstance(message, Request):
            self.highest = max(self.highest, message.clock)
            out.send(sender, Reply(message.clock))
        else:
            super().on_message(sender, message, out)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RepliesWhileInside]
