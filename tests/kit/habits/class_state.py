"""Fault: a number is kept in the class, and another in the default of an argument."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Tally:
    count = 0


class Hello(Message):
    pass


class ClassState(Algorithm):
    """Counts requests for all nodes together."""

    name = "class-state"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        Tally.count += 1
        out.broadcast(Hello())
        out.enter()

    def on_message(self, sender: int, message: Hello, out: Out, seen: list[int] = []) -> None:  # noqa: B006
        seen.append(sender)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [ClassState]
