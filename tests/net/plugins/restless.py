"""Algorithms whose messages never cease, though they do not say so: with nobody let in, and with nobody wanting in."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Ball(Message):
    """Comes back."""


class PingPong(Algorithm):
    """Nobody ever enters."""

    name = "test-ping-pong"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Ball())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        out.send(sender, Ball())


class Chatter(PingPong):
    """All enter (so let only one ask), and the messages flow on afterwards."""

    name = "test-chatter"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Ball())
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [PingPong, Chatter]
