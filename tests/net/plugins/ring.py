"""A token that circles for ever, and waits at a node only while that node is inside."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Token(Message):
    """Whoever holds it may enter."""


class Ring(Algorithm):
    """The token goes from node to node; never quiet."""

    name = "test-ring"
    falls_quiet = False

    wanted: bool = False

    def on_start(self, out: Out) -> None:
        if self.me == 0:
            self.pass_on(out)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.wanted = True

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        if self.wanted:
            self.wanted = False
            out.enter()
        else:
            self.pass_on(out)

    def on_release(self, out: Out) -> None:
        self.pass_on(out)

    def pass_on(self, out: Out) -> None:
        """Send the token to the next node."""
        out.send((self.me + 1) % self.n, Token())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Ring]
