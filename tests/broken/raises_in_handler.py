"""Fault: a handler looks up a node that it never put into its table, and raises KeyError."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter."""


class RaisesInHandler(Algorithm):
    """Counts the requests of each node in a table that is empty."""

    name = "raises-in-handler"

    requests: dict[int, int] = {}

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Request())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        self.count(sender)

    def count(self, sender: int) -> None:
        """Count one more request of a node."""
        self.requests[sender] += 1


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RaisesInHandler]
