"""Fault: a handler decides by where an object lies in memory."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Place(Message):
    address: int


class FollowsAnAddress(Algorithm):
    """Asks by address."""

    name = "follows-an-address"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        where = id(self)
        out.broadcast(Place(where))
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [FollowsAnAddress]
