"""An algorithm that raises at its first timer while a second one is about to fire."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl
from mxbench.core.distributions import Constant


class Never(Message):
    """Would be sent by a node that has failed."""


class Late(Algorithm):
    """Raises, and would go on."""

    name = "test-late"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.set_timer("first", Constant(0.0100))
        out.set_timer("second", Constant(0.0101))

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        """Hear nothing."""

    def on_timer(self, name: str, out: Out) -> None:
        if name == "first":
            raise RuntimeError("the first timer")
        out.broadcast(Never())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Late]
