"""The confined process: imports one submission and says what its handlers do. `python -m mxbench.grading.confined`.

It keeps nothing between two questions: state comes with each. Everything here may be patched by the submission, so
nothing that it says is believed but as what the submission does.

It reads frames from standard input and answers on what was standard output; what the submission prints goes to a
file, whose length is limited. Questions: ["initial", parameters], [handler, parameters, may_enter, state, arguments].
Answers: ["done", state, effects, enters, stamp], ["choose", count] (then the choice is read), ["fault", text]; each
with what was tried that is not allowed.
"""

import gc
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm, Out, Parameters
from mxbench.core.claims import CLAIMS
from mxbench.core.contract import ContractBreach, check_declaration, check_plain, plugin_fault
from mxbench.core.distributions import Distribution
from mxbench.core.entry import EntryRequest
from mxbench.core.messages import Message, message_types, on_arrival
from mxbench.core.state import SHARED, aliased
from mxbench.errors import PluginError
from mxbench.grading.frames import FLAGS, Declaration, Setting, encode, read_blocking, write_blocking
from mxbench.grading.kernel import confine, die_with_parent
from mxbench.grading.plain import pack, unpack
from mxbench.grading.watch import Watch
from mxbench.loading import load_file

MAX_TEXT = 2_000  # characters of a fault
MAX_OPEN = 64  # files at once
_ANSWERS, _QUESTIONS = 3, 4  # the descriptors that answers go to, and questions come from


