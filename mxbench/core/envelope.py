"""What every message of a run passes: what a handler records, the envelope merged at a delivery, the end of a step.

`Out` (algorithm.py) and `Node` (node.py) stand on these two classes; `c/envelope.c` has the same in C, for where there
was a compiler when mxbench was installed, and compiled.py chooses. node.py tells what a step and the envelope are.
"""

from collections import deque
from typing import Any

from mxbench.core.contract import ContractBreach

BROADCAST, SET_TIMER, CANCEL_TIMER = -1, -2, -3  # in the place of a receiver in `Recording.effects`
MAX_OWN_MESSAGES = 10_000  # in one step; more is a node that talks to itself for ever


class Recording:
    """What the handlers of an algorithm recorded in this step."""

    __slots__ = ("_destinations", "_types", "effects", "entering")

    effects: list[tuple[int, Any]]  # receiver and message, or one of the numbers above and what goes with it
    entering: bool
    _destinations: frozenset[int]
    _types: frozenset[type]

    def __new__(cls, *arguments: Any) -> Any:
        self = super().__new__(cls)
        self.effects, self.entering = [], False
        return self

    def send(self, to: int, message: Any) -> None:
        """Send `message` to the node `to`; to oneself is allowed, handled within this step and not counted."""
        if not isinstance(to, int) or to not in self._destinations or type(message) not in self._types:
            self._refuse(to, message)
        self.effects.append((to, message))

    def broadcast(self, message: Any) -> None:
        """Send `message` to each peer: n - 1 messages."""
        if type(message) not in self._types:
            self._refuse(BROADCAST, message)
        self.effects.append((BROADCAST, message))

    def _refuse(self, to: object, message: object) -> None:
        """Say what is wrong with it."""
        raise NotImplementedError


class Envelope:
    """The counters of a node that go with every message, and the steps that every message takes through it."""

    algorithm: Any
    engine: Any
    out: Recording
    me: int
    completed: int  # greatest number of a released section known here
    version: int  # greatest version of the guarded resource known here
    steps: int
    ready: bool  # True when `advance` may have a step to take

    def deliver(self, sender: int, completed: int, version: int, message: Any, /) -> None:
        """Hand over an algorithm message and the counters of its envelope."""
        self.steps += 1
        if completed > self.completed:
            self.completed = completed
        if version > self.version:
            self.version = version
        out = self.out
        self.algorithm.on_message(sender, message, out)
        if out.effects or out.entering:
            self.finish_step()

    def finish_step(self) -> None:
        """Carry out what an algorithm's handler recorded, and enter if it said so."""
        out, engine, me = self.out, self.engine, self.me
        effects, rounds = out.effects, 0
        own: deque[Any] = deque()
        while True:
            for to, what in effects:
                if to >= 0:  # asked first, as it is so most often
                    if to == me:
                        own.append(what)
                    else:
                        engine.send(to, what)
                elif to == BROADCAST:
                    engine.broadcast(what)
                elif to == SET_TIMER:
                    engine.set_timer("algorithm", what[0], what[1], False)
                else:
                    engine.cancel_timer("algorithm", what)
            effects.clear()
            if not own:
                break
            rounds += 1
            if rounds > MAX_OWN_MESSAGES:
                raise ContractBreach(f"it sent itself over {MAX_OWN_MESSAGES} messages in one step")
            self.algorithm.on_message(me, own.popleft(), out)
        if out.entering:
            self._enter()

    def _enter(self) -> None:
        """Enter the critical section."""
        raise NotImplementedError
