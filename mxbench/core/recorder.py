"""What one node writes down while it runs, as records of two integers each: core/records.py says what is in them."""

from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any

from mxbench.core.history import NodeHistory, Totals
from mxbench.core.records import DELIVERED, LOWEST, SENT

FOLD = 4096  # records in lists before they are packed


class Recorder:
    """The records of one node. An engine on its fast path may append to `times` and `codes` itself.

    They are lists, as to append to a list costs a quarter of what it costs to append to an array; once they are long
    they are folded into arrays, in one go, and cleared (in a compiled simulation at the end alone). column: makes what
    an engine appends to instead, with `append`, `clear` and `tobytes`.
    """

    __slots__ = ("_codes", "_times", "codes", "details", "payloads", "times")

    def __init__(self, column: Callable[[], Any] = list) -> None:
        self.times: Any = column()
        self.codes: Any = column()
        self.details: list[Any] = []
        self.payloads = bytearray()
        self._times = array("q")
        self._codes = array("q")

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
        if len(self.times) > FOLD:
            self.fold()

    def fold(self) -> None:
        """Pack what was appended; called now and then, so that a long history stays small."""
        for kept, recent in ((self._times, self.times), (self._codes, self.codes)):
            kept.frombytes((array("q", recent) if isinstance(recent, list) else recent).tobytes())
            recent.clear()

    def counted(self, kind: int, types: int) -> list[int]:
        """Return how many records there are of a kind of message event, by type. types: how many there are."""
        self.fold()
        if types > 16:  # then the lowest byte of a code does not tell the type
            found = Counter(code & 0xFFF for code in self._codes)
            return [found[kind | index << 4] for index in range(types)]
        lowest = memoryview(self._codes).cast("B")[LOWEST::8].tobytes()
        return [lowest.count(kind | index << 4) for index in range(types)]

    def columns(self) -> tuple[bytes, bytes, list[Any], bytes]:
        """Return what was written: times, codes, details and payloads, as NodeHistory has them."""
        self.fold()
        return self._times.tobytes(), self._codes.tobytes(), self.details, bytes(self.payloads)

    def finish(self, node: int, types: list[str], algorithm_types: int, totals: Totals) -> NodeHistory:
        """Return what was written, ready to be stored."""
        return NodeHistory(node, types, algorithm_types, *self.columns(), totals)
