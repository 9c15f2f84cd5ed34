"""The history of a run: what every engine yields, and all that checkers, metrics and reports read.

Each node writes its own events, in its own order. In memory and in a file an event is two 64-bit integers, its time
in ns and a code:

    bits 0-3   kind: one of the constants below
    bits 4-11  type of the message, an index into `types` (sent, delivered)
    bits 12-31 the other node (sent, delivered); 0xFFFFF for a message to every peer
    bits 32-62 sent: bytes of the encoded message, which stands in `payloads`, one after the other;
               delivered: sequence number of the message on its channel, from 0;
               others: index into `details`

A message is named by (sender, receiver, sequence number on that channel); the numbers of sent messages are not
stored, as they count up. `details` holds: requested (request id, time it was meant to arrive); entered (request id,
number, version, stamp or nil); released (number); timer (owner, name); value (whatever the workload recorded);
fault (text).
"""

from array import array
from collections.abc import Iterator
from typing import Any

import msgspec

from mxbench.core.plan import Ending, RunPlan

FORMAT = 1
REQUESTED, ENTERED, RELEASED, SENT, DELIVERED, TIMER, VALUE, FAULT = range(8)
KINDS = ("requested", "entered", "released", "sent", "delivered", "timer", "value", "fault")
EVERY_PEER = 0xFFFFF


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


class Recorder:
    """What one node writes down while it runs. An engine on its fast path may append to `times` and `codes` itself."""

    __slots__ = ("codes", "details", "payloads", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.codes = array("q")
        self.details: list[Any] = []
        self.payloads = bytearray()

    def sent(self, time: int, to: int, type_index: int, payload: bytes) -> None:
        """Write down a message to one node, or to EVERY_PEER."""
        self.times.append(time)
        self.codes.append(SENT | type_index << 4 | to << 12 | len(payload) << 32)
        self.payloads += payload

    def delivered(self, time: int, sender: int, type_index: int, sequence: int) -> None:
        """Write down that a message was handed to the node."""
        self.times.append(time)
        self.codes.append(DELIVERED | type_index << 4 | sender << 12 | sequence << 32)

    def other(self, kind: int, time: int, detail: Any) -> None:
        """Write down an event that is not a message."""
        self.times.append(time)
        self.codes.append(kind | len(self.details) << 32)
        self.details.append(detail)

    def finish(self, node: int, types: list[str], algorithm_types: int, totals: Totals) -> NodeHistory:
        """Return what was written, ready to be stored."""
        return NodeHistory(
            node, types, algorithm_types, self.times.tobytes(), self.codes.tobytes(), self.details,
            bytes(self.payloads), totals,
        )  # fmt: skip


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
    def complete(self) -> bool:
        """True if every node's history is here and messages were recorded."""
        return self.plan.history == "full" and len(self.nodes) >= self.plan.nodes

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
        return min((node.columns()[0][0] for node in self.nodes if node.times), default=0)

    def of_node(self, node: NodeHistory) -> Iterator[Event]:
        """Yield the events of one node, in its order."""
        times, codes = node.columns()
        everyone = range(self.plan.nodes)
        counts: dict[int, int] = {}
        offset = 0
        for time, code in zip(times, codes, strict=True):
            kind, type_index, peer, rest = code & 15, code >> 4 & 255, code >> 12 & EVERY_PEER, code >> 32
            if kind == SENT:
                payload = node.payloads[offset : offset + rest]
                offset += rest
                for to in everyone if peer == EVERY_PEER else (peer,):
                    if to != node.node:
                        sequence = counts.get(to, 0)
                        counts[to] = sequence + 1
                        yield Event("sent", node.node, time, to, node.types[type_index],
                                    type_index >= node.algorithm_types, sequence, payload)  # fmt: skip
            elif kind == DELIVERED:
                yield Event("delivered", node.node, time, peer, node.types[type_index],
                            type_index >= node.algorithm_types, rest)  # fmt: skip
            else:
                yield Event(KINDS[kind], node.node, time, detail=node.details[rest])

    def __iter__(self) -> Iterator[Event]:
        present = {node.node for node in self.nodes}
        streams = {node.node: self.of_node(node) for node in self.nodes}
        heads = {node: event for node, stream in streams.items() if (event := next(stream, None)) is not None}
        payloads: dict[tuple[int, int, int], bytes] = {}  # of messages on their way

        def ready(event: Event) -> bool:
            if event.kind != "delivered" or event.peer not in present:
                return True
            return (event.peer, event.node, event.sequence) in payloads

        while heads:
            able = [event for event in heads.values() if ready(event)]
            if not able:  # a delivery without its sending: a node's history is cut off; what is left is shown by time
                able = list(heads.values())
            event = min(able, key=lambda e: (e.time, e.node))
            # Runs of one node's events that precede every other head need no new search.
            if event.kind == "sent":
                payloads[event.node, event.peer, event.sequence] = event.payload
            elif event.kind == "delivered":
                payload = payloads.get((event.peer, event.node, event.sequence), b"")
                event = msgspec.structs.replace(event, payload=payload)
            yield event
            following = next(streams[event.node], None)
            if following is None:
                del heads[event.node]
            else:
                heads[event.node] = following


def _details_of(node: NodeHistory) -> Iterator[tuple[int, int, Any]]:
    """Yield (kind, time, detail) of the events that are not messages."""
    times, codes = node.columns()
    for time, code in zip(times, codes, strict=True):
        kind = code & 15
        if kind != SENT and kind != DELIVERED:
            yield kind, time, node.details[code >> 32]


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
