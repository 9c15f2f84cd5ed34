"""What one node does when something happens to it: computed once by the real node, and remembered.

Theory of operation:

* A local state is all that the node's future steps depend on (`core.state.NodeState`) and the names of its timers,
  frozen and numbered. Messages are frozen and numbered likewise, for all nodes together.
* `Reactions.to` puts the one real `core.Node` of an id into a local state, takes a step with it, and reads back the
  new state and the messages that it sent. So the rules of a step stand in the node and nowhere else.
* A step in which the algorithm chooses is taken once for every sequence of choices: first with the first option of
  everything, then with the last choice changed that has an option left, until none has.
* A step that breaks the contract, or in which a handler raises, has no successor but a fault.
* The keys of a dict keep the order in which they came in, and a handler may act by it. Most do not, and states that
  differ in it alone would only swell the search. So they are taken for one state as long as that is *verified*: each
  step that is worked out for one of them is worked out for all, and must send the same and lead to the same. If one
  does not, OrderMatters is raised, and the search begins anew with the order as part of the state.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from mxbench.check.question import Question
from mxbench.core.algorithm import EntryRequest, Parameters
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import ZERO, Distribution
from mxbench.core.messages import Message
from mxbench.core.node import Node
from mxbench.core.state import Frozen, NodeState, aliased, freeze, ordered, thaw
from mxbench.core.workload import Entry
from mxbench.workloads.hold import Hold

STATES_LOOKED_AT = 200  # the first ones of each node are looked at for what is not plain data, or is shared
MAX_CHOICES = 4096  # sequences of choices in one step
CRASHED = 0  # the local state of a node that stopped: nothing happens there any more
ADVANCE, DELIVER, TIMER, START = "advance", "deliver", "timer", "start"
Send = tuple[int, int]  # to whom, and the number of the message
Act = tuple[str, Any, Any]  # (ADVANCE, -, -), (DELIVER, sender, message number), (TIMER, name, -), (START, -, -)


class OrderMatters(Exception):
    """An algorithm acts by the order of a dict's keys, so states that differ in it are not the same."""


class Branch(NamedTuple):
    """One outcome of a step: the number of the new local state, the messages sent, and the choices that led to it.

    fault: what was wrong, in a step that broke the contract; then there is no new state.
    """

    local: int
    sends: tuple[Send, ...]
    choices: tuple[int, ...]
    fault: str | None = None


class Local(NamedTuple):
    """What the search asks of a local state. acts: what the node can do by itself: `next`, which is 'request',
    'release' or None, and its timers."""

    frozen: Frozen
    next: str | None
    waiting: bool
    inside: bool
    timers: tuple[str, ...]
    acts: tuple[Act, ...]


