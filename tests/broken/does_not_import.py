"""Fault: imports a name that is misspelt, so the file does not import."""

from mxbench import Algoritm, EntryRequest, Out, hookimpl  # type: ignore[attr-defined]


class DoesNotImport(Algoritm):
    """Never comes into being."""

    name = "does-not-import"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type]:
    return [DoesNotImport]
