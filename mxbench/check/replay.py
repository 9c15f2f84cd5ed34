"""A schedule, carried out step by step by real nodes from the start: what is shown of a counterexample.

Nothing of the search is used here but the list of events, so a replay that comes to the same violation confirms it.
It also has what the search leaves out: the fencing numbers.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.check.question import Question
from mxbench.check.space import Event
from mxbench.check.stepping import make_node
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.distributions import Distribution
from mxbench.core.entry import Entry, EntryRequest
from mxbench.core.messages import Message, on_arrival
from mxbench.core.node import Node
from mxbench.core.state import Frozen, freeze
from mxbench.core.trace import Step, sentence, shown

Envelope = tuple[int, int, Message]  # completed and version of the sender, and the message


class _Place:
    """One node and the engine that it sees in a replay."""

    def __init__(self, replay: "Replay", me: int) -> None:
        self.replay, self.me = replay, me
        self.sends: list[tuple[int, str]] = []
        self.entry: Entry | None = None
        self.choices: list[int] = []
        self.node = make_node(replay.question, me, self)

    def send(self, to: int, message: Message) -> None:
        self.sends.append((to, shown(message)))
        self.replay.channels[self.me, to].append((self.node.completed, self.node.version, on_arrival(message)))

    def broadcast(self, message: Message) -> None:
        for to in range(self.replay.question.nodes):
            if to != self.me:
                self.send(to, message)

    def choose(self, options: Sequence[Any]) -> Any:
        return options[self.choices.pop(0) if self.choices else 0]

    def entered(self, entry: Entry) -> None:
        self.entry = entry

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None: ...
    def cancel_timer(self, owner: str, name: str) -> None: ...
    def send_workload(self, to: int, message: Any) -> None: ...
    def broadcast_workload(self, message: Any) -> None: ...
    def requested(self, request: EntryRequest, arrival: int | None) -> None: ...
    def released(self, entry: Entry) -> None: ...
    def recorded(self, value: Any) -> None: ...
    def ticket_used(self) -> None: ...
    def arrived(self) -> int:
        return 0


class Replay:
    """Nodes and channels, and the events carried out on them one by one. Feed it events in the order of a schedule.

    message_of: the number of a message in an event -> the message.
    """

    def __init__(self, question: Question, message_of: Any) -> None:
        self.question = question
        nodes = range(question.places)
        self.channels: dict[tuple[int, int], list[Envelope]] = {(a, b): [] for a in nodes for b in nodes}
        self.crashed: set[int] = set()
        self.places = [_Place(self, node) for node in nodes]
        self._message_of = message_of
        self._steps = 0
        for place in self.places:
            place.node.start()
            place.sends.clear()

    def take(self, event: Event) -> Step:
        """Carry out one event and return what came of it."""
        self._steps += 1
        place = self.places[event.node]
        place.sends, place.entry, place.choices = [], None, list(event.choices)
        step = Step(self._steps, event.kind, event.node, choices=list(event.choices))
        held = place.node.inside
        try:
            self._carry_out(event, step, place.node)
        except PLUGIN_ERRORS as error:
            blamed = place.node.blame(error)
            if blamed is None:
                raise
            # The node counts its own steps, and a reader of the trace those of the trace.
            step.fault = re.sub(r"step \d+\)$", f"step {self._steps})", str(blamed))
        if event.fault and step.fault is None:
            step.fault = event.fault
        step.sends = place.sends
        if place.entry is not None:
            step.enters, step.number = True, place.entry.number
        elif event.kind == "release" and held is not None:
            step.number = held.number
        alive = [place for place in self.places if place.me not in self.crashed]
        step.inside = [place.me for place in alive if place.node.inside is not None]
        step.waiting = [place.me for place in alive if place.node.waiting is not None]
        step.text = sentence(step)
        return step

    def _carry_out(self, event: Event, step: Step, node: Node) -> None:
        if event.kind in ("request", "release"):
            node.ready = True
            node.advance()
        elif event.kind == "timer":
            step.timer = event.timer
            node.timer("algorithm", event.timer)
        elif event.kind == "crash":
            self.crashed.add(event.node)
        else:
            message = self._message_of[event.message]
            step.sender, step.message = event.sender, shown(message)
            channel = self.channels[event.sender, event.node]
            place = next(place for place, (_, _, sent) in enumerate(channel) if _key(sent) == _key(message))
            completed, version, _ = channel[place]
            if event.kind == "duplicate":
                channel.append(channel[place])
                return
            del channel[place]
            if event.kind == "deliver":
                node.deliver(event.sender, completed, version, message)


def replay(question: Question, schedule: Sequence[Event], message_of: Any) -> list[Step]:
    """Return the trace of a schedule; none of an empty one: a node may not even have come to its first step."""
    if not schedule:
        return []
    nodes = Replay(question, message_of)
    return [nodes.take(event) for event in schedule]


def _key(message: Message) -> tuple[type, Frozen]:
    """Return what tells messages apart: 1, 1.0 and True are not the same, and what is not a number is itself."""
    return type(message), freeze(msgspec.structs.astuple(message))
