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
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from mxbench.check.channels import Send, SpaceFull
from mxbench.check.loop import LOCAL_MASK
from mxbench.check.question import Question
from mxbench.check.stepping import Messages, StepEngine, make_node
from mxbench.core.contract import PLUGIN_ERRORS, ContractBreach, Unending
from mxbench.core.state import SHARED, Frozen, NodeState, aliased, freeze, ordered, thaw
from mxbench.errors import PluginError

MAX_CHOICES = 4096  # sequences of choices in one step
CRASHED = 0  # the local state of a node that stopped: nothing happens there any more
ADVANCE, DELIVER, TIMER, START, FORGET = "advance", "deliver", "timer", "start", "forget"
Act = tuple[str, Any, Any]  # (DELIVER, sender, message number), (TIMER, name, -), and (ADVANCE, -, -) as the others
_RECEIVER = itemgetter(0)


class OrderMatters(Exception):
    """An algorithm acts by the order of a dict's keys, so states that differ in it are not the same."""


class HandlerHangs(Exception):
    """A handler did not return, in this local state of a node: one is enough, as each costs the time to find out."""

    def __init__(self, node: int, local: int) -> None:
        super().__init__(node, local)
        self.node, self.local = node, local


class Branch(msgspec.Struct, frozen=True, gc=False):
    """One outcome of a step: the number of the new local state, the messages sent, and the choices that led to it.

    fault: what was wrong, in a step that broke the contract; then there is no new state.
    """

    local: int
    sends: tuple[Send, ...]
    choices: tuple[int, ...]
    fault: str | None = None


class Local(NamedTuple):
    """What the search asks of a local state. acts: what the node can do by itself: `next`, which is 'request',
    'release' or None, and its timers. requests: how often it will still request. frozen: the states of the plugins.
    life: where the node stands between its requests. over: whether the algorithm was told that no node will request
    any more, which only `forget` is.
    """

    frozen: Frozen
    life: tuple[Any, ...]
    over: bool
    next: str | None
    waiting: bool
    inside: bool
    requests: int
    timers: tuple[str, ...]
    acts: tuple[Act, ...]


