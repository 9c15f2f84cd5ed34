"""What every message and every entry of a run passes: what a handler records, the envelope merged at a delivery, the
end of a step, and the steps from a request to its release.

`Out` (algorithm.py) and `Node` (node.py) stand on these two classes; `c/envelope.c` has the same in C, for where there
was a compiler when mxbench was installed, and compiled.py chooses. node.py tells what a step and the envelope are.
"""

from collections import deque
from typing import Any

from mxbench.core.contract import ContractBreach
from mxbench.core.entry import Entry, EntryRequest, Stamp

BROADCAST, SET_TIMER, CANCEL_TIMER = -1, -2, -3  # in the place of a receiver in `Recording.effects`
MAX_OWN_MESSAGES = 10_000  # in one step; more is a node that talks to itself for ever


class Recording:
    """What the handlers of an algorithm recorded in this step."""

    __slots__ = ("_destinations", "_types", "effects", "entering", "may_enter", "stamp")

    effects: list[tuple[int, Any]]  # receiver and message, or one of the numbers above and what goes with it
    entering: bool
    may_enter: bool
    stamp: Stamp | None
    _destinations: frozenset[int]
    _types: frozenset[type]

    def __new__(cls, *arguments: Any) -> Any:
        self = super().__new__(cls)
        self.effects, self.entering, self.may_enter, self.stamp = [], False, False, None
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

    def enter(self, stamp: Stamp | None = None) -> None:
        """Enter the critical section when this step ends.

        stamp: the (clock, node) of the request, by algorithms that promise to serve requests in that order.
        """
        if not self.may_enter:
            self._refuse_entry()
        self.may_enter = False
        self.entering = True
        self.stamp = stamp

    def _refuse(self, to: object, message: object) -> None:
        """Say what is wrong with it."""
        raise NotImplementedError

    def _refuse_entry(self) -> None:
        """Say that it may not enter."""
        raise NotImplementedError


class Envelope:
    """The counters of a node that go with every message, and the steps that each message and entry takes through it."""

    algorithm: Any
    workload: Any
    engine: Any
    out: Recording
    me: int
    completed: int  # greatest number of a released section known here
    version: int  # greatest version of the guarded resource known here
    steps: int
    ready: bool  # True when `advance` may have a step to take
    waiting: EntryRequest | None
    inside: Entry | None
    backlog: deque[int | None]  # arrival times of requests that wait for their turn at this node
    tickets: int | None  # how many more requests may be issued; None if that does not take tickets
    _arrivals: Any
    _work_out: Any
    _open: bool  # requests arrive whether or not the last one was released
    _has_version: bool  # the workload guards something that has versions
    _releasing: bool
    _requests: int  # that were issued
    _looked_at: int  # steps up to which what is recorded, and the state afterwards, are looked at

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
        looked_at = self.steps < self._looked_at
        while True:
            if looked_at:
                self.check_recorded()
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

    def advance(self) -> bool:
        """Take the release or the request that is due, as a step of its own; return False if neither is."""
        if self._releasing:
            self._release()
        elif self.backlog and self.waiting is None and self.inside is None and self.tickets != 0:
            self._request()
        else:
            self.ready = False
            return False
        if self.steps < self._looked_at:
            self.check_state()
        return True

    def check_state(self) -> None:
        """Raise ContractBreach if either plugin keeps anything but plain data."""
        raise NotImplementedError

    def check_recorded(self) -> None:
        """Raise ContractBreach if what the algorithm recorded in a handler cannot be carried out."""
        raise NotImplementedError

    def _request(self) -> None:
        self.steps += 1
        arrival = self.backlog.popleft()
        self.waiting = request = EntryRequest(self._requests)
        self._requests += 1
        if self.tickets is not None:
            self.tickets -= 1
            self.engine.ticket_used()
        self.out.may_enter = True
        self.engine.requested(request, arrival)
        self.algorithm.on_request(request, self.out)
        self.finish_step()

    def _enter(self) -> None:
        request = self.waiting
        assert request is not None, "may_enter is only true while waiting"
        self.out.entering = False
        self.waiting = None
        self.inside = entry = Entry(request.id, self.completed + 1, self.out.stamp, self.version)
        self._work_out.inside = True
        self.engine.entered(entry)
        self.workload.on_entered(entry, self._work_out)
        self._do_work("workload")

    def _release(self) -> None:
        self.steps += 1
        entry = self.inside
        assert entry is not None, "a release is due only while inside"
        self._releasing = False
        self.inside = None
        self.engine.released(entry)
        if entry.number > self.completed:
            self.completed = entry.number
        self.algorithm.on_release(self.out)
        self.finish_step()
        self._arrivals.on_released(self._work_out)
        self._do_work("arrivals")

    def _do_work(self, owner: str) -> None:
        """Carry out what a handler of the workload or of the arrivals recorded."""
        effects = self._work_out.effects
        for kind, what in effects:
            if kind == "release":
                self._releasing = self.ready = True
            elif kind == "request":
                self.ready = True
                self.backlog.append(self.engine.arrived() if self._open else None)
            elif kind == "set_timer":
                self.engine.set_timer(owner, *what)
            else:
                self._carry_out(owner, kind, what)
        effects.clear()
        if self._has_version and self.workload.version > self.version:
            self.version = self.workload.version

    def _carry_out(self, owner: str, kind: str, what: Any) -> None:
        """Carry out what is recorded less often."""
        raise NotImplementedError
