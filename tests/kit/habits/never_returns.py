"""Fault: a handler waits for what only a message could change."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class NeverReturns(Algorithm):
    """Waits for its turn without letting anything happen."""

    name = "never-returns"

    turn: int = 0

    def on_request(self, request: EntryRequest, out: Out) -> None:
        while self.turn != self.me:
            pass
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NeverReturns]
