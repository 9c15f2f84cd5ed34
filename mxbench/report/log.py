"""The report `log`: what happened, line by line: messages and their clocks, requests, entries, releases.

Lines stand in an order in which each message is received after it was sent, and each node's in its own order; times
are ms since the first event of the run.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from mxbench.core.history import Event, History, NodeHistory
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.core.report import Report
from mxbench.hookspecs import hookimpl
from mxbench.loading import load_class
from mxbench.report.text import cautions_of_messages, folded, headline, ms, no_such_node, printable, value_text

GUTTER = {"entered": ">", "released": "<"}


class Log(Report):
    """Messages, requests, entries and releases in order; with a node, what it did, sent and received."""

    name = "log"

    def render(self, history: History, node: int | None = None, width: int = 100) -> str:
        """Return a line an event; values that do not fit the width are cut, and then the line is folded."""
        if node is not None and history.nodes and node not in {known.node for known in history.nodes}:
            return no_such_node(history, node)
        top = [*folded(headline(history), width, 2), *_notes(history, width)]
        return "\n".join([*top, "", *_lines(history, node, width)]).rstrip()


def _notes(history: History, width: int) -> list[str]:
    notes = cautions_of_messages(history)
    if history.plan.history != "off":
        legend = "> enters, < releases, | happens while inside"
        if any(len(node.types) > node.algorithm_types for node in history.nodes):
            legend += f"; {printable(history.plan.workload.name)}:... is a message of the workload"
        notes.append(legend)
    return [line for note in notes for line in folded(note, width, 2)]


def _lines(history: History, only: int | None, width: int) -> Iterator[str]:
    start = history.start()
    time_width = max(len(ms(history.end() - start)), len("ms"))
    node_width = max([len("node"), *(len(str(node.node)) for node in history.nodes)])
    margin = time_width + node_width + 6
    if history.plan.history != "off":
        yield f"{'ms':>{time_width}}  {'node':>{node_width}}    event"
    words = Words(history)
    inside: set[int] = set()
    for event, to_all in _events(history, only):
        gutter = GUTTER.get(event.kind, "|" if event.node in inside else " ")
        if event.kind == "entered":
            inside.add(event.node)
        elif event.kind == "released":
            inside.discard(event.node)
        text = words.of(event, to_all)
        if margin + len(text) > width:
            text = words.of(event, to_all, brief=True)
        first, *rest = folded(text, max(width - margin, 20), 2)
        yield f"{ms(event.time - start):>{time_width}}  {event.node:>{node_width}}  {gutter} {first}"
        for line in rest:
            yield " " * margin + line


def _events(history: History, only: int | None) -> Iterator[tuple[Event, bool]]:
    """Yield the events to show, each with whether it stands for one message to every peer."""
    wanted = [node for node in history.nodes if only is None or node.node == only]
    broadcasts = {node.node: _broadcasts(history, node) for node in wanted}
    position = dict.fromkeys(broadcasts, 0)
    for event in history:
        if event.node in broadcasts:
            is_first = broadcasts[event.node].get(position[event.node])
            position[event.node] += 1
            if is_first is not False:
                yield event, is_first is True


def _broadcasts(history: History, node: NodeHistory) -> dict[int, bool]:
    """Return which of a node's events are parts of a message to every peer, by position: True for the first part.

    Sends count as one if they follow each other, carry the same, and reach every peer once; whether the author wrote
    `broadcast` or a loop makes no difference to a reader.
    """
    peers = {peer for peer in range(history.plan.nodes) if peer != node.node}
    found: dict[int, bool] = {}
    if len(peers) < 2:
        return found
    run: list[Event] = []
    for position, event in enumerate(history.of_node(node)):
        same = run and (event.kind, event.type, event.payload) == ("sent", run[0].type, run[0].payload)
        run = [*run[1 - len(peers) :], event] if same else [event]
        if len(run) == len(peers) and event.kind == "sent" and {sent.peer for sent in run} == peers:
            found[position - len(run) + 1] = True
            found.update(dict.fromkeys(range(position - len(run) + 2, position + 1), False))
            run = []
    return found


def fields_of(history: History) -> dict[tuple[bool, str], tuple[str, ...]]:
    """Return the names of the fields of each message class, by whether it is the workload's and its name.

    They come from the plugins' classes; what cannot be loaded any more is left out.
    """
    found: dict[tuple[bool, str], tuple[str, ...]] = {}
    for ref, kind in ((history.plan.algorithm, Message), (history.plan.workload, WorkloadMessage)):
        try:
            classes = message_types(load_class(ref), kind)
        except Exception:  # the file may be gone or changed since; the history explains itself without it
            continue
        for cls in classes:
            found[kind is WorkloadMessage, cls.__name__] = getattr(cls, "__struct_fields__", ())
    return found


class Words:
    """Says an event in words. Names of fields come from the plugin's classes, if they can still be loaded."""

    def __init__(self, history: History) -> None:
        self._workload = printable(history.plan.workload.name)
        self._fields = fields_of(history)
        self._waiting_since: dict[int, int] = {}
        self._inside_since: dict[int, int] = {}

    def of(self, event: Event, to_all: bool = False, brief: bool = False) -> str:
        """Return what the node of the event does; events must come in their order, as waits are counted on the way."""
        detail = event.detail
        match event.kind:
            case "sent":
                return f"sends {self._message(event, brief)} to {'all' if to_all else event.peer}"
            case "delivered":
                return f"receives {self._message(event, brief)} from {event.peer}"
            case "requested":
                arrival = event.time if detail[1] is None else detail[1]
                self._waiting_since[event.node] = arrival
                return "requests" + (f" (was due {ms(event.time - arrival)} ms ago)" if arrival < event.time else "")
            case "entered":
                self._inside_since[event.node] = event.time
                return self._entry(event)
            case "released":
                return f"releases (number {detail[0]}, {_since(self._inside_since, event, 'inside for')})"
            case "timer":
                return f"meets its timer {value_text(detail[1])} ({printable(detail[0])})"
            case "value":
                return f"records {_recorded(detail, brief)}"
        return f"{event.kind}: {printable(detail)}"

    def _entry(self, event: Event) -> str:
        _, number, version, stamp = event.detail
        said = [f"number {number}"]
        if stamp is not None:
            said.append(f"stamp ({', '.join(map(str, stamp))})")
        if version:
            said.append(f"version {version}")
        said.append(_since(self._waiting_since, event, "waited"))
        return f"enters ({', '.join(said)})"

    def _message(self, event: Event, brief: bool) -> str:
        name = printable(event.type)
        shown = f"{self._workload}:{name}" if event.workload else name
        if not event.payload:
            return f"{shown}(?)"  # its sender's history is lost
        try:
            _, *values = msgspec.msgpack.decode(event.payload)
        except (msgspec.DecodeError, ValueError, TypeError):
            return f"{shown}({value_text(event.payload, brief)})"
        fields = self._fields.get((event.workload, event.type), ())
        if len(fields) != len(values):
            return f"{shown}({', '.join(value_text(value, brief) for value in values)})"
        pairs = zip(fields, values, strict=True)
        return f"{shown}({', '.join(f'{field}={value_text(value, brief)}' for field, value in pairs)})"


def _recorded(value: Any, brief: bool) -> str:
    """Return what a workload recorded; the form (name, ...) of the built-in ones reads like a message."""
    match value:
        case (str(name), *rest):
            return f"{printable(name)}({', '.join(value_text(item, brief) for item in rest)})"
    return value_text(value, brief)


def _since(starts: dict[int, int], event: Event, words: str) -> str:
    start = starts.get(event.node)
    return f"{words} {ms(event.time - start)} ms" if start is not None else f"{words} an unknown time"


@hookimpl
def mxbench_reports() -> list[type[Any]]:
    return [Log]
