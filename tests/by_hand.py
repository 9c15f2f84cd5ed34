"""Histories written by hand, for numbers that can be worked out on paper. Times are in ms here."""

from collections.abc import Sequence
from typing import Any

import msgspec
from plans import plan

from mxbench.core.algorithm import Algorithm, EntryRequest, Out
from mxbench.core.history import DELIVERED, ENTERED, EVERY_PEER, RELEASED, REQUESTED, SENT, History, Totals
from mxbench.core.messages import Message
from mxbench.core.plan import Ending
from mxbench.core.recorder import Recorder

MS = 1_000_000
QUIET = Ending("quiet")


class Note(Message):
    text: str


class ByHand(Algorithm):
    """The algorithm that such a history says it is of; it never runs."""

    name = "by-hand"
    messages_per_entry = "n - 1"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Note("may I?"))


def requested(time: float, id: int = 0, arrival: float | None = None) -> tuple[int, float, Any]:
    return REQUESTED, time, (id, None if arrival is None else round(arrival * MS))


def entered(time: float, number: int, id: int = 0, stamp: tuple[int, int] | None = None) -> tuple[int, float, Any]:
    return ENTERED, time, (id, number, 0, stamp)


def released(time: float, number: int) -> tuple[int, float, Any]:
    return RELEASED, time, (number,)


def sent(time: float, to: int = EVERY_PEER, text: str = "", workload: bool = False) -> tuple[int, float, Any]:
    return SENT, time, (to, text, int(workload))


def delivered(time: float, sender: int, sequence: int, workload: bool = False) -> tuple[int, float, Any]:
    return DELIVERED, time, (sender, sequence, int(workload))


def stay(request: float, enter: float, leave: float, number: int, id: int = 0, **more: Any) -> list[Any]:
    """Return the three events of a node that waits, is inside and leaves, and of nothing else."""
    return [requested(request, id), entered(enter, number, id, **more), released(leave, number)]


def history(*nodes: Sequence[Any] | None, ending: Ending = QUIET, wall_s: float = 0.0, **of_plan: Any) -> History:
    """Return the history of a run of ByHand whose nodes wrote down these events; None for a node whose are lost."""
    written = []
    for me, events in enumerate(nodes):
        if events is None:
            continue
        recorder, totals = Recorder(), Totals([0, 0], [0, 0])
        for kind, time, detail in events:
            at = round(time * MS)
            if kind == SENT:
                to, text, index = detail
                payload = msgspec.msgpack.encode(Note(text))
                recorder.sent(at, to, index, payload)
                totals.sent_by_type[index] += len(nodes) - 1 if to == EVERY_PEER else 1
                totals.payload_bytes += len(payload) * (index == 0) * (len(nodes) - 1 if to == EVERY_PEER else 1)
            elif kind == DELIVERED:
                recorder.delivered(at, detail[0], detail[2], detail[1])
                totals.handled_by_type[detail[2]] += 1
            else:
                recorder.other(kind, at, detail)
        written.append(recorder.finish(me, ["Note", "Block"], 1, totals))
    counts = [sum(event[0] == REQUESTED for event in events or ()) for events in nodes]
    of_plan.setdefault("entries", counts)
    return History(plan(ByHand, len(nodes), **of_plan), ending, written, wall_s)
