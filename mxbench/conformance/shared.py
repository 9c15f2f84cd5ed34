"""What the modules and classes of a plugin hold: all nodes of one process share it, so no handler may change it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from mxbench.conformance.trail import canonical, mutable
from mxbench.core.contract import ContractBreach
from mxbench.core.state import freeze, thaw

Place = tuple[str, Any, str, Any]  # a name for people, then who holds it, under which name, and what it is
_CONTAINERS = (list, dict, set, frozenset, tuple, msgspec.Struct)


class Shared:
    """The values of some modules and of their classes, as they were when one last looked.

    handlers: by name, whose defaults are looked at too.
    """

    def __init__(self, modules: Sequence[ModuleType], handlers: Mapping[str, Any]) -> None:
        self._modules, self._handlers = modules, handlers
        self._kept: dict[str, Any] = {}
        self._copies: dict[str, Callable[[], Any]] = {}
        self._before: dict[str, tuple[Any, str, Callable[[], Any] | None]] = {}
        self.look()
        self.begin()

    def begin(self) -> None:
        """Let what is there now be what `restore` puts back."""
        self._before = {}

    def look(self) -> list[str]:
        """Return the names of what has changed since the last look."""
        found = {name: (_seen(value), holder, key, value) for name, holder, key, value in self._places()}
        gone = [name for name in self._kept if name not in found]
        new = [name for name, (seen, *_) in found.items() if name not in self._kept or self._kept[name] != seen]
        if not gone and not new:
            return []
        for name in new:  # what was there first stays, should it change again
            self._before.setdefault(name, (*found[name][1:3], self._copies.get(name)))
        for name in gone:
            del self._kept[name], self._copies[name]
        for name in new:
            seen, _, _, value = found[name]
            self._kept[name], self._copies[name] = seen, _copy(value)
        return sorted([*gone, *new])

    def restore(self) -> None:
        """Put back what was there when one began, so that one who sets it to the same again changes it."""
        for holder, key, copy in self._before.values():
            if isinstance(holder, FunctionType):  # its defaults
                continue
            if copy is None:
                delattr(holder, key)
            else:
                setattr(holder, key, copy())
        self.look()
        self.begin()

    def _places(self) -> Iterator[Place]:
        for name, handler in self._handlers.items():
            yield name, handler, "", handler
        for module in self._modules:
            for name, value in list(vars(module).items()):
                if isinstance(value, type) and value.__module__ == module.__name__:
                    yield from _held(value, f"{name}.")
            yield from _held(module, "")


def _held(holder: Any, prefix: str) -> Iterator[Place]:
    for name, value in list(vars(holder).items()):
        if not name.startswith("__"):
            yield f"{prefix}{name}", holder, name, value


def _seen(value: Any) -> Any:
    """Return what stands for a value that a module or class holds: something else when it has changed."""
    if isinstance(value, FunctionType):
        if value.__defaults__ or value.__kwdefaults__ or vars(value):
            return f"{id(value)} {canonical([value.__defaults__, value.__kwdefaults__, vars(value)])}"
        return id(value)
    if value is None or isinstance(value, type | ModuleType | str | int | float | bytes):
        return value
    if isinstance(value, _CONTAINERS):
        return canonical(value) if mutable(value) else id(value)
    return f"{value!r} {canonical(getattr(value, '__dict__', None))}"


def _copy(value: Any) -> Callable[[], Any]:
    """Return a function that returns a value as it is now, as far as it is plain data."""
    if isinstance(value, _CONTAINERS) and mutable(value):
        try:
            frozen = freeze(value)
        except ContractBreach:
            return lambda: value
        return lambda: thaw(frozen)
    return lambda: value
