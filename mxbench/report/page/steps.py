"""A trace, of a scenario or of a counterexample of `mxbench check`, as the page draws a run: in steps instead of times.

What happens in one step stands at one place of the diagram: a delivery, what the node sends thereupon, and its entry.
The time of an event is the number of its step, from 1.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

from mxbench.core.records import DELIVERED, ENTERED, FAULT, RELEASED, REQUESTED, SENT, TIMER, VALUE
from mxbench.report.page.packed import append_numbers

Step = dict[str, Any]  # core/trace.py, as plain data


def steps_run(trace: Sequence[Step], nodes: int) -> dict[str, Any]:
    """Return the steps of a trace as plain data for the page; nodes: without a server of the algorithm."""
    packing = _Packing()
    states = _States(trace)
    shown = []
    for number, step in enumerate(trace, 1):
        packing.add(number, step)
        shown.append({"text": step.get("text") or step["event"], "state": states.after(step)})
    named = [node for step in trace for node in (step["node"], *(to for to, _ in step.get("sends") or ()))]
    places = max([nodes - 1, *named]) + 1
    return {
        "nodes": nodes,
        "places": places,
        "workload": "",
        "quiet": False,
        "notes": [] if trace else ["there is no step: nothing has to happen"],
        "stuck": [],
        "types": [[name, False, None] for name in packing.types],
        "texts": list(packing.texts),
        "events": b64encode(packing.stream).decode(),
        "payloads": b64encode(packing.payloads).decode(),
        "count": packing.count,
        "cut": None,
        "chain": None,
        "lost": packing.lost,
        "steps": shown,
        "states": {node: states.text(state) for node, state in states.first.items()},
    }


class _Packing:
    """The stream of packed.py, and the messages that are on their way."""

    def __init__(self) -> None:
        self.stream, self.payloads = bytearray(), bytearray()
        self.types: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.lost: list[tuple[int, int, int]] = []
        self.count = 0
        self._time = 0
        self._ids: dict[int, int] = {}
        self._sent: dict[tuple[int, int], int] = {}
        self._expected: dict[tuple[int, int], int] = {}
        self._under_way: dict[tuple[int, int], list[tuple[str, int]]] = {}

    def add(self, number: int, step: Step) -> None:
        """Append the events of one step."""
        node, event = step["node"], step["event"]
        if event == "request":
            self._ids[node] = self._ids.get(node, -1) + 1
            self._event(number, node, REQUESTED, [self._ids[node], 0])
        elif event == "release":
            self._event(number, node, RELEASED, [])
        elif event == "crash":
            self._told(number, node, FAULT, "crash")
        elif event == "timer":
            self._told(number, node, TIMER, str(step.get("timer")))
        else:
            self._message(number, node, event, step)
        for to, message in step.get("sends") or ():
            self._send(number, node, to, message)
        if step.get("enters"):
            self._event(number, node, ENTERED, [step.get("number") or 0, 0, 0])
        if step.get("fault"):
            self._told(number, node, VALUE, str(step["fault"]))

    def _message(self, number: int, node: int, event: str, step: Step) -> None:
        channel = self._under_way.setdefault((step["sender"], node), [])
        place = next((place for place, (text, _) in enumerate(channel) if text == step["message"]), None)
        if place is None:
            self._told(number, node, VALUE, step.get("text") or event)  # the trace says more than it has shown
            return
        text, sequence = channel[place]
        if event == "duplicate":
            channel.append((text, sequence))
        else:
            del channel[place]
        if event == "lose" and (text, sequence) not in channel:
            self.lost.append((step["sender"], node, sequence))
        if event != "deliver":
            self._told(number, node, VALUE, step.get("text") or event)
            return
        expected = self._expected.get((step["sender"], node), 0)
        self._expected[step["sender"], node] = sequence + 1
        self._event(number, node, DELIVERED, [step["sender"], sequence - expected], self._type(text))

    def _send(self, number: int, node: int, to: int, message: str) -> None:
        sequence = self._sent.get((node, to), 0)
        self._sent[node, to] = sequence + 1
        self._under_way.setdefault((node, to), []).append((message, sequence))
        payload = msgspec.msgpack.encode(message)
        self.payloads += payload
        self._event(number, node, SENT, [to + 1, len(payload)], self._type(message))

    def _type(self, message: str) -> int:
        return self.types.setdefault(message.partition("(")[0], len(self.types))

    def _told(self, number: int, node: int, kind: int, text: str) -> None:
        self._event(number, node, kind, [self.texts.setdefault(text, len(self.texts))])

    def _event(self, number: int, node: int, kind: int, numbers: list[int], type_index: int = 0) -> None:
        append_numbers(self.stream, [node, number - self._time, kind + 8 * type_index, *numbers])
        self._time = number
        self.count += 1


class _States:
    """What is known of each node's state: every field that some step changes, as that step tells it."""

    def __init__(self, trace: Sequence[Step]) -> None:
        self.first: dict[int, dict[str, str]] = {}
        for step in trace:
            for field, (before, _) in (step.get("state") or {}).items():
                self.first.setdefault(step["node"], {}).setdefault(field, before)
        self._now = {node: dict(state) for node, state in self.first.items()}

    def after(self, step: Step) -> str:
        """Return the state of the step's node after it, a line a field."""
        state = self._now.setdefault(step["node"], {})
        state.update({field: after for field, (_, after) in (step.get("state") or {}).items()})
        return self.text(state)

    def text(self, state: dict[str, str]) -> str:
        """Return a state as text."""
        return "\n".join(f"{field} = {value}" for field, value in state.items())
