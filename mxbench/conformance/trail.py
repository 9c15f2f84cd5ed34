"""A handler's trail: after each line that it carried out, what it had done up to there.

Two trails of one handler, from one state, are the same; where they part is the line that did not do the same twice.
"""

import zlib
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from mxbench.core.contract import PLAIN

MAX_DEPTH = 20
Line = tuple[str, int]  # file, number
Trail = list[tuple[str, int, int]]  # file and number of a line, digest of state and effects after it


class Call(msgspec.Struct, frozen=True):
    """One call of a handler. trail: of each line, or of its end alone."""

    handler: str
    node: int
    trail: Trail


def parting(first: list[Call], second: list[Call]) -> tuple[int, str, Line] | None:
    """Return the number of the call, the handler and the line at which two accounts of a run part, None if nowhere."""
    for number, (a, b) in enumerate(zip(first, second, strict=False)):
        line = parted_line(a.trail, b.trail)
        if line is not None:
            return number, a.handler, line
    return None


def parted_line(first: Trail, second: Trail) -> Line | None:
    """Return the line after which two trails are not the same, None if they are."""
    before: Line | None = None
    for a, b in zip_longest(first, second):
        if a != b:
            if a is not None and b is not None and a[:2] != b[:2]:
                return before or a[:2]  # the line before went one way here, and another there
            found: tuple[str, int, int] = a or b
            return found[:2]
        before = a[:2]
    return None


def digest(value: Any) -> int:
    """Return a number that stands for a plain value, the same in every process."""
    return zlib.crc32(canonical(value).encode("utf-8", "surrogatepass"))


def canonical(value: Any, depth: int = 0) -> str:
    """Return a plain value as text; sets and the keys of dicts, of which the order is no part, in one order."""
    kind = type(value)
    if isinstance(value, PLAIN):
        return f"{kind.__name__}:{value!r}"
    if depth > MAX_DEPTH:
        return "..."
    if isinstance(value, msgspec.Struct):
        inner = [canonical(getattr(value, name), depth + 1) for name in value.__struct_fields__]
    elif isinstance(value, list | tuple):
        inner = [canonical(item, depth + 1) for item in value]
    elif isinstance(value, set | frozenset):
        kind = set if isinstance(value, set) else frozenset  # and no matter in which direction
        inner = sorted(canonical(item, depth + 1) for item in value)
    elif isinstance(value, dict):
        inner = sorted(f"{canonical(key, depth + 1)}={canonical(item, depth + 1)}" for key, item in value.items())
    else:
        return f"{kind.__module__}.{kind.__qualname__}"  # no plain data; the contract says so elsewhere
    return f"{kind.__name__}({','.join(inner)})"


def mutable(value: Any, depth: int = 0) -> bool:
    """Return whether a plain value holds a list, a dict or a set somewhere."""
    if isinstance(value, list | dict | set | bytearray):
        return True
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, msgspec.Struct):
        return any(mutable(getattr(value, name), depth + 1) for name in value.__struct_fields__)
    return isinstance(value, tuple) and any(mutable(item, depth + 1) for item in value)


def has_set_of_words(value: Any, depth: int = 0) -> bool:
    """Return whether a plain value holds a set of what is not a number, whose order is another in each process."""
    if isinstance(value, set | frozenset):
        return not all(isinstance(item, int | float) for item in value)
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, msgspec.Struct):
        return any(has_set_of_words(getattr(value, name), depth + 1) for name in value.__struct_fields__)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    return isinstance(value, list | tuple) and any(has_set_of_words(item, depth + 1) for item in value)


class Backwards(set[Any]):
    """A set that is gone along in the other direction."""

    def __iter__(self) -> Iterator[Any]:
        return iter(list(super().__iter__())[::-1])

    def pop(self) -> Any:
        item = next(iter(self))
        self.remove(item)
        return item


class FrozenBackwards(frozenset[Any]):
    """The same, of one that does not change."""

    def __iter__(self) -> Iterator[Any]:
        return iter(list(super().__iter__())[::-1])


def reordered(value: Any) -> Any:
    """Return an equal value in which a set of words, here or in a list or dict, has another order."""
    if isinstance(value, set | frozenset) and has_set_of_words(value):
        return Backwards(value) if isinstance(value, set) else FrozenBackwards(value)
    if type(value) is list:
        return [reordered(item) for item in value]
    if type(value) is dict:
        return {key: reordered(item) for key, item in value.items()}
    return value
