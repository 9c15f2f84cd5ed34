"""Messages that each receiver must have a copy of, because who holds one could change it for the others."""

import typing
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Any

import msgspec

from mxbench.core.messages import Message, WorkloadMessage


@cache
def copier(kind: type) -> Callable[[bytes], Any] | None:
    """Return what makes a fresh message of its bytes, or None for a type that no holder of a message can change."""
    hints = typing.get_type_hints(kind)
    fields = [hints[field.name] for field in msgspec.structs.fields(kind)]
    return None if all(map(_immutable, fields)) else msgspec.msgpack.Decoder(kind).decode


def _immutable(hint: Any) -> bool:
    if hint in (int, float, str, bytes, bool, type(None)):
        return True
    origin = typing.get_origin(hint)
    if origin is tuple or origin is typing.Union or origin is UnionType:
        return all(_immutable(part) for part in typing.get_args(hint) if part is not Ellipsis)
    if origin is typing.Literal:
        return True
    return isinstance(hint, type) and issubclass(hint, Message | WorkloadMessage) and copier(hint) is None