class Reactions:
    """The local states of one node, and what leads from one to the next.

    keep_order: tell states apart that differ only in the order of a dict's keys. Otherwise they are one state, which
    is cheaper, and OrderMatters is raised as soon as a step of theirs differs. forgets: let the algorithm drop after
    each step what it says that no later step reads.
    """

    def __init__(
        self, question: Question, me: int, messages: Messages, keep_order: bool = False, forgets: bool = False
    ) -> None:
        self._question, self._me, self._messages = question, me, messages
        self._keep_order, self._forgets = keep_order, forgets
        self._numbers: dict[Frozen, int] = {}  # of every state as it came, and of every ordered one
        self.locals: list[Local] = [Local(None, (), False, None, False, False, 0, (), ())]  # CRASHED
        self._taken: list[dict[Act, tuple[Branch, ...]]] = [{}]  # by local state: the steps worked out
        self._variants: dict[int, list[Local]] = {}  # the same state with dicts in another order
        self._unverified: list[tuple[int, Local]] = []
        self.faults: list[str] = []  # of all steps worked out
        self._started: tuple[Branch, ...] = ()
        self._hangs = False  # a handler did not return in the step that was just worked out
        self._set_up()

    def start(self) -> tuple[Branch, ...]:
        """Return what may come of the node's first step."""
        if not self._started:
            self._started = self._branches(None, (START, None, None))
        return self._started

    def to(self, local: int, act: Act) -> tuple[Branch, ...]:
        """Return what may come of a step that the node takes in a local state."""
        taken = self._taken[local]
        found = taken.get(act)
        if found is None:
            self._hangs = False
            found = taken[act] = self._branches(self.locals[local], act)
            if self._hangs:
                self._hangs = False
                raise HandlerHangs(self._me, local)
            for variant in self._variants.get(local, ()):
                self._verify(variant, act, found)
            while self._unverified:
                number, variant = self._unverified.pop()
                for earlier, branches in list(self._taken[number].items()):
                    self._verify(variant, earlier, branches)
        return found

    def when_over(self, local: int) -> int:
        """Return the local state when no node will request any more, as far as the algorithm forgets then."""
        if local == CRASHED or self.locals[local].over:
            return local
        branch = self.to(local, (FORGET, None, None))[0]
        if branch.fault is not None:  # else the node would stand there as if it had crashed, and hide what others do
            raise self._forget_fails(branch.fault)
        return branch.local

    def forgotten(self, local: Local, over: bool) -> Frozen:
        """Return a state of the algorithm after it forgot what it may; equal for states with dicts in another order."""
        if local.frozen is None:
            return None
        self._put(local)
        try:
            self._node.algorithm.forget(over)
            return freeze(ordered(self._read()[0]))
        except PLUGIN_ERRORS as error:
            self._blame_forget(error)
            raise

    def _forget(self, over: bool) -> None:
        """Let the algorithm forget; what it raises is no fault of the step before, which a plain search would take."""
        try:
            self._node.algorithm.forget(over)
        except PLUGIN_ERRORS as error:
            self._blame_forget(error)
            raise

    def _blame_forget(self, error: BaseException) -> None:
        """Raise PluginError if a plugin led to `error`."""
        fault = self._node.blame(error)
        if fault is not None:
            raise self._forget_fails(_without_step(fault)) from error

    def _forget_fails(self, fault: str) -> PluginError:
        name = self._question.algorithm.name
        return PluginError(f"{name}: its 'forget' fails: {fault}; mend it, or pass --no-forget to search without")

    def _verify(self, variant: Local, act: Act, expected: tuple[Branch, ...]) -> None:
        if self._branches(variant, act) != expected:
            raise OrderMatters(f"node {self._me}: {act}")

    def _set_up(self) -> None:
        self._engine = StepEngine(self._me, self._question.nodes, self._messages)
        self._node = make_node(self._question, self._me, self._engine)
        self._state = NodeState(self._node)
        self._write, self._read, self._deliver = self._state.write, self._state.read, self._node.deliver
        self._node.steps = 1 << 30  # it looks for what is not plain data in its first steps; here `_number` does
        self._life: Any = None  # where the node stands between its requests, as last read

    def _branches(self, local: Local | None, act: Act) -> tuple[Branch, ...]:
        """Return what may come of a step, each sequence of choices apart."""
        engine = self._engine
        found = [self._branch(local, act, (), False)]
        while engine.taken and len(found) <= MAX_CHOICES:
            choices = engine.next_choices()
            if choices is None:
                break
            engine = self._engine
            found.append(self._branch(local, act, choices, len(found) >= MAX_CHOICES))
        return tuple(found)

    def _branch(self, local: Local | None, act: Act, choices: Sequence[int], too_many: bool) -> Branch:
        """Return what comes of a step with these choices, and the first option of each that is left."""
        over = act[0] == FORGET or (local is not None and local.over)
        engine, fault = self._engine, None
        engine.begin(local.timers if local is not None else (), choices)
        try:
            self._take(local, act)
            if too_many:
                raise ContractBreach(f"it has over {MAX_CHOICES} ways to choose in one step")
            if self._forgets:
                self._forget(over)
            number = self._number(over)
        except (OrderMatters, PluginError):
            raise
        except PLUGIN_ERRORS as error:
            blamed = self._node.blame(error)
            if blamed is None:
                raise
            number, fault = CRASHED, _without_step(blamed)
            self._hangs = isinstance(error, Unending) and not self.faults
            self.faults.append(fault)
        sends = engine.sends
        if len(sends) > 1:  # only the order of what is sent to one node matters, that of the receivers does not
            sends.sort(key=_RECEIVER)
        if fault is not None or local is None:
            self._set_up()  # the old node stopped in the middle of a step, or took its first step already
        chosen = tuple([choice for choice, _ in engine.taken]) if engine.taken else ()
        return Branch(number, tuple(sends), chosen, fault)

    def _take(self, local: Local | None, act: Act) -> None:
        """Put the node into a local state and let it take the step."""
        kind, first, second = act
        if local is None:
            self._node.start()
            return
        self._put(local)
        if kind == DELIVER:
            self._deliver(first, 0, 0, self._messages[second])
        elif kind == TIMER:
            self._engine.timers.discard(first)
            self._node.timer("algorithm", first)
        elif kind == ADVANCE:
            self._node.advance()

    def _put(self, local: Local) -> None:
        self._write(*thaw(local.frozen))
        life = local.life
        if life is not self._life and life != self._life:
            self._state.write_life(life)
            self._life = life

    def _requests_left(self) -> int:
        me, requests = self._me, self._question.requests
        return requests[me] - self._node._requests if me < len(requests) else 0

    def _number(self, over: bool) -> int:
        """Return the number of the local state that the node is in."""
        timers = tuple(sorted(self._engine.timers)) if self._engine.timers else ()
        algorithm, workload, self._life = self._read()
        try:
            frozen = freeze((algorithm, workload))
            shared = aliased(algorithm)  # in any step: thawed for the next one, the state shares nothing any more
        except ContractBreach:
            self._node.check_state()  # says which field it is
            raise
        if shared:
            raise ContractBreach(SHARED)
        found = self._numbers.get((frozen, self._life, timers, over))
        return self._new(algorithm, workload, frozen, timers, over) if found is None else found

    def _new(self, algorithm: Any, workload: Any, frozen: Frozen, timers: tuple[str, ...], over: bool) -> int:
        node, life = self._node, self._life
        waiting, inside = node.waiting is not None, node.inside is not None
        following = "release" if inside else "request" if node.backlog and not waiting else None
        acts: tuple[Act, ...] = ((ADVANCE, None, None),) if following else ()
        if timers:
            acts += tuple((TIMER, name, None) for name in timers)
        local = Local(frozen, life, over, following, waiting, inside, self._requests_left(), timers, acts)
        in_order = frozen
        if not self._keep_order and (sorted_fields := ordered(algorithm)) is not algorithm:
            in_order = freeze((sorted_fields, workload))
        known = self._numbers.get((in_order, life, timers, over))
        if known is None:
            known = len(self.locals)
            if known > LOCAL_MASK:
                raise SpaceFull
            self._numbers[in_order, life, timers, over] = known
            self.locals.append(local)
            self._taken.append({})
        else:
            self._variants.setdefault(known, []).append(local)
            self._unverified.append((known, local))
        self._numbers[frozen, life, timers, over] = known
        return known


def _without_step(fault: Exception) -> str:
    return re.sub(r", step \d+\)$", ")", str(fault))  # nodes count no steps here
