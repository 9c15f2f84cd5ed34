"""State as a value: plain data frozen into a key and thawed into a fresh copy, and a node put into a state.

No author writes `__hash__`, `__eq__` or `deepcopy`; what a search needs of them is here.

* `freeze` gives a hashable key, `thaw` a new value from it that shares nothing with the first. Two keys are equal only
  if the values have the same types throughout: True, 1 and 1.0 differ, and so do a list and a tuple.
* A dict keeps the order in which its keys came in, and that is part of its key: a handler may act by it, and every
  engine shows it the same order. `ordered` is for who wants to know whether that order alone differs.
* Sets have no order; authors sort them before they iterate into effects.
* Limit: two fields that hold the *same* list come apart when thawed. `aliased` finds that.

Plain data of the standard types is frozen with marshal, which does all of this in C (version 2 of its format: later
ones remember identity). What marshal does not take, messages among them, is tagged with its type and frozen by hand.
"""

import marshal
from collections.abc import Callable, Hashable, Sequence
from operator import attrgetter, is_
from typing import Any

import msgspec

from mxbench.core.contract import PLAIN, ContractBreach, is_sequence
from mxbench.core.entry import Entry, EntryRequest
from mxbench.core.messages import made
from mxbench.core.node import Node

Frozen = Hashable
_FORMAT = 2
SHARED = "two places of its state hold the same list, dict or set; copy it"  # of what `aliased` finds
_SINGLE = frozenset({type(None), bool, int, float, str, bytes})  # types of values with nothing in them
_CHANGEABLE = frozenset({list, dict, set})
_WITHOUT_CHANGEABLE = (*PLAIN, set, frozenset)  # in which there is no list, dict or set
_OF_ALGORITHM = ("parameters",)  # fields that no step changes
_OF_WORKLOAD = ("parameters", "dwell", "options", "share")


def freeze(value: Any) -> Frozen:
    """Return a key that stands for a plain value and its types; raise ContractBreach for anything else."""
    try:
        return marshal.dumps(value, _FORMAT)
    except ValueError:  # a message, a type derived from a plain one, or no plain data at all
        return _freeze(value, 0)


def thaw(frozen: Frozen) -> Any:
    """Return a fresh value for a key that `freeze` returned."""
    return marshal.loads(frozen) if type(frozen) is bytes else _thaw(frozen)


def ordered(value: Any) -> Any:
    """Return a plain value with the keys of every dict in one order, whatever the order in which they came in.

    A value in which they are in that order already is returned itself.
    """
    cls = type(value)
    if cls in _SINGLE:
        return value
    if isinstance(value, dict):
        came = list(value)
        try:
            keys = sorted(came)
        except TypeError:  # keys of several types
            keys = sorted(came, key=repr)
        if _SINGLE.issuperset(map(type, value.values())):  # so it is most often
            return value if keys == came else {key: value[key] for key in keys}
        found = {key: ordered(value[key]) for key in keys}
        same = keys == came and all(found[key] is value[key] for key in keys)
        return value if same else found
    if cls is list or cls is tuple:
        return _same_or(value, value, cls)
    if isinstance(value, msgspec.Struct):
        return _same_or(value, msgspec.structs.astuple(value), lambda inner: made(cls, inner))
    return value


def _same_or(value: Any, inner: Sequence[Any], make: Callable[[list[Any]], Any]) -> Any:
    """Return a value itself if all that is in it is ordered, else what `make` makes of that ordered."""
    if _SINGLE.issuperset(map(type, inner)):  # so it is most often
        return value
    found = [item if type(item) in _SINGLE else ordered(item) for item in inner]
    return value if all(map(is_, found, inner)) else make(found)


def aliased(fields: Sequence[Any]) -> bool:
    """Return whether one list, dict or set is reached twice from the values of some fields. Raises ContractBreach where
    it meets what is not plain data: a bytearray, say, has a key too, but would come back as bytes."""
    held = []
    for part in fields:
        cls = type(part)
        if cls in _SINGLE:
            continue
        if cls not in _CHANGEABLE:
            return _aliased([*fields])
        for inner in part.values() if cls is dict else part:
            if type(inner) not in _SINGLE:
                return _aliased([*fields])
        held.append(id(part))
    return len(set(held)) < len(held)  # so it is most often: nothing in them but numbers and words


def _aliased(rest: list[Any]) -> bool:
    found: set[int] = set()
    while rest:
        item = rest.pop()
        if type(item) in _CHANGEABLE:
            if id(item) in found:
                return True
            found.add(id(item))
        if isinstance(item, dict):
            rest += item.values()
        elif isinstance(item, list | tuple):
            rest += item
        elif isinstance(item, msgspec.Struct):
            rest += msgspec.structs.astuple(item)
        elif not isinstance(item, _WITHOUT_CHANGEABLE):
            raise ContractBreach(f"it holds {item!r}, which is not plain data")
    return False


