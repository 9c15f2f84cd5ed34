"""Fault: a handler that does not take what every handler is given, `out`."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter."""


class WrongSignature(Algorithm):
    """Has no use for `out` when it receives a message."""

    name = "wrong-signature"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Request())

    def on_message(self, sender, message):  # type: ignore[override]
        pass


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [WrongSignature]
