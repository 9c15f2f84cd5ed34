"""Algorithms whose messages arrive otherwise than they were sent, and those that break the contract late."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench_plugins.ricart_agrawala import RicartAgrawala


class Ask(Message):
    """May I?"""


class Token(Message):
    """Who asked since the last one: a list, of which the class says that it is a tuple."""

    asked: tuple[int, ...]


class Done(Message):
    """Somebody else may."""


class Snapshot(Algorithm):
    """Node 0 coordinates. Over a wire the token holds who had asked when it was sent; with one list for sender and
    receiver it would hold who asks later too, and let nobody in."""

    name = "snapshot"
    asked: list[int] = []
    queue: list[int] = []
    busy: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Ask())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        match message:
            case Token():
                if len(message.asked) == 1:
                    out.enter()
                return
            case Ask():
                self.queue.append(sender)
                self.asked.append(sender)
            case Done():
                self.busy = False
        if self.queue and not self.busy:
            self.busy = True
            to = self.queue.pop(0)
            self.asked = [to]
            out.send(to, Token(self.asked))  # type: ignore[arg-type]

    def on_release(self, out: Out) -> None:
        out.send(0, Done())


class Weight(Message):
    """Of a class that says float, given an int and what is no number; and a tuple, given a list."""

    weight: float
    nothing: float
    path: tuple[int, ...]


class Weighs(Algorithm):
    """Whoever hears of another enters, if it wants to: wrong."""

    name = "weighs"
    waiting: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.waiting = True
        out.broadcast(Weight(1, float("nan"), [self.me]))  # type: ignore[arg-type]

    def on_message(self, sender: int, message: Weight, out: Out) -> None:
        assert type(message.weight) is float
        assert type(message.path) is tuple
        if self.waiting:
            self.waiting = False
            out.enter()


class Late(RicartAgrawala):
    """Right, until the clock is 5."""

    def on_request(self, request: EntryRequest, out: Out) -> None:
        super().on_request(request, out)
        if self.ours >= 5:
            self.break_the_contract()

    def break_the_contract(self) -> None:
        """Do what no plugin may."""


class LateBytes(Late):
    """Keeps a bytearray then, which has a key like plain data."""

    name = "late-bytes"
    kept: Any = None

    def break_the_contract(self) -> None:
        self.kept = bytearray(b"x")


class LateStamp(Late):
    """Enters with a list for a stamp then."""

    name = "late-stamp"

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        super().on_message(sender, message, out)
        if out.entering and self.ours >= 5:
            out.stamp = [self.ours, self.me]  # type: ignore[assignment]