class NodeState:
    """Reads and writes all that the future steps of one node depend on, but for the counters of its envelope.

    The counters are left out because no plugin can read the fencing number before it is inside, and because they would
    make every state of a search a new one. So an entry of a node that was put into a state has a number of its own.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        of_algorithm, of_workload = _fields(node.algorithm, _OF_ALGORITHM), _fields(node.workload, _OF_WORKLOAD)
        self._read_algorithm, self._read_workload = _reader(of_algorithm), _reader(of_workload)
        # Gives both plugins what was read of them, frozen and thawed; it is their own from then on.
        self.write: Callable[[Any, Any], None] = _writer(node, of_algorithm, of_workload)

    def read(self) -> tuple[Any, Any, tuple[Any, ...]]:
        """Return the state of the algorithm, that of the workload, and where the node stands between its requests.

        The first two share their lists and dicts with the plugins, so freeze them at once; the third is fixed.
        """
        node = self.node
        waiting, inside, arrivals = node.waiting, node.inside, node._arrivals
        return (
            self._read_algorithm(node.algorithm),
            self._read_workload(node.workload),
            (
                None if waiting is None else waiting.id,
                None if inside is None else inside.id,
                node._releasing,
                tuple(node.backlog),
                node.tickets,
                node._requests,
                arrivals.issued,
                arrivals.ended,
            ),
        )

    def write_life(self, life: tuple[Any, ...]) -> None:
        """Let the node stand where it stood when this was read."""
        node = self.node
        waiting, inside, releasing, backlog, tickets, requests, issued, ended = life
        node.waiting = None if waiting is None else EntryRequest(waiting)
        node.inside = None if inside is None else Entry(inside, 1, None, 0)
        node.out.may_enter = waiting is not None
        node._work_out.inside = inside is not None and not releasing
        node._releasing = releasing
        node.backlog.clear()
        node.backlog += backlog
        node.tickets = tickets
        node._requests = requests
        node._arrivals.issued = issued
        node._arrivals.ended = ended
        node.completed = node.version = 0


def _fields(plugin: msgspec.Struct, fixed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in plugin.__struct_fields__ if name not in fixed)


def _reader(names: tuple[str, ...]) -> Any:
    """Return a function that reads these attributes of an object as a tuple."""
    if not names:
        return lambda owner: ()
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda owner: (read(owner),)


def _writer(node: Node, of_algorithm: tuple[str, ...], of_workload: tuple[str, ...]) -> Any:
    """Return a function that gives these attributes of a node's two plugins new values, two tuples of them.

    It is written out and compiled, as that takes a third of the time of calling `setattr` for each.
    """
    made: dict[str, Any] = {"of_algorithm": node.algorithm, "of_workload": node.workload}
    lines = [
        f"    {''.join(f'of_{plugin}.{name}, ' for name in names)} = {plugin}"
        for plugin, names in (("algorithm", of_algorithm), ("workload", of_workload)) if names
    ]  # fmt: skip
    exec("\n".join(["def write(algorithm, workload):", *lines, "    return"]), made)
    return made["write"]


def _freeze(value: Any, depth: int) -> Frozen:
    """Return (type, contents): hashable, and unequal for unequal types."""
    cls = type(value)
    if depth > 20:
        raise ContractBreach("its state is nested more than 20 deep, or holds itself")
    if isinstance(value, msgspec.Struct):
        return (cls, tuple(_freeze(item, depth + 1) for item in msgspec.structs.astuple(value)))
    if is_sequence(value):
        return (cls, tuple(_freeze(item, depth + 1) for item in value))
    if cls is set or cls is frozenset:
        return (cls, frozenset(_freeze(item, depth + 1) for item in value))
    if cls is dict:
        return (cls, tuple((_freeze(k, depth + 1), _freeze(v, depth + 1)) for k, v in value.items()))
    if isinstance(value, PLAIN):
        return (cls, value)
    raise ContractBreach(
        f"it holds or sends a {cls.__name__}, which is not plain data; "
        "keep numbers, strings, tuples, lists, dicts, sets and messages"
    )


def _thaw(frozen: Any) -> Any:
    cls, inner = frozen
    if issubclass(cls, msgspec.Struct):
        return made(cls, map(_thaw, inner))
    if cls is dict:
        return {_thaw(k): _thaw(v) for k, v in inner}
    if issubclass(cls, tuple) and cls is not tuple:
        return cls(*map(_thaw, inner))  # a NamedTuple
    if issubclass(cls, list | tuple | set | frozenset):
        return cls(map(_thaw, inner))
    return inner
