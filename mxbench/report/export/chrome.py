"""A run as a trace of Chrome's format, which Perfetto (ui.perfetto.dev) and chrome://tracing open: `trace.json`.

Every node and server has two lanes. One holds its sections, a slice for the wait and one for the stay inside. The other
holds its steps, a slice each from the delivery, timer, request or release that began it to the last thing it did; an
arrow leads from the step that sent a message to each step to which it was handed. A message without an arrow was
never delivered.

Times are those of the history, from its first event. Arrows are bound to slices by their time, and two slices of a lane
must not share one, so a step is drawn at least 1 ns long, and one of the same instant right behind it; a delivery
is drawn 1 ns after its sending at the earliest, which matters only where nothing takes time or two clocks differ.
"""

import json
from collections.abc import Iterator
from typing import Any

from mxbench.core.history import Event, History, Section
from mxbench.report.export.events import carried
from mxbench.report.export.rows import as_json
from mxbench.report.log import fields_of
from mxbench.report.text import cautions_of_messages, headline, printable

RUN = 1  # the process that all lanes belong to
BEGINNINGS = ("delivered", "requested", "released", "timer", "fault")
Record = dict[str, Any]


def trace(history: History) -> str:
    """Return the trace as JSON, an event a line."""
    # In order of time, and at one time the slice before the arrows that it holds: so viewers bind them.
    timed = sorted([*_sections(history), *_Steps(history).records()], key=lambda one: (one["ts"], one["ph"] != "X"))
    lines = [as_json(record) for record in [*_names(history), *timed]]
    told = {"run": headline(history)}
    missing = cautions_of_messages(history)
    if missing:
        told["note"] = "; ".join(missing)
    head = '{"displayTimeUnit":"ms","otherData":' + json.dumps(told)
    return head + ',"traceEvents":[\n' + ",\n".join(lines) + "\n]}\n"


def _names(history: History) -> Iterator[Record]:
    name = f"{printable(history.plan.algorithm.name)}, {printable(history.plan.experiment)}"
    yield {"ph": "M", "pid": RUN, "name": "process_name", "args": {"name": name}}
    for place in history.plan.places:
        who = f"node {place}" if place < history.plan.nodes else f"server {place}"
        for lane, what in ((_section_lane(place), "section"), (_step_lane(place), "steps")):
            if place >= history.plan.nodes and what == "section":
                continue
            yield {"ph": "M", "pid": RUN, "tid": lane, "name": "thread_name", "args": {"name": f"{who} {what}"}}
            yield {"ph": "M", "pid": RUN, "tid": lane, "name": "thread_sort_index", "args": {"sort_index": lane}}


def _sections(history: History) -> Iterator[Record]:
    start, end = history.start(), history.end()
    for section in sorted(history.sections, key=lambda section: (section.requested, section.node)):
        asked = section.requested - start
        entered = (end if section.entered is None else section.entered) - start
        told = {"request": section.id, "due_ms": (section.arrival - start) / 1e6}
        waiting = "waits" if section.entered is not None else "waits, and never enters"
        yield _slice(_section_lane(section.node), "section", waiting, asked, entered - asked, told)
        if section.entered is not None:
            yield _inside(section, start, end)


def _inside(section: Section, start: int, end: int) -> Record:
    assert section.entered is not None
    left = (end if section.released is None else section.released) - section.entered
    told: Record = {"request": section.id, "number": section.number, "version": section.version}
    if section.stamp is not None:
        told["stamp"] = list(section.stamp)
    name = f"inside ({section.number})" + ("" if section.released is not None else ", and never leaves")
    return _slice(_section_lane(section.node), "section", name, section.entered - start, left, told)


class _Steps:
    """The steps of all nodes as slices, and the messages between them as flows."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._start = history.start()
        self._fields = fields_of(history)
        self._open: dict[int, tuple[int, str, Record]] = {}  # by node: since when, what, and what to tell of it
        self._end: dict[int, int] = {}  # by node: of what is drawn so far
        self._sent: dict[tuple[int, int, int], int] = {}  # message -> when its sending is drawn
        self._flows = 0

    def records(self) -> Iterator[Record]:
        """Yield the slices and the flows; a slice may come after the flows that it holds."""
        for event in self._history:
            if event.kind in BEGINNINGS:
                yield from self._begin(event)
                continue
            drawn = max(event.time - self._start, self._end.get(event.node, 0) - 1)
            if event.node not in self._open:
                self._open[event.node] = (max(drawn, self._end.get(event.node, 0)), "starts", {})
                drawn = self._open[event.node][0]
            self._end[event.node] = drawn + 1
            if event.kind == "sent":
                self._sent[event.node, event.peer, event.sequence] = drawn
        for node in sorted(self._open):
            yield from self._close(node)

    def _begin(self, event: Event) -> Iterator[Record]:
        yield from self._close(event.node)
        at = max(event.time - self._start, self._end.get(event.node, 0))
        sent = self._sent.get((event.peer, event.node, event.sequence)) if event.kind == "delivered" else None
        if sent is not None:
            at = max(at, sent + 1)
            self._flows += 1
            flow = {"pid": RUN, "cat": "message", "name": printable(event.type), "id": self._flows}
            yield {"ph": "s", "tid": _step_lane(event.peer), "ts": sent / 1000, **flow}
            yield {"ph": "f", "bp": "e", "tid": _step_lane(event.node), "ts": at / 1000, **flow}
        self._open[event.node] = (at, *self._told(event))
        self._end[event.node] = at + 1

    def _close(self, node: int) -> Iterator[Record]:
        if node in self._open:
            since, name, told = self._open.pop(node)
            yield _slice(_step_lane(node), "step", name, since, self._end[node] - since, told)

    def _told(self, event: Event) -> tuple[str, Record]:
        if event.kind == "delivered":
            what = f"{printable(event.type)} from {event.peer}"
            return what, {"sequence": event.sequence, "fields": carried(event, self._fields)}
        if event.kind == "timer":
            return f"timer {printable(event.detail[1])}", {}
        if event.kind == "fault":
            return f"fault: {printable(event.detail)}", {}
        return {"requested": "requests", "released": "releases"}[event.kind], {}


def _slice(lane: int, kind: str, name: str, since: int, length: int, told: Record) -> Record:
    return {"ph": "X", "pid": RUN, "tid": lane, "cat": kind, "name": name, "ts": since / 1000, "dur": length / 1000,
            "args": told}  # fmt: skip


def _section_lane(place: int) -> int:
    return 2 * place + 1


def _step_lane(place: int) -> int:
    return 2 * place + 2
