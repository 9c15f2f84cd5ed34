"""Small algorithms that exist for what they make the checker do: cycles, choices, timers, sends in odd places."""

from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.core.distributions import Constant
from mxbench.core.property import Moment, Property


class Ask(Message):
    """May I?"""


class Later(Message):
    """Ask again."""


class Go(Message):
    """You may."""


class Done(Message):
    """I have left."""


class NeverServed(Algorithm):
    """Node 0 answers 'later' for ever: messages go round, so there is no deadlock, and nobody but node 0 enters."""

    name = "never-served"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 0:
            out.enter()
        else:
            out.send(0, Ask())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        out.send(sender, Later() if isinstance(message, Ask) else Ask())


class SometimesServed(Algorithm):
    """Node 0 is a server that says 'go' or 'later' to one that asks, as it likes, and to one at a time."""

    name = "sometimes-served"

    busy: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Ask())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        match message:
            case Ask():
                if not self.busy and out.choose([False, True]):
                    self.busy = True
                    out.send(sender, Go())
                else:
                    out.send(sender, Later())
            case Later():
                out.send(0, Ask())
            case Go():
                out.enter()
            case Done():
                self.busy = False

    def on_release(self, out: Out) -> None:
        out.send(0, Done())


class LooksAtTheClock(Algorithm):
    """Waits a while instead of asking: no message, and wrong, as a timer may fire at any moment."""

    name = "looks-at-the-clock"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.set_timer("patience", Constant(1.0 + self.me))
        out.set_timer("never", Constant(5.0))
        out.cancel_timer("never")

    def on_timer(self, name: str, out: Out) -> None:
        out.enter()


class TicksAndForgets(Algorithm):
    """Counts what a timer tells all, and forgets it at the end: a step of its own beside each request."""

    name = "ticks-and-forgets"

    ticks: int = 0
    heard: int = 0

    def on_start(self, out: Out) -> None:
        out.set_timer("tick", Constant(1.0))

    def on_timer(self, name: str, out: Out) -> None:
        if name == "go":
            out.enter()
            return
        self.ticks += 1
        out.broadcast(Go())
        if self.ticks < 2:
            out.set_timer("tick", Constant(1.0))

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.set_timer("go", Constant(1.0))

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        self.heard += 1

    def forget(self, no_more_requests: bool) -> None:
        if no_more_requests:
            self.heard = 0


class LastComeFirstServed(Algorithm):
    """Node 0 serves who came last, which it knows by the order of a dict's keys and by nothing else."""

    name = "last-come-first-served"

    asking: dict[int, bool] = {}
    busy: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Ask())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        match message:
            case Ask():
                self.asking[sender] = True
                self.serve(out)
            case Go():
                out.enter()
            case Done():
                self.busy = False
                self.serve(out)

    def on_release(self, out: Out) -> None:
        out.send(0, Done())

    def serve(self, out: Out) -> None:
        """Let the next one in, if nobody is inside."""
        if self.asking and not self.busy:
            self.busy = True
            out.send(self.asking.popitem()[0], Go())


class TrueOrOne(Algorithm):
    """Keeps True, 1 and 1.0 apart, as its next message depends on which it is; only one of them is right."""

    name = "true-or-one"

    seen: Any = None

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.seen = out.choose([True, 1, 1.0])
        out.set_timer("go", Constant(1.0))

    def on_timer(self, name: str, out: Out) -> None:
        if type(self.seen) is not float:
            out.enter()


class Note(Message, kw_only=True):
    """What I know: fields that are given by name only."""

    order: dict[int, list[int]]
    text: str = ""


class Worded(Algorithm):
    """Keeps the notes that it hears, and lets in whoever has heard one."""

    name = "worded"

    notes: list[Note] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Note(order={2: [self.me], 1: []}, text="ask"))

    def on_message(self, sender: int, message: Note, out: Out) -> None:
        self.notes.append(message)
        if message.text == "ask":
            out.send(sender, Note(order=message.order))
        else:
            out.enter()


class SharesItLater(Algorithm):
    """As below, but only where it chooses so: what it holds is equal either way."""

    name = "shares-it-later"

    one: list[int] = []
    other: list[int] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.one, self.other = [1], [1]
        if out.choose([False, True]):
            self.other = self.one
        out.enter()


class DeadlocksOrBreaks(Algorithm):
    """Never enters after one choice, and raises after the other, a step later."""

    name = "deadlocks-or-breaks"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if out.choose([False, True]):
            out.enter()

    def on_release(self, out: Out) -> None:
        raise ValueError("as it leaves")


class SharesAList(Algorithm):
    """Two fields hold the same list, so a change of one is a change of the other."""

    name = "shares-a-list"

    one: list[int] = []
    other: list[int] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.one = self.other
        out.enter()


CALLS: list[int] = []  # what no state of a node holds, and yet decides below


class EntersAtFirst(Algorithm):
    """Enters at once in the first two calls of the process, and in the others when a timer fires."""

    name = "enters-at-first"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        CALLS.append(1)
        if len(CALLS) < 3:
            out.enter()
        else:
            out.set_timer("later", Constant(1.0))

    def on_timer(self, name: str, out: Out) -> None:
        out.enter()


class StaysOutside(Algorithm):
    """Never enters in the first two calls of the process."""

    name = "stays-outside"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        CALLS.append(1)
        if len(CALLS) > 2:
            out.enter()


class RaisesAtFirst(Algorithm):
    """Raises in the first call of the process."""

    name = "raises-at-first"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        CALLS.append(1)
        if len(CALLS) == 1:
            raise ValueError("at first")
        out.enter()


class SendsAtFirst(Algorithm):
    """Node 1 sends a message in the first call of the process, and another in the others; nobody enters."""

    name = "sends-at-first"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        CALLS.append(1)
        out.send(1 - self.me, Ask() if len(CALLS) < 3 else Go())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        pass


class Contract(Property):
    """Takes the name of one that is always judged."""

    name = "contract"

    def holds(self, moment: Moment) -> bool:
        return True
