"""Dicts that work out what they do not hold: a look-up costs no more than in any dict once the answer is there."""

from collections.abc import Callable
from typing import Any


class Remembered(dict[Any, Any]):
    """A dict that works out what it does not hold."""

    __slots__ = ("_compute",)

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._compute(key)
        return value


class Received(Remembered):
    """What receiving a message does, by the receiver's field: the difference that it makes, or None where that is not
    one difference; then `several` has none, or those of all choices."""

    __slots__ = ("several",)

    def __init__(self, outcomes: Callable[[int], tuple[int, ...]]) -> None:
        self.several: dict[int, tuple[int, ...]] = {}

        def compute(field: int) -> int | None:
            found = outcomes(field)
            if len(found) == 1:
                return found[0]
            self.several[field] = found
            return None

        super().__init__(compute)
