"""The wish of a node to enter, and its stay in the critical section."""

from typing import Any

import msgspec

Stamp = tuple[int, int]


class EntryRequest(msgspec.Struct, frozen=True):
    """One wish of this node to enter: its id (0, 1, ... at each node) and what the experiment says about it."""

    id: int
    attributes: dict[str, Any] = {}


class Entry(msgspec.Struct, frozen=True):
    """One stay in the critical section: the request's id, the fencing number, the algorithm's stamp if it gives one,
    and the greatest version of the guarded resource that the entrant had heard of (a ledger's height)."""

    id: int
    number: int
    stamp: Stamp | None
    version: int