class Messages:
    """Every message that was ever sent, by number."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._messages: list[Message] = []
        self._contents: list[Frozen | None] = []

    def number(self, message: Message) -> int:
        """Return the number of a message, equal ones having the same."""
        values = msgspec.structs.astuple(message)
        frozen = freeze(values)
        key = (type(message), frozen)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._messages)
            # One object may be handed out again and again unless a handler could change what is in it.
            fixed = all(value is None or isinstance(value, int | float | str | bytes) for value in values)
            self._contents.append(None if fixed else frozen)
            self._messages.append(message if fixed else type(message)(*thaw(frozen)))
        return found

    def __getitem__(self, number: int) -> Message:
        contents = self._contents[number]
        message = self._messages[number]
        return message if contents is None else type(message)(*thaw(contents))


class StepEngine:
    """The engine that a node sees while a step of it is tried out: it writes down sends, timers and choices."""

    def __init__(self, me: int, n: int, messages: Messages) -> None:
        self._peers = tuple(node for node in range(n) if node != me)
        self._number = messages.number
        self.sends: list[Send] = []
        self.timers: set[str] = set()
        self.planned: Sequence[int] = ()  # the choices to make in this step; after them the first option each
        self.taken: list[tuple[int, int]] = []  # those made: which one, of how many

    def begin(self, timers: tuple[str, ...], planned: Sequence[int]) -> None:
        """Forget the last step."""
        self.sends, self.timers, self.planned, self.taken = [], set(timers), planned, []

    def send(self, to: int, message: Message) -> None:
        self.sends.append((to, self._number(message)))

    def broadcast(self, message: Message) -> None:
        number = self._number(message)
        self.sends += [(peer, number) for peer in self._peers]

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        self.timers.add(name)

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.discard(name)

    def choose(self, options: Sequence[Any]) -> Any:
        place = len(self.taken)
        chosen = self.planned[place] if place < len(self.planned) else 0
        self.taken.append((chosen, len(options)))
        return options[chosen]

    def next_choices(self) -> list[int] | None:
        """Return the sequence of choices after the one just taken, None after the last one."""
        taken = list(self.taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        return [chosen for chosen, _ in taken[:-1]] + [taken[-1][0] + 1] if taken else None

    def arrived(self) -> int:
        return 0

    def requested(self, request: EntryRequest, arrival: int | None) -> None: ...
    def entered(self, entry: Entry) -> None: ...
    def released(self, entry: Entry) -> None: ...
    def recorded(self, value: Any) -> None: ...
    def ticket_used(self) -> None: ...
    def send_workload(self, to: int, message: Any) -> None: ...
    def broadcast_workload(self, message: Any) -> None: ...


def make_node(question: Question, me: int, engine: Any) -> Node:
    """Return a node that asks as often as the question says and holds the critical section until it is told to go."""
    parameters = Parameters(me, question.nodes, question.quorums)
    workload = Hold(parameters, ZERO, Hold.option_type(), None)
    return Node(question.algorithm(parameters), workload, ArrivalPlan(question.requests[me]), parameters, engine)


class Reactions:
    """The local states of one node, and what leads from one to the next.

    keep_order: tell states apart that differ only in the order of a dict's keys. Otherwise they are one state, which
    is cheaper, and OrderMatters is raised as soon as a step of theirs differs.
    """

    def __init__(self, question: Question, me: int, messages: Messages, keep_order: bool = False) -> None:
        self._question, self._me, self._messages, self._keep_order = question, me, messages, keep_order
        self._numbers: dict[Frozen, int] = {}  # of every state as it came, and of every ordered one
        self.locals: list[Local] = [Local(None, None, False, False, (), ())]  # CRASHED
        self._taken: list[dict[Act, tuple[Branch, ...]]] = [{}]  # by local state: the steps worked out
        self._variants: dict[int, list[Local]] = {}  # the same state with dicts in another order
        self._unverified: list[tuple[int, Local]] = []
        self.faults: list[str] = []  # of all steps worked out
        self._set_up()

    def start(self) -> tuple[Branch, ...]:
        """Return what may come of the node's first step."""
        return self._branches(None, (), lambda node: node.start())

    def to(self, local: int, act: Act) -> tuple[Branch, ...]:
        """Return what may come of a step that the node takes in a local state."""
        taken = self._taken[local]
        found = taken.get(act)
        if found is None:
            found = taken[act] = self._work_out(self.locals[local], act)
            for variant in self._variants.get(local, ()):
                self._verify(variant, act, found)
            while self._unverified:
                number, variant = self._unverified.pop()
                for earlier, branches in list(self._taken[number].items()):
                    self._verify(variant, earlier, branches)
        return found

    def _verify(self, variant: Local, act: Act, expected: tuple[Branch, ...]) -> None:
        if self._work_out(variant, act) != expected:
            raise OrderMatters(f"node {self._me}: {act}")

    def _work_out(self, local: Local, act: Act) -> tuple[Branch, ...]:
        kind, first, second = act
        if kind == DELIVER:
            get = self._messages.__getitem__
            return self._branches(local.frozen, local.timers, lambda node: node.deliver(first, 0, 0, get(second)))
        if kind == TIMER:
            left = tuple(name for name in local.timers if name != first)
            return self._branches(local.frozen, left, lambda node: node.timer("algorithm", first))
        return self._branches(local.frozen, local.timers, Node.advance)

    def _set_up(self) -> None:
        self._engine = StepEngine(self._me, self._question.nodes, self._messages)
        self._node = make_node(self._question, self._me, self._engine)
        self._state = NodeState(self._node)
        self._node.steps = 1 << 30  # it looks for what is not plain data in its first steps; here `_number` does

    def _branches(
        self, frozen: Frozen | None, timers: tuple[str, ...], act: Callable[[Node], Any]
    ) -> tuple[Branch, ...]:  # fmt: skip
        found: list[Branch] = []
        choices: Sequence[int] | None = ()
        while choices is not None:
            engine = self._engine
            engine.begin(timers, choices)
            try:
                if frozen is not None:
                    self._state.write(thaw(frozen)[0])
                act(self._node)
                if len(found) >= MAX_CHOICES:
                    raise ContractBreach(f"it has over {MAX_CHOICES} ways to choose in one step")
                local, fault = self._number(), None
            except OrderMatters:
                raise
            except Exception as error:
                blamed = self._node.blame(error)
                if blamed is None:
                    raise
                local, fault = CRASHED, re.sub(r", step \d+", "", str(blamed))  # it counts no steps here
                self.faults.append(fault)
            # Only the order of what is sent to one node matters; that of its receivers is not seen by anybody.
            sends = tuple(sorted(engine.sends, key=itemgetter(0)) if len(engine.sends) > 1 else engine.sends)
            found.append(Branch(local, sends, tuple([chosen for chosen, _ in engine.taken]), fault))
            choices = engine.next_choices() if engine.taken and len(found) <= MAX_CHOICES else None
            if fault is not None or frozen is None:
                self._set_up()  # the old node stopped in the middle of a step, or took its first step already
        return tuple(found)

    def _number(self) -> int:
        """Return the number of the local state that the node is in."""
        timers = tuple(sorted(self._engine.timers)) if self._engine.timers else ()
        state = self._state.read()
        try:
            frozen = freeze((state, timers))
        except ContractBreach:
            self._node.check_state()  # says which field it is
            raise
        found = self._numbers.get(frozen)
        return self._new(state, timers, frozen) if found is None else found

    def _new(self, state: Any, timers: tuple[str, ...], frozen: Frozen) -> int:
        node = self._node
        waiting, inside = node.waiting is not None, node.inside is not None
        following = "release" if inside else "request" if node.backlog and not waiting else None
        acts: tuple[Act, ...] = ((ADVANCE, None, None),) if following else ()
        acts += tuple((TIMER, name, None) for name in timers)
        local = Local(frozen, following, waiting, inside, timers, acts)
        if len(self.locals) <= STATES_LOOKED_AT:
            node.check_state()
            if aliased(state[0]):
                raise ContractBreach("two places of its state hold the same list, dict or set; copy it")
        in_order = frozen
        if not self._keep_order and (sorted_fields := ordered(state[0])) is not state[0]:
            in_order = freeze(((sorted_fields, *state[1:]), timers))
        known = self._numbers.get(in_order)
        if known is None:
            known = self._numbers[in_order] = self._numbers[frozen] = len(self.locals)
            self.locals.append(local)
            self._taken.append({})
        else:
            self._numbers[frozen] = known
            self._variants.setdefault(known, []).append(local)
            self._unverified.append((known, local))
        return known
