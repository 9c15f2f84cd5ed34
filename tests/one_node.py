"""One node of an algorithm, handed its messages one by one."""

from typing import Any

from mxbench.core.algorithm import Algorithm, EntryRequest, Out, Parameters
from mxbench.core.messages import Message, message_types


class OneNode:
    """A node, and what it sends in answer to each thing that happens to it: pairs of receiver and message."""

    def __init__(self, algorithm: type[Algorithm], parameters: Parameters) -> None:
        self.algorithm = algorithm(parameters)
        self.out = Out(range(parameters.n), message_types(algorithm, Message), lambda options: options[0])

    @property
    def inside(self) -> bool:
        """Whether it has entered and not been released."""
        return self.out.entering

    def request(self) -> list[tuple[int, Any]]:
        self.out.may_enter = True
        self.algorithm.on_request(EntryRequest(0), self.out)
        return self._sent()

    def release(self) -> list[tuple[int, Any]]:
        self.out.entering = False
        self.algorithm.on_release(self.out)
        return self._sent()

    def hear(self, sender: int, message: Message) -> list[tuple[int, Any]]:
        self.algorithm.on_message(sender, message, self.out)
        return self._sent()

    def _sent(self) -> list[tuple[int, Any]]:
        sent = list(self.out.effects)
        self.out.effects.clear()
        return sent
