"""The contract between a plugin's author and the framework, and whose line broke it."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from types import TracebackType
from typing import Any, ClassVar, get_origin

import msgspec

PLAIN = (type(None), bool, int, float, str, bytes)
_PLAIN = frozenset(PLAIN)  # most values are of just these types: to ask for that first costs a fifth


class ContractBreach(Exception):
    """A handler did what the contract forbids: it entered without a request, sent to a node that does not exist, ...

    owner: the class whose state it was found in; None where it was found in a handler.
    """

    def __init__(self, text: str, owner: type | None = None) -> None:
        super().__init__(text)
        self.owner = owner


class Unending(BaseException):
    """A handler was interrupted because it did not return; not an Exception, which many handlers catch."""


class PluginFault(Exception):
    """A plugin broke the contract or raised: the file, line, node and step of the author's code, in one sentence."""


PLUGIN_ERRORS = (Exception, SystemExit, GeneratorExit, Unending)  # what ends no more than a run; Ctrl-C ends all


def plugin_fault(error: BaseException, owners: Sequence[type], node: int, step: int) -> PluginFault | None:
    """Return the fault to show for `error`, or None if none of these owners (an algorithm, a workload) is to blame."""
    if isinstance(error, PluginFault):  # of a plugin that runs in a process of its own, and was told there
        return error
    place = next(filter(None, (_place(error, owner) for owner in owners)), None)
    if place is None and isinstance(error, msgspec.ValidationError):
        error = ContractBreach(f"it sent a message whose fields are not what its class says: {error}")
    if place is None and isinstance(error, ContractBreach | TypeError | AttributeError):
        # No frame of the author's: a handler with a wrong signature, or a breach found after the handler returned.
        owner = next((owner for owner in owners if _is_named(owner, error)), owners[0])
        place = _source_file(owner) or owner.__module__, _first_line(owner), f"in class {owner.__name__}"
    if place is None:
        return None
    file, line, where = place
    what = str(error) if isinstance(error, ContractBreach | Unending) else f"{type(error).__name__}: {error}"
    what = what.encode(errors="backslashreplace").decode()  # half a surrogate pair can be neither printed nor stored
    return PluginFault(f"{file}:{line}: {what} ({where}, node {node}, step {step})")


def _place(error: BaseException, owner: type) -> tuple[str, int, str] | None:
    """Return the file and line of the owner's code from which an error came, and in which function; None if it has
    no part in it."""
    files = {_source_file(cls) for cls in owner.__mro__[:-1]} - {_source_file(ContractBreach), None}
    frames = _frames(error.__traceback__)
    inside = [(file, line, function) for file, line, function in frames if file in files and not _is_core(file)]
    if not inside:
        return None
    file, line, function = inside[-1]
    handler = inside[0][2]
    return file, line, f"in {handler}" if handler == function else f"in {function}, called by {handler}"


def _is_named(owner: type, error: BaseException) -> bool:
    """Return whether an error says that it is about this class: its state, or the signature of a handler of it."""
    if isinstance(error, ContractBreach) and error.owner is not None:
        return error.owner is owner
    return str(error).startswith(tuple(f"{cls.__name__}." for cls in owner.__mro__))


def check_plain(owner: object, skip: tuple[str, ...] = ("parameters",)) -> None:
    """Raise ContractBreach if a field of the state holds anything but plain data (see plugins/README.md)."""
    kind: Any = type(owner)
    names, values = _state(kind, skip)
    for name, value in zip(names, values(owner), strict=True):
        culprit = None if type(value) in _PLAIN else _not_plain(value, depth=0)
        if culprit is not None:
            raise ContractBreach(
                f"the state '{name}' holds {_article(type(culprit).__name__)}, which is not plain data; "
                "keep numbers, strings, tuples, lists, dicts, sets and messages",
                kind,
            )


@lru_cache(maxsize=64)
def _state(kind: Any, skip: tuple[str, ...]) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    """Return the names of the fields of a state but for those to skip, and what gets their values."""
    names = tuple(name for name in kind.__struct_fields__ if name not in skip)
    if len(names) > 1:
        return names, attrgetter(*names)  # of several names it gives a tuple
    return names, lambda owner: tuple(getattr(owner, name) for name in names)


def check_declaration(owner: type) -> None:
    """Raise ContractBreach for state that is declared so that nodes in one process would share it.

    What its contract class declares of the class (`messages_per_entry`) is no state, and may be a list or a dict.
    """
    hints = [hint for base in owner.__mro__[1:] for hint in vars(base).get("__annotations__", {}).items()]
    declared = {name for name, hint in hints if get_origin(hint) is ClassVar}
    for name, value in vars(owner).items():
        if name not in declared and not name.startswith("__") and isinstance(value, list | dict | set | bytearray):
            kind = type(value).__name__
            raise ContractBreach(
                f"'{name}' is a {kind} of the class, shared by all nodes; annotate it to make it state: {name}: {kind}"
            )


def is_sequence(value: object) -> bool:
    """Return whether this is a list, a tuple or a NamedTuple, and not another class derived from one."""
    return type(value) in (list, tuple) or (isinstance(value, tuple) and hasattr(value, "_fields"))


def _not_plain(value: object, depth: int) -> object | None:
    if isinstance(value, PLAIN):
        return None
    if depth > 20:
        return value
    inner: Iterable[object]
    if is_sequence(value) or type(value) in (set, frozenset):
        inner = value  # type: ignore[assignment]
    elif type(value) is dict:  # a Counter, say, is more than what is in it, and could not be made anew from that
        inner = (*value.keys(), *value.values())
    elif isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    else:
        return value
    if _PLAIN.issuperset(map(type, inner)):  # so it is most often
        return None
    for item in inner:
        if type(item) not in _PLAIN and (culprit := _not_plain(item, depth + 1)) is not None:
            return culprit
    return None


def _frames(traceback: TracebackType | None) -> list[tuple[str, int, str]]:
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return frames


def _is_core(file: str | None) -> bool:
    return file is not None and file.startswith(__file__.rpartition("contract.py")[0])


def _source_file(cls: type) -> str | None:
    try:
        return inspect.getsourcefile(cls)
    except (TypeError, OSError):
        return None


def _first_line(cls: type) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (TypeError, OSError):
        return 1


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"
