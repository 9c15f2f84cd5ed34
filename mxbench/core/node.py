"""One node: an algorithm, a workload, its arrivals, and the envelope that makes the verdict exact.

Every engine drives this class and nothing else of a plugin. Theory of operation:

* A *step* is one of: the start, a request, a delivery, a timer, a release. In each, a handler records effects; when
  it has returned, its sends and timers are carried out in the order recorded; then messages to oneself, first in
  first out, with their effects, until none is left; then the entry, at most one. So the sends of a step precede its
  entry. A release is never nested in the step that enters: it is due afterwards, and `advance` takes it.
* The *envelope* of every algorithm message carries `completed`, the greatest number of a released section known to
  the sender, and `version`, the greatest version of the guarded resource known to it. Both are merged by maximum
  when a message is handed over. An entry gets the number completed + 1; a release raises `completed` to its own
  number before `on_release` runs. The numbers of a run are then 1, 2, 3, ... without repetition if and only if each
  exit happens-before the next entry. Raising it at entry would hide an algorithm that leaks a grant while inside.
* Messages of the workload carry neither, and never merge: they would add an order that the algorithm did not make.
"""

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from mxbench.core.algorithm import Algorithm, Out, Parameters
from mxbench.core.arrivals import ArrivalPlan, Arrivals
from mxbench.core.compiled import Envelope
from mxbench.core.contract import PluginFault, check_plain, plugin_fault
from mxbench.core.distributions import Distribution
from mxbench.core.entry import Entry, EntryRequest, check_stamp
from mxbench.core.messages import Message, WorkloadMessage, message_types, on_arrival
from mxbench.core.workload import Workload, WorkloadOut

PLAIN_CHECK_STEPS = 64  # the first steps, in which what is kept and sent is looked at; the state also at the end
PLAIN_CHECKS = 1024  # in a whole run: of many nodes, all of one text, each is looked at in fewer steps, and not all are
FEWEST_CHECK_STEPS = 4
GIVEN = ("parameters", "options", "share")  # fields of a workload that it was told, and that are not its state


class Engine(Protocol):
    """What a node wants of the engine that drives it: to move messages, to fire timers, to write down what happened."""

    def send(self, to: int, message: Message) -> None:
        """Send an algorithm message with the node's `completed` and `version` of now."""

    def broadcast(self, message: Message) -> None:
        """Send an algorithm message to each peer."""

    def send_workload(self, to: int, message: WorkloadMessage) -> None:
        """Send a message of the workload."""

    def broadcast_workload(self, message: WorkloadMessage) -> None:
        """Send a message of the workload to each peer."""

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        """Call `node.timer(owner, name)` after a duration drawn from the stream (seed, node, owner and name)."""

    def cancel_timer(self, owner: str, name: str) -> None:
        """Forget a timer, if it is set."""

    def choose(self, options: Sequence[Any]) -> Any:
        """Return one of the options."""

    def arrived(self) -> int:
        """Return the time at which a request that is being issued was meant to arrive, in ns."""

    def requested(self, request: EntryRequest, arrival: int | None) -> None:
        """Write down a request, at the moment it is handed to the algorithm."""

    def entered(self, entry: Entry) -> None:
        """Write down an entry."""

    def released(self, entry: Entry) -> None:
        """Write down a release, before the algorithm hears of it."""

    def recorded(self, value: Any) -> None:
        """Write down a value of the workload."""

    def ticket_used(self) -> None:
        """Hear that the node's ticket was used and that it would take another."""


