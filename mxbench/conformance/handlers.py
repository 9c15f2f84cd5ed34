"""An algorithm's handlers under watch: each one run twice from copies of one state, and looked at after every line.

Theory of operation. The handlers of the class are replaced, in this process, by ones that do this around the original:

* The state, the arguments and what may be entered are copied, the handler runs on the real node, then once more on a
  twin from the copies, which is given the same choices. Both must end in the same state with the same effects.
* Has a module or a class of the plugin a new value? Has a message changed that was sent or received?
* If so, or if the twin did something else, two further twins run *closely*, by sys.settrace: what the first two did is
  looked for after each line, and that line is named; the first of the handler where the same does not happen again.
* A handler called by a handler is a part of it.
"""

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import msgspec

from mxbench.conformance.reach import Reach
from mxbench.conformance.shared import Shared
from mxbench.conformance.trail import (
    Call,
    Line,
    Trail,
    canonical,
    digest,
    has_set_of_words,
    mutable,
    parted_line,
    reordered,
)
from mxbench.core.algorithm import Algorithm, Out
from mxbench.core.contract import ContractBreach
from mxbench.core.state import freeze, thaw

HANDLERS = ("on_start", "on_request", "on_message", "on_release", "on_timer")
MAX_MESSAGES = 64  # that are looked at after each line: the last ones that can change at all
SHARED = "changes '{}', which all nodes of one process share; make it a field of the algorithm's state"
CHANGED = "changes a message, {}, that was sent or received; messages do not change: make a new one"
NOT_TWICE = (
    "does not do the same twice, from the same state; it may follow the order of a set, an address, or what "
    "another call left behind"
)
UNSORTED = (
    "goes along a set of what is not a number, such as strings, without sorting it: the order differs from process to "
    "process; go along sorted(...)"
)
ELSEWHERE = (
    "does something else in another process: it may go along a set of what is not a number, such as strings, without "
    "sorting it (go along sorted(...)), or follow hash(), an address, a process id or what was drawn at import"
)
DIFFERENT = (NOT_TWICE, UNSORTED)