class Submission:
    """The algorithm of one file, asked one handler at a time."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.cls = _algorithm_of(module, name)
        check_declaration(self.cls)
        self.messages: tuple[type[Message], ...] = message_types(self.cls, Message)
        self._classes = {cls: number for number, cls in enumerate(self.messages)}
        self._fields = tuple(field for field in self.cls.__struct_fields__ if field != "parameters")
        self._named = vars(module)
        self._nodes: dict[bytes, tuple[Any, Out]] = {}

    def declaration(self) -> Declaration:
        """Return what the class says of itself."""
        cls = self.cls
        return Declaration(
            str(cls.name), (cls.__doc__ or "").partition("\n")[0][:200], list(self._fields),
            [(message.__name__, list(message.__struct_fields__)) for message in self.messages],
            msgspec.structs.asdict(cls.assumes),
            {name: getattr(cls, name) for name in CLAIMS if getattr(cls, name) is not None},
            cls.quorum_system, cls.topology, {name: bool(getattr(cls, name)) for name in FLAGS},
        )  # fmt: skip

    def initial(self, parameters: bytes) -> list[Any]:
        """Return the state in which a node begins."""
        return self._packed(self.cls(msgspec.msgpack.decode(parameters, type=Parameters)))

    def react(self, handler: str, parameters: bytes, may_enter: bool, state: list[Any], arguments: list[Any]) -> Any:
        """Return what a handler does."""
        node, out = self._node(parameters)
        for field, value in zip(self._fields, state, strict=True):
            setattr(node, field, self._unpacked(value))
        out.effects.clear()
        out.entering, out.stamp, out.may_enter = False, None, may_enter
        given = [self._unpacked(argument) for argument in arguments]
        if handler == "on_request":
            given = [EntryRequest(*given)]
        elif handler == "on_message" and given[0] != node.me:
            given[1] = on_arrival(given[1])  # the examiner has no types: what it sends has lists for tuples and sets
        getattr(node, handler)(*given, out)
        effects = [[to, self._effect(to, what)] for to, what in out.effects]
        return ["done", self._packed(node), effects, out.entering, out.stamp]

    def _node(self, parameters: bytes) -> tuple[Any, Out]:
        found = self._nodes.get(parameters)
        if found is None:
            told = msgspec.msgpack.decode(parameters, type=Parameters)
            found = (self.cls(told), Out(range(told.guard), self.messages, _choose))
            self._nodes[parameters] = found
        return found

    def _packed(self, node: Any) -> list[Any]:
        values = [getattr(node, field) for field in self._fields]
        try:
            packed = [pack(value, self._classes) for value in values]
        except ContractBreach:
            check_plain(node)  # says which field it is
            raise
        if aliased(values):
            raise ContractBreach(SHARED)
        return packed

    def _effect(self, to: int, what: Any) -> Any:
        if isinstance(what, Message):
            return pack(what, self._classes)
        if isinstance(what, tuple):
            name, after = what
            if not isinstance(after, Distribution):
                raise ContractBreach(f"it set the timer {name!r} to {after!r}; write Constant(0.002), in seconds")
            return [name, msgspec.to_builtins(after)]
        return what

    def _unpacked(self, value: Any) -> Any:
        return unpack(value, self.messages, lambda name, *fields: self._named[name](*fields))


def main() -> None:
    """Confine this process, import the submission, and answer questions until the other end is gone."""
    die_with_parent(int(sys.argv[1]))
    _rewire()
    first = read_blocking(_QUESTIONS)
    if first is None:
        return
    setting = msgspec.msgpack.decode(first, type=Setting)
    readable = [*setting.readable, os.path.dirname(setting.file)]
    _limit(setting)
    watch = Watch(readable)
    in_force = ["rlimits", *confine(readable), "audit hook"]
    watch.begin()
    gc.disable()  # a handler makes nothing that has to be looked for, and a limit on memory holds anyway
    try:
        submission = Submission(load_file(setting.file), os.path.basename(setting.file))
        watch.look_for_patches()
        write_blocking(_ANSWERS, ["loaded", msgspec.to_builtins(submission.declaration()), in_force, watch.offences])
    except BaseException as error:
        write_blocking(
            _ANSWERS, ["fault", _cut(_without_folder(_words(error), setting.file)), in_force, watch.offences]
        )
        return
    while (question := read_blocking(_QUESTIONS)) is not None:
        write_blocking(_ANSWERS, [*_answer(submission, msgspec.msgpack.decode(question), setting), watch.offences])


def _rewire() -> None:
    """Keep the two pipes aside, and let what the submission prints go to the file that standard error is."""
    os.dup2(1, _ANSWERS)
    os.dup2(0, _QUESTIONS)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _answer(submission: Submission, question: list[Any], setting: Setting) -> Sequence[Any]:
    try:
        if question[0] == "initial":
            return ["done", submission.initial(question[1]), [], False, None]
        answer: Sequence[Any] = submission.react(*question)
        encode(answer)  # what cannot be sent is found here, and told
        return answer
    except BaseException as error:  # SystemExit too: a handler ends nothing
        blamed = plugin_fault(error, (submission.cls,), -1, 0)
        text = str(blamed).replace(", node -1, step 0)", ")") if blamed else _words(error)
        return ["fault", _cut(_without_folder(text, setting.file))]


def _choose(options: Sequence[Any]) -> Any:
    """Have the examiner choose."""
    write_blocking(_ANSWERS, ["choose", len(options)])
    chosen = read_blocking(_QUESTIONS)
    if chosen is None:
        os._exit(0)
    return options[msgspec.msgpack.decode(chosen)]


def _algorithm_of(module: ModuleType, name: str) -> type[Algorithm]:
    """Return the one algorithm that a module registers, or if it registers none, the one that it defines."""
    hook = getattr(module, "mxbench_algorithms", None)
    if hook is not None:
        found = list(hook())
    else:
        found = [
            value for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Algorithm) and value.__module__ == module.__name__
        ]  # fmt: skip
    if len(found) != 1 or not (isinstance(found[0], type) and issubclass(found[0], Algorithm)):
        raise ContractBreach(f"{name}: it brings {len(found)} algorithms; a submission brings one")
    return found[0]


def _limit(setting: Setting) -> None:
    """Set limits that only a privileged process could lift again, and from then on none can, where seccomp holds."""
    import resource  # which only POSIX has

    limits = (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, MAX_OPEN), (resource.RLIMIT_FSIZE, setting.output_bytes),
        (resource.RLIMIT_CPU, setting.cpu_s), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_AS, setting.memory_bytes),
    )  # fmt: skip
    for kind, most in limits:
        resource.setrlimit(kind, (most, most + (kind == resource.RLIMIT_CPU)))  # at the first it is told why it ends


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, ContractBreach | PluginError) else f"{type(error).__name__}: {error}"


def _without_folder(text: str, file: str) -> str:
    return text.replace(os.path.dirname(file) + os.sep, "")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + " ..."


if __name__ == "__main__":
    main()
