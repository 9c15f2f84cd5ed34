"""Fault: calls itself by a name that another algorithm has."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class TakesAName(Algorithm):
    """Another algorithm under the name of Lamport's."""

    name = "lamport"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [TakesAName]
