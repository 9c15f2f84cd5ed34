"""Fault: Singhal's algorithm as the paper has it, where a request that is out of date is dropped.

Its sender no longer takes the receiver to be one who requests, and the receiver does not note the sender. So neither
of the two would ask the other: if one of them has the token, the other can wait for ever. It takes three nodes.
"""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.singhal import Request, Singhal, Token


class SinghalAsPrinted(Singhal):
    """Singhal 1989 as printed."""

    name = "singhal-as-printed"

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        if isinstance(message, Token) or message.number > self.numbers[sender]:
            super().on_message(sender, message, out)

    def meet(self, sender: int, new: bool, out: Out) -> None:
        super().meet(sender, True, out)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [SinghalAsPrinted]
