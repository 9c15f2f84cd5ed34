"""The stand-in for a submission's algorithm, on the examiner's side: real messages and state, handlers that ask.

To every engine it is an algorithm like any other. Its module is made for it, and has no file.
"""

import sys
from collections.abc import Callable
from functools import partial
from keyword import iskeyword
from types import ModuleType
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm, Assumptions, Out
from mxbench.core.claims import CLAIMS
from mxbench.core.contract import PluginFault
from mxbench.core.distributions import Distribution
from mxbench.core.envelope import BROADCAST, CANCEL_TIMER, SET_TIMER
from mxbench.core.messages import Message
from mxbench.core.topologies import TOPOLOGIES
from mxbench.grading.frames import FLAGS, Declaration, encode
from mxbench.grading.plain import pack, unpack
from mxbench.grading.process import ConfinedProcess
from mxbench.hookspecs import hookimpl

NAME = "submission"
MODULE = "mxbench_submission"
MAX_NAMES = 100  # fields of a state or of a message, and message classes
MAX_TIMER_NAME = 200
HANDLERS = ("on_start", "on_request", "on_message", "on_release", "on_timer")


def stand_in(declaration: Declaration, process: ConfinedProcess) -> ModuleType:
    """Return a module with an algorithm that behaves as the submission does; raise PluginFault for a wrong declaration.

    The module is put among those that are loaded, as every engine looks for an algorithm's messages there.
    """
    _check_names(declaration)
    module = ModuleType(MODULE)
    sys.modules[MODULE] = module
    kinds: list[Any] = [
        msgspec.defstruct(
            name, [(field, Any) for field in fields], bases=(Message,), module=MODULE, frozen=True, array_like=True,
            tag=True,
        )
        for name, fields in declaration.messages
    ]  # fmt: skip
    for kind in kinds:
        setattr(module, kind.__name__, kind)
    asking = _Asking(declaration, process, tuple(kinds))
    try:
        assumes = Assumptions(**declaration.assumes)
    except TypeError:
        raise PluginFault("its 'assumes' is no Assumptions(...)") from None
    if declaration.topology is not None and declaration.topology not in TOPOLOGIES:
        raise PluginFault(f"its topology is {declaration.topology!r}; it is one of {', '.join(TOPOLOGIES)}")
    namespace: dict[str, Any] = {name: asking.handler(name) for name in HANDLERS}
    namespace |= {"name": NAME, "assumes": assumes, "__post_init__": asking.begin, **declaration.claims}
    namespace |= {"quorum_system": declaration.quorum_system, "topology": declaration.topology, **declaration.flags}
    namespace["__doc__"] = declaration.summary
    cls = msgspec.defstruct(
        "Submission", [(field, Any, None) for field in declaration.fields], bases=(Algorithm,), namespace=namespace,
        module=MODULE,
    )  # fmt: skip
    module.Submission = cls  # type: ignore[attr-defined]
    module.mxbench_algorithms = hookimpl(lambda: [cls])  # type: ignore[attr-defined]
    return module


class _Asking:
    """What the handlers of a stand-in have in common."""

    def __init__(self, declaration: Declaration, process: ConfinedProcess, kinds: tuple[type[Message], ...]) -> None:
        self._fields, self._process, self._kinds = tuple(declaration.fields), process, kinds
        self._numbers: dict[type, int] = {kind: number for number, kind in enumerate(kinds)}
        self._told: dict[Any, bytes] = {}  # parameters, as they are sent

    def begin(self, node: Any) -> None:
        """Give a node its first state."""
        _, state, *_ = self._process.ask(encode(["initial", self._parameters(node)]), "at the start", _no_choice)
        self._write(node, state)

    def handler(self, name: str) -> Callable[..., None]:
        """Return a handler that asks what the submission's own would do, and does it."""

        def on_event(node: Any, *arguments: Any) -> None:
            *given, out = arguments
            if name == "on_request":
                given = [given[0].id, given[0].attributes]
            self._react(name, node, given, out)

        on_event.__name__ = on_event.__qualname__ = name
        return on_event

    def _react(self, name: str, node: Any, given: list[Any], out: Out) -> None:
        numbers = self._numbers
        state = [pack(getattr(node, field), numbers) for field in self._fields]
        arguments = [pack(value, numbers) for value in given]
        question = encode([name, self._parameters(node), out.may_enter, state, arguments])
        doing = f"in {name}, node {node.parameters.me}"
        _, after, effects, enters, stamp, _ = self._process.ask(question, doing, partial(_choose, out))
        try:
            self._write(node, after)
            for to, what in effects:
                self._record(out, to, what)
            if enters is True:
                out.enter(None if stamp is None else msgspec.convert(stamp, tuple[int, int]))
        except (ValueError, TypeError, IndexError, KeyError, msgspec.MsgspecError):
            raise PluginFault(f"{doing}: it answers with what is no reaction") from None

    def _record(self, out: Out, to: Any, what: Any) -> None:
        if to == SET_TIMER:
            name, after = what
            out.set_timer(_timer(name), msgspec.convert(after, Distribution))
        elif to == CANCEL_TIMER:
            out.cancel_timer(_timer(what))
        elif to == BROADCAST:
            out.broadcast(unpack(what, self._kinds))
        elif type(to) is int:
            out.send(to, unpack(what, self._kinds))
        else:
            raise ValueError("an effect of an unknown kind")

    def _write(self, node: Any, state: Any) -> None:
        try:
            for field, value in zip(self._fields, state, strict=True):
                setattr(node, field, unpack(value, self._kinds))
        except (ValueError, TypeError, IndexError):
            raise PluginFault("it answers with what is no state") from None

    def _parameters(self, node: Any) -> bytes:
        found = self._told.get(node.parameters)
        if found is None:
            found = self._told[node.parameters] = msgspec.msgpack.encode(node.parameters)
        return found


def _choose(out: Out, count: int) -> int:
    return out.choose(range(count))


def _no_choice(count: int) -> int:
    raise PluginFault("it chooses before it is started")


def _timer(name: Any) -> str:
    if type(name) is not str or len(name) > MAX_TIMER_NAME:
        raise ValueError("no name of a timer")
    return name


def _check_names(declaration: Declaration) -> None:
    """Raise PluginFault for names that are none, or that are taken by what every algorithm and message has."""
    every = [(declaration.fields, Algorithm), *[(fields, Message) for _, fields in declaration.messages]]
    classes = [name for name, _ in declaration.messages]
    for names, owner in (*every, (classes, None)):
        if len(names) > MAX_NAMES or len(set(names)) < len(names):
            raise PluginFault(f"it has over {MAX_NAMES} fields or message classes, or two of one name")
        for name in names:
            taken = owner is not None and (hasattr(owner, name) or name == "parameters")
            if not name.isidentifier() or iskeyword(name) or name.startswith("__") or taken or len(name) > 100:
                raise PluginFault(f"the name {name!r} of a field or message is not one that it can have")
    if not set(declaration.claims) <= set(CLAIMS) or not set(declaration.flags) <= set(FLAGS):
        raise PluginFault("it declares what no algorithm has")
    if not {"Submission", "mxbench_algorithms"}.isdisjoint(classes):
        raise PluginFault("a message class has the name of something else")
