"""Plain data as it crosses between the examiner and the confined process: scalars as they are, the rest tagged.

msgpack has neither tuples nor sets, and no keys but simple ones, so a container is a list that opens with its kind. A
set is in one order, whatever the hash of its members; a dict keeps its own, which a handler may act by.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from mxbench.core.contract import ContractBreach
from mxbench.core.messages import Message, made

MAX_DEPTH = 20
MAX_BITS = 4_000  # of a number: Python writes longer ones only when asked to twice
_SCALARS = frozenset((type(None), bool, float, str, bytes))
_CONTAINERS: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "f", dict: "d"}
_SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {"l": list, "t": tuple, "s": set, "f": frozenset}


class Named(tuple[Any, ...]):
    """A NamedTuple of a submission, as the examiner keeps it: the name of its class, then its fields."""

    def __new__(cls, *items: Any) -> "Named":
        return super().__new__(cls, items)


def pack(value: Any, classes: Mapping[type, int], depth: int = 0) -> Any:
    """Return plain data as msgpack can carry it; `classes` numbers the message classes. Raise ContractBreach."""
    kind = type(value)
    if kind is int:
        if -(2**63) <= value < 2**63:
            return value
        if value.bit_length() > MAX_BITS:
            raise ContractBreach(f"it holds or sends a number of over {MAX_BITS} bits")
        return ["i", hex(value)]
    if kind in _SCALARS:
        return value
    if depth > MAX_DEPTH:
        raise ContractBreach(f"its state or a message is nested more than {MAX_DEPTH} deep, or holds itself")
    if kind is dict:
        items = [pack(item, classes, depth + 1) for pair in value.items() for item in pair]
        return ["d", *items]
    if kind is set or kind is frozenset:
        members = [pack(item, classes, depth + 1) for item in value]
        return [_CONTAINERS[kind], *sorted(members, key=msgspec.msgpack.encode)]
    if kind is list or kind is tuple:
        return [_CONTAINERS[kind], *[pack(item, classes, depth + 1) for item in value]]
    if kind in classes:
        fields = msgspec.structs.astuple(value)
        return ["m", classes[kind], *[pack(item, classes, depth + 1) for item in fields]]
    if kind is Named:
        return ["n", *[pack(item, classes, depth + 1) for item in value]]
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return ["n", kind.__name__, *[pack(item, classes, depth + 1) for item in value]]
    raise ContractBreach(
        f"it holds or sends a {kind.__name__}, which is not plain data; "
        "keep numbers, strings, tuples, lists, dicts, sets and messages"
    )


def unpack(
    value: Any, classes: Sequence[type[Message]], named: Callable[..., Any] = Named, depth: int = 0
) -> Any:  # fmt: skip
    """Return what `pack` was given; raise ValueError for what it cannot have made.

    named: makes a NamedTuple of the name of its class and its fields.
    """
    if type(value) is not list:
        if type(value) is int or type(value) in _SCALARS:
            return value
        raise ValueError("a value of an unknown kind")
    if depth > MAX_DEPTH + 1 or not value:
        raise ValueError("nested too deep, or empty")
    kind, rest = value[0], value[1:]
    if kind == "i" and isinstance(rest[0], str) and len(rest[0]) <= MAX_BITS // 4 + 3:
        return int(rest[0], 16)
    if kind == "m":
        cls = classes[_index(rest[0], classes)]
        return made(cls, [unpack(item, classes, named, depth + 1) for item in rest[1:]])
    items = [unpack(item, classes, named, depth + 1) for item in rest]
    if kind == "d":
        return dict(zip(items[::2], items[1::2], strict=True))
    if kind == "n" and items and isinstance(items[0], str):
        return named(*items)
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](items)
    raise ValueError("a container of an unknown kind")


def _index(given: Any, classes: Sequence[type[Message]]) -> int:
    if type(given) is not int or not 0 <= given < len(classes):
        raise ValueError("a message of an unknown class")
    return given
