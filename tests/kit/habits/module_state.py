"""Fault: the turn is kept in the module. Where all nodes share a process it looks safe."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl

INSIDE: list[int] = []
WAITING: list[int] = []


class Wake(Message):
    pass


class ModuleState(Algorithm):
    """Looks who is inside, where everybody can."""

    name = "module-state"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if INSIDE:
            WAITING.append(self.me)
        else:
            INSIDE.append(self.me)
            out.enter()

    def on_message(self, sender: int, message: Wake, out: Out) -> None:
        out.enter()

    def on_release(self, out: Out) -> None:
        INSIDE.pop()
        if WAITING:
            INSIDE.append(WAITING[0])
            out.send(WAITING.pop(0), Wake())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [ModuleState]
