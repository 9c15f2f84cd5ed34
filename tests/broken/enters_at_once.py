"""Fault: every node enters as soon as it asks, without a word to the others."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class EntersAtOnce(Algorithm):
    """Grants always."""

    name = "enters-at-once"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [EntersAtOnce]
