"""NewAlgorithm: grants always, which is wrong. Say here who had the idea, how it works, and what it assumes."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class NewAlgorithm(Algorithm):
    """Enters as soon as it is asked to."""

    name = "new-algorithm"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NewAlgorithm]
