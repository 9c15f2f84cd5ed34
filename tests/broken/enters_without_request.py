"""Fault: a node takes another one's request for its own wish, and enters without having asked."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter."""


class EntersWithoutRequest(Algorithm):
    """Enters when somebody else wants to."""

    name = "enters-without-request"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Request())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [EntersWithoutRequest]
