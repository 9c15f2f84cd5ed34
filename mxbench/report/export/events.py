"""The events of one run as a table, in an order in which every message is sent before it is delivered.

time_ns counts from the first event. peer: who a message goes to, or comes from; sequence: its number on that channel.
request, number, version: of an entry. detail: what else an event holds, as JSON: a timer's name, a workload's record.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from mxbench.core.history import Event, History
from mxbench.report.export.rows import Table, as_json
from mxbench.report.log import fields_of

COLUMNS = [
    "time_ns", "node", "kind", "peer", "message", "workload", "sequence", "fields", "request", "number", "version",
    "detail",
]  # fmt: skip
TYPES = dict.fromkeys(("time_ns", "node", "peer", "sequence", "request", "number", "version"), int) | {"workload": bool}
Names = dict[tuple[bool, str], tuple[str, ...]]


def event_table(history: History) -> Table:
    """Return the table of a run's events."""
    return Table(COLUMNS, _rows(history), TYPES)


def carried(event: Event, names: Names) -> Any:
    """Return what a message carries: by the names of its fields where they are known, else a list; None if lost."""
    if not event.payload:
        return None  # its sender's history is lost
    try:
        _, *values = msgspec.msgpack.decode(event.payload)
    except (msgspec.DecodeError, ValueError, TypeError):
        return event.payload
    fields = names.get((event.workload, event.type), ())
    return dict(zip(fields, values, strict=True)) if len(fields) == len(values) else values


def _rows(history: History) -> Iterator[list[Any]]:
    start, names = history.start(), fields_of(history)
    for event in history:
        yield [event.time - start, event.node, event.kind, *_rest(event, names, start)]


def _rest(event: Event, names: Names, start: int) -> list[Any]:
    nothing: list[Any] = [None, None, None, None, None]
    if event.kind in ("sent", "delivered"):
        message = [event.peer, event.type, event.workload, event.sequence, as_json(carried(event, names))]
        return [*message, None, None, None, None]
    match event.kind, event.detail:
        case "requested", (request, due):
            return [*nothing, request, None, None, None if due is None else as_json({"due_ns": due - start})]
        case "entered", (request, number, version, stamp):
            return [*nothing, request, number, version, None if stamp is None else as_json({"stamp": list(stamp)})]
        case "released", (number, *_):
            return [*nothing, None, number, None, None]
    return [*nothing, None, None, None, as_json(event.detail)]
