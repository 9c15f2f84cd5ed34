"""A handler that never returns."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Knock(Message):
    """Whoever hears it is lost."""


class Loops(Algorithm):
    """Node 0 asks, and each of the others loops."""

    name = "test-loops"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Knock())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        while True:
            pass


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Loops]