class Watch:
    """Watches the handlers of one class. found: (file, line, handler, what it does), each once. calls: all of them.

    close: the number of a call to keep the whole trail of; of the others only the end is kept.
    """

    def __init__(self, cls: type[Algorithm], close: int | None = None) -> None:
        owners = cls.__mro__[: cls.__mro__.index(Algorithm)]
        self._modules = [sys.modules[owner.__module__] for owner in owners]
        self._files = frozenset(module.__file__ for module in self._modules if module.__file__)
        self.reach = Reach(self._files, self._tell, self._keep_sent)
        self.found: dict[tuple[str, int, str, str], None] = {}
        self.calls: list[Call] = []
        self._close = close
        self._handler = ""
        self._line: Line = ("", 0)
        self._trail: Trail | None = None
        self._look: Callable[[], int] = lambda: 0
        self._messages: list[tuple[Any, str]] = []
        self._effects: list[tuple[int, Any]] = []
        self._tellings = 0
        originals = {f"a default of {name}": getattr(cls, name) for name in HANDLERS}
        for name in HANDLERS:
            _replace(cls, name, self)
        self._shared = Shared(self._modules, originals)

    def call(self, name: str, handler: Any, owner: Any, arguments: tuple[Any, ...]) -> None:
        """Run a handler of a node, and its twin."""
        if self._trail is not None:
            handler(owner, *arguments)
            return
        *given, out = arguments
        try:
            copies = _Copies(owner, given, out)
        except ContractBreach:  # said by who looks at the state
            handler(owner, *arguments)
            return
        self._handler, line = name, _first_line(handler)
        self._shared.begin()
        close = self._close == len(self.calls)
        original, out._choose = out._choose, copies.noting(out._choose)
        known = self._tellings
        try:
            trail, changed = self._run(handler, owner, given, out, line, close)
        finally:
            out._choose = original
        self.calls.append(Call(name, owner.me, trail))
        if known == self._tellings:
            self._compare(handler, copies, line, trail, changed)

    def _compare(self, handler: Any, copies: "_Copies", line: Line, trail: Trail, changed: list[str]) -> None:
        """Run the twin, and look closely if it did something else, or if something changed that may not."""
        kept, first = list(self._messages), trail[-1][2]
        try:
            second = self._run(handler, *copies.fresh(again=True), line)[0][-1][2]
        except Exception:
            second = None
        if changed or first != second:
            known = self._tellings
            self._shared.restore()
            parted = self._parted(handler, copies, line)
            if known == self._tellings:
                for said in changed:
                    self._tell(line, said)
            if first != second and known == self._tellings:
                self._tell(parted or line, UNSORTED if has_set_of_words(copies.values()) else NOT_TWICE)
        self._messages = kept

    def _parted(self, handler: Any, copies: "_Copies", line: Line) -> Line | None:
        """Run two twins closely; return where their trails part, None if they do not."""
        trails = []
        for again in (False, True):
            try:
                trails.append(self._run(handler, *copies.fresh(again), line, close=True)[0])
            except Exception:
                return None
        return parted_line(*trails)

    def _run(
        self, handler: Any, owner: Any, given: Sequence[Any], out: Out, line: Line, close: bool = False
    ) -> tuple[Trail, list[str]]:  # fmt: skip
        """Run a handler to its end, and return its trail, and what changed that may not; closely: tell that at once."""
        trail: Trail = []
        self._trail, self._line, self._effects = trail, line, out.effects
        self._look = lambda: digest([_state(owner), out.effects, out.entering])
        for value in given:
            self._keep(value)
        if close:
            sys.settrace(self._trace)
        sys.setprofile(self.reach.profile)
        self.reach.on = True
        try:
            handler(owner, *given, out)
        finally:
            self.reach.on = False
            sys.setprofile(None)
            sys.settrace(None)
            changed = self._changed()
            self._trail = None
        if close:
            for said in changed:
                self._tell(self._line, said)
        trail.append((*(self._line if close else line), self._look()))
        return trail, changed

    # ---- line by line -------------------------------------------------------------------------------------------

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Be told of a new frame, and of the lines of one that is the plugin's own."""
        file = frame.f_code.co_filename
        if file not in self._files or self._trail is None:
            return None
        on, self.reach.on = self.reach.on, False
        if event in ("line", "return"):
            self._after_line()
            self._line = file, frame.f_lineno
            back = frame.f_back
            if event == "return" and back is not None and back.f_code.co_filename in self._files:
                self._line = back.f_code.co_filename, back.f_lineno
        self.reach.on = on
        return self._trace

    def _after_line(self) -> None:
        """Look at what the last line did."""
        assert self._trail is not None
        self._trail.append((*self._line, self._look()))
        for said in self._changed():
            self._tell(self._line, said)

    def _changed(self) -> list[str]:
        """Return what has changed since the last look that may not change, a sentence each."""
        said = [SHARED.format(name) for name in self._shared.look()]
        for number, (message, text) in enumerate(self._messages):
            now = canonical(message)
            if now != text:
                said.append(CHANGED.format(type(message).__name__))
                self._messages[number] = message, now
        return said

    def _keep_sent(self) -> None:
        """Remember the message that was recorded last."""
        on, self.reach.on = self.reach.on, False
        if self._effects:
            self._keep(self._effects[-1][1])
        self.reach.on = on

    def _keep(self, value: Any) -> None:
        """Remember a message that could change."""
        if isinstance(value, msgspec.Struct) and mutable(value):
            if not any(known is value for known, _ in self._messages):
                self._messages.append((value, canonical(value)))
            del self._messages[:-MAX_MESSAGES]

    def _tell(self, line: Line, said: str) -> None:
        self._tellings += 1
        self.found[(*line, self._handler, said)] = None


def _replace(cls: Any, name: str, watch: Watch) -> None:
    original = getattr(cls, name)

    def watched(self: Any, *arguments: Any) -> None:
        watch.call(name, original, self, arguments)

    setattr(cls, name, watched)


def _first_line(handler: Any) -> Line:
    code = handler.__code__
    return code.co_filename, code.co_firstlineno


def _fields(owner: Any) -> list[str]:
    return [name for name in owner.__struct_fields__ if name != "parameters"]


def _state(owner: Any) -> list[Any]:
    return [getattr(owner, name) for name in _fields(owner)]


class _Copies:
    """What a handler is called with, to call it with the same again, and again with the same choices."""

    def __init__(self, owner: Any, given: Sequence[Any], out: Out) -> None:
        self._owner, self._out, self._may_enter = owner, out, out.may_enter
        self._state, self._given = freeze(_state(owner)), freeze(given)
        self._chosen: list[Any] = []

    def fresh(self, again: bool = False) -> tuple[Any, Sequence[Any], Out]:
        """Return a twin, and the arguments for its handler. again: with sets of words in another order."""
        twin: Any = type(self._owner)(self._owner.parameters)
        for field, value in zip(_fields(twin), thaw(self._state), strict=True):
            setattr(twin, field, reordered(value) if again else value)
        left = iter(self._chosen)
        out: Any = self._out
        copy = Out(out._destinations, out._types, lambda options: next(left))
        copy.may_enter = self._may_enter
        return twin, thaw(self._given), copy

    def values(self) -> list[Any]:
        """Return the state and the arguments."""
        return [thaw(self._state), thaw(self._given)]

    def noting(self, choose: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
        """Return the same way to choose, with a note of what was chosen."""

        def choosing(options: Sequence[Any]) -> Any:
            option = choose(options)
            self._chosen.append(option)
            return option

        return choosing