class Node(Envelope):
    """An algorithm, a workload and the envelope, driven step by step by an engine."""

    out: Out

    def __init__(
        self, algorithm: Algorithm, workload: Workload, arrivals: ArrivalPlan, parameters: Parameters, engine: Engine
    ) -> None:
        self.algorithm = algorithm
        self.workload = workload
        self.engine = engine
        self.me = parameters.me
        self.completed = self.version = self.steps = 0
        self.waiting = self.inside = None
        self.backlog = deque()
        self.tickets = 0 if arrivals.ticketed else None
        self.ready = False
        self.out = Out(range(parameters.guard), message_types(type(algorithm), Message), engine.choose)
        self._arrivals = Arrivals(arrivals)
        self._open = arrivals.rate is not None
        guards = range(parameters.guard, parameters.guard + parameters.servers)
        everybody: range | tuple[int, ...] = range(parameters.n)  # a server of the algorithm has no workload
        if guards:
            everybody = (*everybody, *guards)
        self._work_out = WorkloadOut(parameters.me, everybody, message_types(type(workload), WorkloadMessage))
        self._dwell = workload.dwell
        self._keeps_state = _keeps_state(type(workload))
        self._has_version = type(workload).version is not Workload.version
        looks = min(PLAIN_CHECK_STEPS, max(PLAIN_CHECKS // parameters.n, FEWEST_CHECK_STEPS))
        self._looked_at = looks if parameters.me < PLAIN_CHECKS // FEWEST_CHECK_STEPS else 0
        self._releasing = False
        self._requests = 0

    # ---- steps, called by the engine --------------------------------------------------------------------------

    def start(self) -> None:
        """Take the first step: both plugins prepare, and the arrivals begin."""
        self.steps += 1
        with self.out._without_choice():
            self.algorithm.on_start(self.out)
            self.finish_step()
        self.workload.on_start(self._work_out)
        self._do_work("workload")
        self._arrivals.on_start(self._work_out)
        self._do_work("arrivals")

    def deliver_workload(self, sender: int, message: WorkloadMessage) -> None:
        """Hand over a message of the workload."""
        self.steps += 1
        self.workload.on_message(sender, message, self._work_out)
        self._do_work("workload")

    def timer(self, owner: str, name: str) -> None:
        """Fire a timer of 'algorithm', 'workload' or 'arrivals'."""
        self.steps += 1
        if owner == "algorithm":
            self.algorithm.on_timer(name, self.out)
            self.finish_step()
        elif owner == "workload":
            self.workload.on_timer(name, self._work_out)
            self._do_work("workload")
        else:
            self._arrivals.on_timer(name, self._work_out)
            self._do_work("arrivals")

    def grant_ticket(self) -> None:
        """Allow one more request."""
        self.tickets = (self.tickets or 0) + 1
        self.ready = True

    def end_tickets(self) -> None:
        """Issue no further request: all tickets are handed out."""
        self.backlog.clear()
        self._arrivals.end(self._work_out)
        self._do_work("arrivals")

    # ---- what an engine may ask ---------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """True while this node waits or is inside."""
        return self.waiting is not None or self.inside is not None

    def check_state(self) -> None:
        """Raise ContractBreach if either plugin keeps anything but plain data, or the entry has no proper stamp."""
        check_plain(self.algorithm)
        if self.inside is not None:
            check_stamp(self.inside.stamp)
        if self._keeps_state or self.workload.dwell is not self._dwell:
            check_plain(self.workload, skip=GIVEN)

    def check_recorded(self) -> None:
        """Raise ContractBreach if what the algorithm recorded in a handler cannot be carried out."""
        for _, what in self.out.effects:
            if isinstance(what, Message):
                on_arrival(what)
        if self.out.entering:
            check_stamp(self.out.stamp)

    def blame(self, error: BaseException) -> PluginFault | None:
        """Return the fault of a plugin that led to `error`, or None if it is the harness's own."""
        return plugin_fault(error, (type(self.algorithm), type(self.workload)), self.me, self.steps)

    # ---- inside a step ------------------------------------------------------------------------------------------

    def _carry_out(self, owner: str, kind: str, what: Any) -> None:
        if kind in ("broadcast", "send") and self.steps < self._looked_at:
            on_arrival(what if kind == "broadcast" else what[1], type(self.workload))
        if kind == "broadcast":
            self.engine.broadcast_workload(what)
        elif kind == "send":
            self.engine.send_workload(*what)
        elif kind == "cancel_timer":
            self.engine.cancel_timer(owner, what)
        else:
            self.engine.recorded(what)


@lru_cache(maxsize=64)
def _keeps_state(workload: Any) -> bool:
    """Return whether a workload of this class has fields of its own."""
    return not {*workload.__struct_fields__} <= {*GIVEN, "dwell"}
