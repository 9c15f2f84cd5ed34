"""Node 0 enters again and again at its own leave, and breaks at the first message."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Hello(Message):
    """Breaks the receiver."""


class Breaks(Algorithm):
    """Wrong, and busy when it shows."""

    name = "test-breaks"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 0:
            out.enter()
        else:
            out.send(0, Hello())

    def on_message(self, sender: int, message: Hello, out: Out) -> None:
        raise ValueError("as it was told to")


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Breaks]
