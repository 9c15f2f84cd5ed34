"""Fault: who asked last is kept in the class and in the module, and setting it once more changes nothing."""

from mxbench import Algorithm, EntryRequest, Out, hookimpl

LAST: dict[str, int] = {}


class SaysWhoWasLast(Algorithm):
    """Leaves its number where all can see it, and wipes it out."""

    name = "says-who-was-last"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        type(self).last = self.me  # type: ignore[attr-defined]
        LAST["node"] = self.me
        out.enter()

    def on_release(self, out: Out) -> None:
        LAST.pop("node", None)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SaysWhoWasLast]
