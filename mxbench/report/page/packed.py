"""The events of a run in few bytes, for the page: files/run.js reads them back.

All events stand in one stream, in an order of causes (core/records.py). Each is a row of numbers: the node, the time
since the event before (ns), kind + 8 * type, and then by kind

    sent       receiver + 1, or 0 for every peer; bytes of its payload
    delivered  sender; sequence number, as the difference from the one expected next
    requested  request id; time between the intended arrival and the request (ns)
    entered    fencing number; version; 0, or 1 and the stamp's two numbers
    released   nothing
    others     index into `texts`

A number is as many bytes as it needs, seven bits in each, the lowest first (LEB128), its sign in the lowest bit
(zigzag). `payloads` holds the messages as they were encoded (MessagePack), one after the other as they were sent.
"""

from base64 import b64encode
from itertools import islice
from typing import Any

from mxbench.core.history import History
from mxbench.core.records import DELIVERED, ENTERED, EVERY_PEER, RELEASED, REQUESTED, SENT, TIMER, VALUE
from mxbench.report.log import fields_of
from mxbench.report.text import value_text

MOST_EVENTS = 2_000_000  # of one run; what comes later is not drawn, and the page says so


def pack(history: History, most: int = MOST_EVENTS) -> dict[str, Any]:
    """Return the events of a run as plain data; `cut` tells how many there are if not all are in it."""
    packing = _Packing(history)
    for node, time, code in islice(history.records(), most):
        packing.add(node, time, code)
    total = sum(len(node.times) // 8 for node in history.nodes)
    return {
        "types": packing.types(),
        "texts": list(packing.texts),
        "events": b64encode(packing.stream).decode(),
        "payloads": b64encode(packing.payloads).decode(),
        "count": min(total, most),
        "cut": total if total > most else None,
    }


class _Packing:
    """The stream so far, and what the next event is told against."""

    def __init__(self, history: History) -> None:
        self.stream, self.payloads = bytearray(), bytearray()
        self.texts: dict[str, int] = {}
        self._history = history
        self._nodes = {node.node: node for node in history.nodes}
        self._offset = dict.fromkeys(self._nodes, 0)
        self._type_of: dict[tuple[bool, str], int] = {}
        self._types = {
            node.node: [
                self._type_of.setdefault((index >= node.algorithm_types, name), len(self._type_of))
                for index, name in enumerate(node.types)
            ]
            for node in history.nodes
        }
        self._time = history.start()
        self._expected: dict[tuple[int, int], int] = {}

    def add(self, node: int, time: int, code: int) -> None:
        """Append one record of the history."""
        kind, rest = code & 15, code >> 32
        type_index = self._types[node][code >> 4 & 255] if kind in (SENT, DELIVERED) else 0
        numbers = [node, time - self._time, kind + 8 * type_index]
        self._time = time
        if kind == SENT:
            peer = code >> 12 & EVERY_PEER
            numbers += [0 if peer == EVERY_PEER else peer + 1, rest]
            offset = self._offset[node]
            self.payloads += self._nodes[node].payloads[offset : offset + rest]
            self._offset[node] = offset + rest
        elif kind == DELIVERED:
            peer = code >> 12 & EVERY_PEER
            numbers += [peer, rest - self._expected.get((peer, node), 0)]
            self._expected[peer, node] = rest + 1
        else:
            numbers += self._other(kind, time, self._nodes[node].details[rest])
        append_numbers(self.stream, numbers)

    def _other(self, kind: int, time: int, detail: Any) -> list[int]:
        if kind == REQUESTED:
            return [detail[0], 0 if detail[1] is None else time - detail[1]]
        if kind == ENTERED:
            _, number, version, stamp = detail
            return [number, version, *([0] if stamp is None else [1, *stamp])]
        if kind == RELEASED:
            return []
        shown = detail if isinstance(detail, str) and kind not in (VALUE, TIMER) else value_text(detail, brief=True)
        return [self.texts.setdefault(shown, len(self.texts))]

    def types(self) -> list[list[Any]]:
        """Return the classes of messages: name, whether it is the workload's, names of its fields or null."""
        fields = fields_of(self._history)
        return [[name, workload, fields.get((workload, name))] for workload, name in self._type_of]


def append_numbers(stream: bytearray, numbers: list[int]) -> None:
    """Append whole numbers of any size, as the module says."""
    for number in numbers:
        rest = number << 1 if number >= 0 else (-number << 1) - 1
        while rest > 127:
            stream.append(rest & 127 | 128)
            rest >>= 7
        stream.append(rest)
