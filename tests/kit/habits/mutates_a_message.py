"""Fault: a handler changes the list in a message that it has sent already, or received."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Queue(Message):
    waiting: list[int]


class MutatesAMessage(Algorithm):
    """Passes a queue around, and writes into it on the way."""

    name = "mutates-a-message"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        queue = Queue([self.me])
        out.broadcast(queue)
        queue.waiting.append(self.n)
        out.enter()

    def on_message(self, sender: int, message: Queue, out: Out) -> None:
        if len(message.waiting) > 1:
            message.waiting.pop()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [MutatesAMessage]
