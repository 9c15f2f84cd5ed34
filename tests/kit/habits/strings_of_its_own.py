"""Fault: a handler goes along a set of two strings that it made itself: half of all processes agree on the order."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Greeting(Message):
    pass


class StringsOfItsOwn(Algorithm):
    """Greets everybody by name before it enters."""

    name = "strings-of-its-own"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        for name in {f"node-{peer}" for peer in self.peers}:
            out.send(int(name.removeprefix("node-")), Greeting())
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [StringsOfItsOwn]
