"""Fault: a list of the class instead of a field of the state: all nodes of one process would share it."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class SharedState(Algorithm):
    """Looks into a queue that, on one machine, happens to be everybody's."""

    name = "shared-state"

    waiting = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.waiting.append(self.me)
        if self.waiting[0] == self.me:
            out.enter()

    def on_release(self, out: Out) -> None:
        self.waiting.remove(self.me)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SharedState]
