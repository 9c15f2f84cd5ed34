"""The history of a run: what every engine yields, and all that checkers, metrics and reports read.

Each node writes its own events, in its own order (core/recorder.py), as records of two integers each: core/records.py
says how they are laid out, and puts those of all nodes in order. What `details` holds: requested (request id, time it
was meant to arrive); entered (request id, number, version, stamp or nil); released (number); timer (owner, name);
value (whatever the workload recorded); fault (text).
"""

import sys
from array import array
from collections.abc import Iterator
from typing import Any

import msgspec

from mxbench.core.plan import Ending, RunPlan
from mxbench.core.records import (
    DELIVERED,
    ENTERED,
    EVERY_PEER,
    KINDS,
    LOWEST,
    RELEASED,
    REQUESTED,
    SENT,
    VALUE,
    in_causal_order,
)
from mxbench.core.records import FAULT as FAULT
from mxbench.core.records import TIMER as TIMER

FORMAT = 1
_NO_MESSAGE = bytes(byte & 15 not in (SENT, DELIVERED) for byte in range(256))  # by the lowest byte of a code


class Totals(msgspec.Struct):
    """What a node counted, whatever the level of its history. By type: one number for each of the node's types."""

    sent_by_type: list[int] = []
    handled_by_type: list[int] = []
    payload_bytes: int = 0
    wire_bytes: int = 0
    cpu_s: float = 0.0
    peak_bytes: int = 0


class NodeHistory(msgspec.Struct):
    """The events of one node, as they are stored: nodes/<id>.msgpack is this structure, as a map."""

    node: int
    types: list[str]
    algorithm_types: int
    times: bytes
    codes: bytes
    details: list[Any]
    payloads: bytes
    totals: Totals
    format: int = FORMAT

    def columns(self) -> tuple[array, array]:
        """Return the times (ns) and the codes of the events, as arrays of 64-bit integers."""
        times, codes = array("q"), array("q")
        times.frombytes(self.times)
        codes.frombytes(self.codes)
        return times, codes

    def views(self) -> tuple[memoryview, memoryview]:
        """Return the same without a copy: slower to go through, and no room for a second long history."""
        return memoryview(self.times).cast("q"), memoryview(self.codes).cast("q")


class Event(msgspec.Struct, frozen=True):
    """One event of one node. `peer`, `type`, `sequence` and `payload` belong to messages, `detail` to the others."""

    kind: str
    node: int
    time: int
    peer: int = -1
    type: str = ""
    workload: bool = False
    sequence: int = -1
    payload: bytes = b""
    detail: Any = None


class Section(msgspec.Struct):
    """One request and the stay inside that it led to. Times are in ns, None for what did not happen.

    arrival: when the request was meant to come; requested: when the algorithm heard of it.
    """

    node: int
    id: int
    arrival: int
    requested: int
    entered: int | None = None
    released: int | None = None
    number: int = 0
    version: int = 0
    stamp: tuple[int, int] | None = None


