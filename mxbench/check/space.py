"""The graph that is searched: global states as integers, and each step as a difference between two of them.

Theory of operation:

* A *bundle* of a node is its local state and what is on its way from it, by receiver. Bundles are numbered for each
  node. A global state is one integer: a field of FIELD bits a node with the number of its bundle; above them counters
  of the faults so far; on top the number of nodes inside, so that the greatest state of a set shows an overlap.
* A request, a release or a timer changes one field, a delivery two: it takes a message out of the sender's bundle and
  has the receiver react. So a successor is the state plus one or two small differences, each of which depends on one
  bundle only (and the message). They are worked out when first asked for, and kept in dicts that fill themselves.
* A step that breaks the contract has no difference; it is put into `faults` when it is worked out, which happens while
  the first state that has it is expanded. So the search stops at the right depth.
* A channel is a tuple of messages in the order of sending, or sorted where the network reorders. From a FIFO channel
  the first is delivered, or lost: to lose a later one is the same as to lose it when it has become the first.
* A node that crashed takes no step, and what is sent to it stays on its way.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from mxbench.check.loop import FIELD, Expand, expander, learner, masker
from mxbench.check.question import Question
from mxbench.check.reaction import ADVANCE, CRASHED, DELIVER, TIMER, Act, Branch, Messages, Reactions, Send

Channels = tuple[tuple[int, ...], ...]  # by receiver: the numbers of the messages on their way
COUNTER = 4  # bits of a counter of faults
MASK = (1 << FIELD) - 1
FAULTS = ("duplicate", "lose", "crash")


class SpaceFull(Exception):
    """A node has more bundles than a field of the state can number."""


class Event(NamedTuple):
    """One step of a schedule. kind: 'request', 'release', 'timer', 'deliver' or one of FAULTS.

    node: the one that takes it; of a message that is delivered, repeated or lost, its receiver. sender, message: of
    such a message. timer: the name of the one that fires. choices: which option was taken, for each choice made.
    """

    kind: str
    node: int
    sender: int = -1
    message: int = -1
    timer: str = ""
    choices: tuple[int, ...] = ()
    fault: str | None = None


class Remembered(dict[int, Any]):
    """A dict that works out what it does not hold."""

    __slots__ = ("_compute",)

    def __init__(self, compute: Callable[[int], Any]) -> None:
        self._compute = compute

    def __missing__(self, key: int) -> Any:
        value = self[key] = self._compute(key)
        return value


class Space:
    """The states and steps of one question."""

    def __init__(self, question: Question, keep_order: bool = False) -> None:
        self.question = question
        self.n = n = question.nodes
        self.messages = Messages()
        self.reactions = [Reactions(question, node, self.messages, keep_order) for node in range(n)]
        self.bundles: list[list[tuple[int, Channels]]] = [[] for _ in range(n)]
        self._numbers: list[dict[tuple[int, Channels], int]] = [{} for _ in range(n)]
        self._insides: list[list[int]] = [[] for _ in range(n)]  # of each bundle: what it adds on top of a state
        self._tables = [Remembered(partial(self._progress, node)) for node in range(n)]
        self._received: dict[tuple[int, int, int], Remembered] = {}
        self.counters = [n * FIELD + COUNTER * place for place in range(len(FAULTS))]
        self.top = n * FIELD + COUNTER * len(FAULTS)
        self._one_inside = 1 << self.top
        self._fifo = question.network.fifo
        self.limits = (question.network.duplicates, question.network.losses, question.network.crashes)

    @property
    def faults(self) -> list[str]:
        """The breaches of the contract among the steps that were worked out so far."""
        return [fault for reactions in self.reactions for fault in reactions.faults]

    # ---- for the search ------------------------------------------------------------------------------------------

    def initial(self) -> list[int]:
        """Return the states in which every node has started; more than one if a node chooses as it starts."""
        starts = []
        for node in range(self.n):
            branches = self.reactions[node].start()
            good = [branch for branch in branches if branch.fault is None]
            starts.append([self._after(node, branch, ((),) * self.n) for branch in good])
        return [
            sum(bundle << node * FIELD for node, bundle in enumerate(bundles))
            + sum(self._insides[node][bundle] for node, bundle in enumerate(bundles))
            for bundles in product(*starts)
        ]

    def expander(self) -> Expand:
        """Return a function that gives the successors of many states, and those states that have none but faults."""
        tables = [
            (counter, limit, [Remembered(partial(work, node)) for node in range(self.n)])
            for work, counter, limit in zip(
                (self._duplicates, self._losses, self._crashes), self.counters, self.limits, strict=True
            )
            if limit
        ]
        return expander(self._tables, tables)

    def learner(self) -> Callable[[Iterable[int], dict[int, int]], bool]:
        """Return a function with which states learn from their successors, faults of the network apart."""
        return learner(self._tables)

    def masker(self) -> Callable[[Iterable[int], dict[int, int]], None]:
        """Return a function that notes which nodes wait in each of many states, a bit a node."""

        def mask(node: int, bundle: int) -> int:
            return self.reactions[node].locals[self.bundles[node][bundle][0]].waiting << node

        return masker([Remembered(partial(mask, node)) for node in range(self.n)])

    def inside(self, state: int) -> int:
        """Return how many nodes are inside."""
        return state >> self.top

    def waiters(self, state: int) -> list[int]:
        """Return the nodes that wait to enter."""
        return [
            node for node in range(self.n)
            if self.reactions[node].locals[self.bundles[node][state >> node * FIELD & MASK][0]].waiting
        ]  # fmt: skip

    # ---- one state at a time, for what is shown ----------------------------------------------------------------

    def steps(self, state: int) -> Iterator[tuple[Event, int | None]]:
        """Yield every step that is possible in a state and the state after it, None for a breach of the contract.

        Steps that are no fault of the network come first.
        """
        for node in range(self.n):
            shift = node * FIELD
            bundle = state >> shift & MASK
            local, _ = self.bundles[node][bundle]
            for act in self.reactions[node].locals[local].acts:
                kind = self.reactions[node].locals[local].next if act[0] == ADVANCE else "timer"
                timer = act[1] if act[0] == TIMER else ""
                for branch, delta in self._outcomes(node, bundle, act):
                    event = Event(kind or "", node, timer=timer, choices=branch.choices, fault=branch.fault)
                    yield event, None if delta is None else state + delta
            for to, message, removal in self._deliverable(node, bundle):
                there = state >> to * FIELD & MASK
                if self.bundles[to][there][0] == CRASHED:
                    continue
                for branch, delta in self._outcomes(to, there, (DELIVER, node, message)):
                    event = Event("deliver", to, node, message, choices=branch.choices, fault=branch.fault)
                    yield event, None if delta is None else state + removal + delta
        for kind, counter, limit in zip(FAULTS, self.counters, self.limits, strict=True):
            if state >> counter & (1 << COUNTER) - 1 < limit:
                for node in range(self.n):
                    for event, delta in self._fault_steps(kind, node, state >> node * FIELD & MASK):
                        yield event, state + delta

    # ---- bundles -------------------------------------------------------------------------------------------------

    def _number(self, node: int, bundle: tuple[int, Channels]) -> int:
        numbers = self._numbers[node]
        found = numbers.get(bundle)
        if found is None:
            found = numbers[bundle] = len(numbers)
            if found > MASK:
                raise SpaceFull
            self.bundles[node].append(bundle)
            self._insides[node].append(self._one_inside * self.reactions[node].locals[bundle[0]].inside)
        return found

    def _after(self, node: int, branch: Branch, channels: Channels) -> int:
        """Return the bundle after a step: the new local state, and what was sent is on its way."""
        return self._number(node, (branch.local, self._with(channels, branch.sends) if branch.sends else channels))

    def _with(self, channels: Channels, sends: tuple[Send, ...]) -> Channels:
        changed = [list(channel) for channel in channels]
        for to, message in sends:
            if self._fifo:
                changed[to].append(message)
            else:
                insort(changed[to], message)
        return tuple(map(tuple, changed))

    def _delta(self, node: int, before: int, after: int) -> int:
        insides = self._insides[node]
        return ((after - before) << node * FIELD) + insides[after] - insides[before]

    # ---- steps as differences --------------------------------------------------------------------------------------

    def _outcomes(self, node: int, bundle: int, act: Act) -> list[tuple[Branch, int | None]]:
        """Return what may come of a step at a node, and the difference that each makes, None for a breach."""
        local, channels = self.bundles[node][bundle]
        return [
            (branch, None if branch.fault else self._delta(node, bundle, self._after(node, branch, channels)))
            for branch in self.reactions[node].to(local, act)
        ]

    def _deltas(self, node: int, bundle: int, act: Act) -> tuple[int, ...]:
        local, channels = self.bundles[node][bundle]
        branches = self.reactions[node].to(local, act)
        return tuple([self._delta(node, bundle, self._after(node, b, channels)) for b in branches if not b.fault])

    def _progress(self, node: int, bundle: int) -> tuple[tuple[int, ...], tuple[tuple[int, Remembered, int], ...]]:
        """Return the differences of the node's own steps, and of each message that can be delivered from it: the
        receiver, its reactions by bundle, and the difference that taking the message out makes."""
        acts = self.reactions[node].locals[self.bundles[node][bundle][0]].acts
        own = tuple([delta for act in acts for delta in self._deltas(node, bundle, act)]) if acts else ()
        deliverable = self._deliverable(node, bundle)
        return own, tuple([(to, self._reactions_to(node, to, message), delta) for to, message, delta in deliverable])

    def _reactions_to(self, sender: int, to: int, message: int) -> Remembered:
        key = (sender, to, message)
        found = self._received.get(key)
        if found is None:
            act: Act = (DELIVER, sender, message)
            found = Remembered(
                lambda bundle: () if self.bundles[to][bundle][0] == CRASHED else self._deltas(to, bundle, act)
            )
            self._received[key] = found
        return found

    def _deliverable(self, node: int, bundle: int) -> list[tuple[int, int, int]]:
        """Return (receiver, message, difference) of each message that can leave its channel now."""
        local, channels = self.bundles[node][bundle]
        found = []
        for to, channel in enumerate(channels):
            if not channel:
                continue
            for message in channel[:1] if self._fifo else dict.fromkeys(channel):
                place = channel.index(message)
                rest = channel[1:] if place == 0 else channel[:place] + channel[place + 1 :]
                left = (*channels[:to], rest, *channels[to + 1 :])
                after = self._number(node, (local, left))
                found.append((to, message, (after - bundle) << node * FIELD))
        return found

    # ---- faults of the network -------------------------------------------------------------------------------------

    def _fault_steps(self, kind: str, node: int, bundle: int) -> list[tuple[Event, int]]:
        """Return the faults of one kind that can befall a node or what is on its way from it, with differences."""
        local, channels = self.bundles[node][bundle]
        one = 1 << self.counters[FAULTS.index(kind)]
        if kind == "crash":
            if local == CRASHED:
                return []
            return [(Event(kind, node), one + self._delta(node, bundle, self._number(node, (CRASHED, channels))))]
        if kind == "lose":
            return [(Event(kind, to, node, m), one + delta) for to, m, delta in self._deliverable(node, bundle)]
        return [
            (Event(kind, to, node, message),
             one + self._delta(node, bundle, self._number(node, (local, self._with(channels, ((to, message),))))))
            for to, channel in enumerate(channels)
            for message in dict.fromkeys(channel)
        ]  # fmt: skip

    def _duplicates(self, node: int, bundle: int) -> tuple[int, ...]:
        return tuple(delta for _, delta in self._fault_steps("duplicate", node, bundle))

    def _losses(self, node: int, bundle: int) -> tuple[int, ...]:
        return tuple(delta for _, delta in self._fault_steps("lose", node, bundle))

    def _crashes(self, node: int, bundle: int) -> tuple[int, ...]:
        return tuple(delta for _, delta in self._fault_steps("crash", node, bundle))
