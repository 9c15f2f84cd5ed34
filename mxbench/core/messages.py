"""Messages of algorithms and of workloads: immutable, compared by type and value, and readable on the wire."""

import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar, dataclass_transform

import msgspec

from mxbench.core.contract import ContractBreach

encode = msgspec.msgpack.Encoder().encode
_WITHOUT_MESSAGES = ("builtins", "msgspec", "msgspec._core", "mxbench.core.algorithm", "mxbench.core.workload")


@dataclass_transform(frozen_default=True)
class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """A message of an algorithm. Subclass it and annotate the fields: `class Reply(Message): clock: int`.

    On the wire it is the array [class name, field, ...], so a saved history explains itself without its plugin.
    """


@dataclass_transform(frozen_default=True)
class WorkloadMessage(msgspec.Struct, frozen=True, array_like=True, tag=lambda name: f"workload.{name}", gc=False):
    """A message of a workload (a block, a read of the register). It never carries the fencing number."""


Sent = TypeVar("Sent", Message, WorkloadMessage)


def message_types(owner: type, kind: type) -> tuple[type, ...]:
    """Return the subclasses of `kind` that the module of `owner` defines or imports, in order of appearance.

    The modules of the classes that `owner` inherits from count too, so a variant of an algorithm need not repeat the
    imports of the original; of two message classes with one name the variant's own is taken.
    """
    found: dict[str, type] = {}
    for cls in owner.__mro__:
        if cls.__module__ in _WITHOUT_MESSAGES:  # each node asks four times: to look through them costs more than it
            continue
        module = sys.modules.get(cls.__module__)
        for value in vars(module).values() if module else ():
            if isinstance(value, type) and issubclass(value, kind) and value is not kind:
                found.setdefault(value.__name__, value)
    return tuple(found.values())


@lru_cache(maxsize=8)
def receivers(places: range | tuple[int, ...]) -> frozenset[int]:
    """Return the places as a set, one and the same for all nodes of a run: with one each, 10,000 would not fit."""
    return frozenset(places)


def made(cls: Any, values: Iterable[Any]) -> Any:
    """Return a Struct of a class with these values, in the order of its fields, which may be keywords only."""
    return cls(**dict(zip(cls.__struct_fields__, values, strict=True)))


def encoded(message: object, owner: type | None = None) -> bytes:
    """Return a message's bytes; raise ContractBreach, of its owner's, for one that has none."""
    try:
        return encode(message)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise ContractBreach(f"it sent {message!r}, which cannot be encoded: {error}", owner) from None


def on_arrival(message: Sent, owner: type | None = None) -> Sent:
    """Return a message as it arrives over a wire; raise ContractBreach, of its owner's, for one that does not."""
    try:
        return _decoder(type(message)).decode(encoded(message, owner))
    except msgspec.ValidationError as error:
        text = f"it sent {message!r}, whose fields are not what its class says: {error}"
        raise ContractBreach(text, owner) from None


@lru_cache(maxsize=64)
def _decoder(kind: type[Sent]) -> msgspec.msgpack.Decoder[Sent]:
    return msgspec.msgpack.Decoder(kind)