class History:
    """One run: its plan, how it ended, and the events of its nodes (those that were lost with a dead node are absent).

    Iterating gives every event, each message's delivery after its sending, and each node's in that node's order.
    """

    def __init__(self, plan: RunPlan, ending: Ending, nodes: list[NodeHistory], wall_s: float = 0.0) -> None:
        self.plan = plan
        self.ending = ending
        self.nodes = sorted(nodes, key=lambda node: node.node)
        self.wall_s = wall_s
        self._sections: list[Section] | None = None

    @property
    def whole(self) -> bool:
        """True if the history of every node and server is here."""
        return {node.node for node in self.nodes}.issuperset(self.plan.places)

    @property
    def complete(self) -> bool:
        """True if every node's history is here and messages were recorded."""
        return self.plan.history == "full" and self.whole

    @property
    def sections(self) -> list[Section]:
        """Every request of the run, entered ones first, in the order of their numbers."""
        if self._sections is None:
            found = [section for node in self.nodes for section in _sections_of(node)]
            found.sort(key=lambda s: (s.number == 0, s.number, s.entered or s.requested, s.node))
            self._sections = found
        return self._sections

    @property
    def entries(self) -> list[Section]:
        """The requests that were granted, in the order of their numbers."""
        return [section for section in self.sections if section.entered is not None]

    def values(self) -> dict[int, list[Any]]:
        """Return what the workload recorded at each node, in that node's order."""
        return {node.node: [detail for kind, _, detail in _details_of(node) if kind == VALUE] for node in self.nodes}

    def start(self) -> int:
        """Return the time of the first event, in ns; 0 if there is none."""
        return min((_time(node.times[:8]) for node in self.nodes if node.times), default=0)

    def end(self) -> int:
        """Return the time of the last event, in ns; 0 if there is none."""
        return max((_time(node.times[-8:]) for node in self.nodes if node.times), default=0)

    def of_node(self, node: NodeHistory) -> Iterator[Event]:
        """Yield the events of one node, in its order; what a delivered message carried is known to its sender only."""
        decoder = _Decoder(node, self.plan.nodes)
        for time, code in zip(*node.columns(), strict=True):
            yield from decoder.events(time, code)

    def __iter__(self) -> Iterator[Event]:
        decoders = {node.node: _Decoder(node, self.plan.nodes) for node in self.nodes}
        sent: dict[int, dict[int, list[bytes]]] = {node: decoder.payloads for node, decoder in decoders.items()}
        unknown: dict[int, list[bytes]] = {}
        for node, time, code in self.records():
            decoder = decoders[node]
            if code & 15 == DELIVERED:
                payloads = sent.get(code >> 12 & EVERY_PEER, unknown).get(node, ())
                yield decoder.delivered(time, code, payloads[code >> 32] if code >> 32 < len(payloads) else b"")
            else:
                yield from decoder.events(time, code)

    def records(self) -> Iterator[tuple[int, int, int]]:
        """Yield (node, time, code) of all nodes, undecoded, in the order of iteration: the fast way for metrics.

        A message to every peer is one record.
        """
        return in_causal_order({node.node: node.views() for node in self.nodes}, self.plan.nodes)


class _Decoder:
    """Turns the records of one node, taken in order, into events; counts its channels and cuts its payloads."""

    __slots__ = ("_n", "_node", "_offset", "payloads")

    def __init__(self, node: NodeHistory, n: int) -> None:
        self._node, self._n = node, n
        self._offset = 0
        self.payloads: dict[int, list[bytes]] = {}  # by receiver: of what was sent so far, by sequence number

    def events(self, time: int, code: int) -> list[Event]:
        """Return the events of one record: one for each receiver of a message to every peer, else one."""
        node, kind, rest = self._node, code & 15, code >> 32
        if kind == SENT:
            payload = node.payloads[self._offset : self._offset + rest]
            self._offset += rest
            index, peer = code >> 4 & 255, code >> 12 & EVERY_PEER
            name, workload = node.types[index], index >= node.algorithm_types
            found = []
            for to in range(self._n) if peer == EVERY_PEER else (peer,):
                if to == node.node and peer == EVERY_PEER:
                    continue
                channel = self.payloads.get(to)
                if channel is None:
                    channel = self.payloads[to] = []
                found.append(Event("sent", node.node, time, to, name, workload, len(channel), payload))
                channel.append(payload)
            return found
        if kind == DELIVERED:
            return [self.delivered(time, code, b"")]
        return [Event(KINDS[kind], node.node, time, detail=node.details[rest])]

    def delivered(self, time: int, code: int, payload: bytes) -> Event:
        """Return the event of one message handed over."""
        node, index = self._node, code >> 4 & 255
        peer = code >> 12 & EVERY_PEER
        return Event(
            "delivered", node.node, time, peer, node.types[index], index >= node.algorithm_types, code >> 32, payload
        )


def _time(eight_bytes: bytes) -> int:
    return int.from_bytes(eight_bytes, sys.byteorder, signed=True)


def _details_of(node: NodeHistory) -> Iterator[tuple[int, int, Any]]:
    """Yield (kind, time, detail) of the events that are not messages."""
    times, codes = node.views()
    # Most records are messages. The lowest byte of a code tells, so they are passed over without a step of Python each.
    marks = node.codes[LOWEST::8].translate(_NO_MESSAGE)
    at = marks.find(1)
    while at >= 0:
        code = codes[at]
        yield code & 15, times[at], node.details[code >> 32]
        at = marks.find(1, at + 1)


def _sections_of(node: NodeHistory) -> Iterator[Section]:
    section: Section | None = None
    for kind, time, detail in _details_of(node):
        if kind == REQUESTED:
            section = Section(node.node, detail[0], time if detail[1] is None else detail[1], time)
            yield section
        elif kind == ENTERED and section is not None:
            section.entered, section.number, section.version = time, detail[1], detail[2]
            section.stamp = tuple(detail[3]) if detail[3] is not None else None
        elif kind == RELEASED and section is not None:
            section.released = time
