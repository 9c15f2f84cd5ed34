"""Messages of which each receiver must have a copy as it would come over a wire.

Who holds a list could change it for the others. And a message is not checked as it is made: where its class says tuple
or float, a list or an int may be in it, which arrives as what the class says, and shares nothing with the sender.
"""

import typing
from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Any

import msgspec

from mxbench.core.messages import Message, WorkloadMessage


@cache
def copier(kind: type) -> Callable[[bytes], Any] | None:
    """Return what makes a fresh message of its bytes, or None for a type whose messages arrive as they were sent."""
    hints = typing.get_type_hints(kind)
    fields = [hints[field.name] for field in msgspec.structs.fields(kind)]
    return None if all(map(_arrives_as_sent, fields)) else msgspec.msgpack.Decoder(kind).decode


def _arrives_as_sent(hint: Any) -> bool:
    if hint in (int, str, bytes, bool, type(None)):
        return True
    origin = typing.get_origin(hint)
    if origin is typing.Union or origin is UnionType:
        return all(map(_arrives_as_sent, typing.get_args(hint)))
    if origin is typing.Literal:
        return True
    return isinstance(hint, type) and issubclass(hint, Message | WorkloadMessage) and copier(hint) is None
