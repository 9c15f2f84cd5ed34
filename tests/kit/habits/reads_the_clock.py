"""Fault: a handler reads the clock, under another name."""

from time import monotonic as now

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Request(Message):
    when: float


class Reply(Message):
    pass


class ReadsTheClock(Algorithm):
    """Orders requests by the machine's clock."""

    name = "reads-the-clock"

    awaited: set[int] = set()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.awaited = set(self.peers)
        out.broadcast(Request(now()))
        if not self.awaited:
            out.enter()

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        if isinstance(message, Request):
            out.send(sender, Reply())
        else:
            self.awaited.discard(sender)
            if not self.awaited:
                out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [ReadsTheClock]
