"""Fault: a handler draws a random number, from the module or from a generator of its own."""

import random

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl

OWN = random.Random(7)


class Request(Message):
    lot: float


class DrawsANumber(Algorithm):
    """Draws lots."""

    name = "draws-a-number"

    def on_start(self, out: Out) -> None:
        out.broadcast(Request(OWN.random()))

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Request(random.randint(0, 9)))
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [DrawsANumber]
