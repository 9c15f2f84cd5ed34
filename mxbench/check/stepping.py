"""A real node, and the engine that it sees while one step of it is tried out; the messages of all nodes, numbered."""

from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.check.channels import Send
from mxbench.check.question import Question
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, Distribution
from mxbench.core.entry import Entry, EntryRequest, check_stamp
from mxbench.core.messages import Message, made, on_arrival
from mxbench.core.node import Node
from mxbench.core.state import Frozen, freeze, thaw
from mxbench.workloads.hold import Hold


class Messages:
    """Every message that was ever sent, by number."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._messages: list[Message] = []
        self._contents: list[Frozen | None] = []

    def number(self, message: Message) -> int:
        """Return the number of a message, equal ones having the same."""
        values = msgspec.structs.astuple(message)
        frozen = freeze(values)
        key = (type(message), frozen)
        found = self._numbers.get(key)
        if found is None:
            arrived = on_arrival(message)
            values = msgspec.structs.astuple(arrived)
            # One object may be handed out again and again unless a handler could change what is in it.
            fixed = all(value is None or isinstance(value, int | float | str | bytes) for value in values)
            found = self._numbers[key] = len(self._messages)
            self._contents.append(None if fixed else freeze(values))
            self._messages.append(arrived)
        return found

    def __getitem__(self, number: int) -> Message:
        contents = self._contents[number]
        message = self._messages[number]
        return message if contents is None else made(type(message), thaw(contents))


class StepEngine:
    """The engine that a node sees while a step of it is tried out: it writes down sends, timers and choices."""

    def __init__(self, me: int, n: int, messages: Messages) -> None:
        self._peers = tuple(node for node in range(n) if node != me)
        self._number = messages.number
        self.sends: list[Send] = []
        self.timers: set[str] = set()
        self.planned: Sequence[int] = ()  # the choices to make in this step; after them the first option each
        self.taken: list[tuple[int, int]] = []  # those made: which one, of how many

    def begin(self, timers: tuple[str, ...], planned: Sequence[int]) -> None:
        """Forget the last step."""
        self.sends, self.timers, self.planned, self.taken = [], set(timers), planned, []

    def send(self, to: int, message: Message) -> None:
        self.sends.append((to, self._number(message)))

    def broadcast(self, message: Message) -> None:
        number = self._number(message)
        self.sends += [(peer, number) for peer in self._peers]

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        self.timers.add(name)

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.discard(name)

    def choose(self, options: Sequence[Any]) -> Any:
        place = len(self.taken)
        chosen = self.planned[place] if place < len(self.planned) else 0
        self.taken.append((chosen, len(options)))
        return options[chosen]

    def next_choices(self) -> list[int] | None:
        """Return the sequence of choices after the one just taken, None after the last one."""
        taken = list(self.taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        return [chosen for chosen, _ in taken[:-1]] + [taken[-1][0] + 1] if taken else None

    def arrived(self) -> int:
        return 0

    def entered(self, entry: Entry) -> None:
        check_stamp(entry.stamp)

    def requested(self, request: EntryRequest, arrival: int | None) -> None: ...
    def released(self, entry: Entry) -> None: ...
    def recorded(self, value: Any) -> None: ...
    def ticket_used(self) -> None: ...
    def send_workload(self, to: int, message: Any) -> None: ...
    def broadcast_workload(self, message: Any) -> None: ...


def make_node(question: Question, me: int, engine: Any) -> Node:
    """Return a node that asks as often as the question says and holds the critical section until it is told to go."""
    parameters = question.parameters(me)
    workload = Hold(parameters, ZERO, Hold.option_type(), None)
    arrivals = ArrivalPlan(question.requests[me] if me < question.nodes else 0)
    return Node(question.algorithm(parameters), workload, arrivals, parameters, engine)
