"""The wish of a node to enter, and its stay in the critical section."""

from typing import Any

import msgspec

from mxbench.core.contract import ContractBreach

Stamp = tuple[int, int]
LARGE = 1 << 63  # what a history can hold of a whole number


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


def check_stamp(stamp: Any) -> None:
    """Raise ContractBreach unless this is a stamp, or None."""
    fits = isinstance(stamp, tuple) and [type(part) for part in stamp] == [int, int]
    if stamp is not None and not (fits and all(-LARGE <= part < LARGE for part in stamp)):
        what = "a stamp is (clock, node), two whole numbers of 64 bits"
        raise ContractBreach(f"it entered with the stamp {stamp!r}; {what}")
