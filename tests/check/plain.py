"""A plain search, as naive as can be: real nodes, deep copies, explicit sets. Slow, and independent of mxbench.check.

It shares the node with the checker, and what makes a state (`core.state`) with nothing: its keys are its own.
"""

import copy
import copyreg
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import msgspec

from mxbench.check.question import Question
from mxbench.core.algorithm import Out
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO
from mxbench.core.envelope import Envelope
from mxbench.core.node import Node
from mxbench.workloads.hold import Hold


class Ear:
    """The engine that a node sees: it keeps what the node sends in a step, and its timers."""

    def __init__(self, me: int, n: int) -> None:
        self.me, self.n = me, n
        self.sent: list[tuple[int, Any]] = []
        self.timers: set[str] = set()
        self.script: list[int] = []
        self.asked: list[int] = []
        self.number: int | None = None

    def send(self, to: int, message: Any) -> None:
        self.sent.append((to, copy.deepcopy(message)))

    def broadcast(self, message: Any) -> None:
        for to in range(self.n):
            if to != self.me:
                self.send(to, message)

    def set_timer(self, owner: str, name: str, after: Any, steady: bool) -> None:
        self.timers.add(name)

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.discard(name)

    def choose(self, options: Any) -> Any:
        place = len(self.asked)
        self.asked.append(len(options))
        return options[self.script[place] if place < len(self.script) else 0]

    def entered(self, entry: Any) -> None:
        self.number = entry.number

    def requested(self, request: Any, arrival: Any) -> None: ...
    def released(self, entry: Any) -> None: ...


class World(NamedTuple):
    """A global state. Nodes are never changed, only replaced by changed copies; None is one that crashed.

    channels: by (sender, receiver), (completed, message) in the order of sending. used: the numbers of all entries.
    """

    nodes: tuple[Node | None, ...]
    channels: dict[tuple[int, int], tuple[tuple[int, Any], ...]]
    faults: tuple[int, int, int] = (0, 0, 0)
    used: tuple[int, ...] = ()
    repeated: bool = False

    def inside(self) -> list[int]:
        return [node.me for node in self.nodes if node is not None and node.inside is not None]

    def waiting(self) -> list[int]:
        return [node.me for node in self.nodes if node is not None and node.waiting is not None]


class Result(NamedTuple):
    property: str | None
    states: int
    transitions: int
    depth: int
    rounds: bool = False  # some schedule goes round for ever while a node waits


def search(question: Question, keep_order: bool = False) -> Result:
    """Return what the checker should find, its counts included."""
    start = _start(question)
    level = {key(start, question, keep_order): start}
    waits = {k: set(world.waiting()) for k, world in level.items()}
    edges: dict[Any, list[Any]] = {}
    transitions = 0
    for depth in count():
        if any(len(world.inside()) > 1 for world in level.values()):
            return Result("mutual exclusion", len(waits), transitions, depth)
        fresh: dict[Any, World] = {}
        stuck = breach = False
        for k, world in level.items():
            edges[k], possible = [], False
            for fault, after in _steps(world, question):
                if after is None:
                    breach = possible = True
                    continue
                transitions += 1
                there = key(after, question, keep_order)
                if not fault:
                    possible = True
                    edges[k].append(there)
                if there not in waits:
                    waits[there] = set(after.waiting())
                    fresh[there] = after
            stuck |= not possible and bool(world.waiting())
        if stuck:
            return Result("no deadlock", len(waits), transitions, depth)
        if breach and not any(len(world.inside()) > 1 for world in fresh.values()):
            return Result("contract", len(waits), transitions, depth)
        if not fresh:
            break
        level = fresh
    stranded = _stranded(waits, edges)
    return Result(stranded, len(waits), transitions, depth, not stranded and _rounds(waits, edges))


def schedules(question: Question) -> Iterator[World]:
    """Yield every state that a schedule can reach, the numbers included: those of nodes, envelopes and past entries."""
    start = _start(question)
    rest, seen = [start], {numbered(start, question)}
    while rest:
        world = rest.pop()
        yield world
        for _, after in _steps(world, question):
            if after is not None and (k := numbered(after, question)) not in seen:
                seen.add(k)
                rest.append(after)


def _rounds(waits: dict[Any, set[int]], edges: dict[Any, list[Any]]) -> bool:
    for node in {node for waiting in waits.values() for node in waiting}:
        left = {k for k, waiting in waits.items() if node in waiting}
        while ends := {k for k in left if left.isdisjoint(edges[k])}:
            left -= ends
        if left:
            return True
    return False


def _stranded(waits: dict[Any, set[int]], edges: dict[Any, list[Any]]) -> str | None:
    before: dict[Any, list[Any]] = {}
    for k, after in edges.items():
        for there in after:
            before.setdefault(there, []).append(k)
    for node in {node for waiting in waits.values() for node in waiting}:
        good = [k for k, waiting in waits.items() if node not in waiting]
        reached = set(good)
        while good:
            for k in before.get(good.pop(), ()):
                if k not in reached:
                    reached.add(k)
                    good.append(k)
        if len(reached) < len(waits):
            return "every waiter can still enter"
    return None


def _start(question: Question) -> World:
    n = question.nodes
    nodes = []
    channels: dict[tuple[int, int], tuple[tuple[int, Any], ...]]
    channels = {(a, b): () for a in range(question.places) for b in range(question.places)}
    for me in range(question.places):
        parameters = question.parameters(me)
        hold = Hold(parameters, ZERO, Hold.option_type(), None)
        plan = ArrivalPlan(question.requests[me] if me < n else 0)
        nodes.append(Node(question.algorithm(parameters), hold, plan, parameters, Ear(me, n)))
        nodes[-1].start()
        for to, message in nodes[-1].engine.sent:
            channels[me, to] += ((0, message),)
        nodes[-1].engine.sent = []
    return World(tuple(nodes), channels)


def _steps(world: World, question: Question) -> Iterator[tuple[bool, World | None]]:
    """Yield (whether it is a fault of the network, the state after it) of every step; None for a breach."""
    fifo, limits = question.network.fifo, question.network
    for node in world.nodes:
        if node is None:
            continue
        if node._releasing or (node.backlog and node.waiting is None and node.inside is None):
            yield from _outcomes(world, node.me, lambda node: node.advance())
        for name in sorted(node.engine.timers):

            def fire(node: Node, name: str = name) -> None:
                node.engine.timers.remove(name)
                node.timer("algorithm", name)

            yield from _outcomes(world, node.me, fire)
    duplicates, losses, crashes = world.faults
    for (sender, to), channel in world.channels.items():
        for place in range(len(channel)):
            first = place == 0 or not fifo
            again = any(_same(channel[place], earlier) for earlier in channel[:place])
            completed, message = channel[place]
            left = {**world.channels, (sender, to): channel[:place] + channel[place + 1 :]}
            if first and not again and world.nodes[to] is not None:

                def deliver(
                    node: Node, sender: int = sender, completed: int = completed, message: Any = message
                ) -> None:
                    node.deliver(sender, completed, 0, copy.deepcopy(message))

                yield from _outcomes(world._replace(channels=left), to, deliver)
            if first and not again and losses < limits.losses:
                yield True, world._replace(channels=left, faults=(duplicates, losses + 1, crashes))
            if not again and duplicates < limits.duplicates:
                more = {**world.channels, (sender, to): (*channel, channel[place])}
                yield True, world._replace(channels=more, faults=(duplicates + 1, losses, crashes))
    if crashes < limits.crashes:
        for me, node in enumerate(world.nodes):
            if node is not None:
                gone = (*world.nodes[:me], None, *world.nodes[me + 1 :])
                yield True, world._replace(nodes=gone, faults=(duplicates, losses, crashes + 1))


def _parts(one: Node | Out) -> tuple[Any, ...]:
    """Return what a copy is made of, for copy.deepcopy: the parts in C have fields that it does not find."""
    of_out = ("_destinations", "_types", "entering", "may_enter", "stamp", *Out.__slots__)
    names = Envelope.__annotations__ if isinstance(one, Node) else of_out
    fields = {name: getattr(one, name) for name in names}
    return copyreg.__newobj__, (type(one),), (getattr(one, "__dict__", None), fields)  # type: ignore[attr-defined]


copyreg.pickle(Node, _parts)  # type: ignore[arg-type]
copyreg.pickle(Out, _parts)  # type: ignore[arg-type]


def _copy(node: Node | None) -> Node:
    """Return a copy that shares with the node what no step changes, to save time."""
    assert node is not None
    fixed = [node.algorithm.parameters, node._arrivals.plan, node.workload.options]
    fixed += [out._destinations for out in (node.out, node._work_out)]
    fixed += [out._types for out in (node.out, node._work_out)]
    copied: Node = copy.deepcopy(node, {id(item): item for item in fixed})
    vars(copied).pop("keys", None)
    return copied


def _same(one: tuple[int, Any], other: tuple[int, Any]) -> bool:
    return tagged(one) == tagged(other)


def _outcomes(world: World, me: int, act: Any) -> Iterator[tuple[bool, World | None]]:
    scripts: list[list[int]] = [[]]
    while scripts:
        node = _copy(world.nodes[me])
        ear = node.engine
        ear.sent, ear.script, ear.asked, ear.number = [], scripts.pop(), [], None
        try:
            act(node)
            node.check_state()
        except Exception:
            yield False, None
            continue
        made = len(ear.script)
        scripts += [
            [*ear.script, *[0] * (place - made), option]
            for place in range(made, len(ear.asked))
            for option in range(1, ear.asked[place])
        ]
        channels = dict(world.channels)
        for to, message in ear.sent:
            channels[me, to] = (*channels[me, to], (node.completed, message))
        after = world._replace(nodes=(*world.nodes[:me], node, *world.nodes[me + 1 :]), channels=channels)
        if ear.number is not None:
            after = after._replace(
                used=tuple(sorted({*world.used, ear.number})), repeated=world.repeated or ear.number in world.used
            )
        ear.sent, ear.script, ear.asked = [], [], []
        yield False, after


def key(world: World, question: Question, keep_order: bool = False) -> Any:
    """Return what tells states apart for the checker: no numbers."""
    return _key(world, question, keep_order, numbers=False)


def numbered(world: World, question: Question) -> Any:
    return (_key(world, question, False, numbers=True), world.used, world.repeated)


def _key(world: World, question: Question, keep_order: bool, numbers: bool) -> Any:
    nodes = tuple(None if node is None else _node_key(node, keep_order, numbers) for node in world.nodes)
    channels = []
    for pair in sorted(world.channels):
        messages = [tagged(item if numbers else item[1], True) for item in world.channels[pair]]
        channels.append(tuple(messages if question.network.fifo else sorted(messages, key=repr)))
    return (nodes, tuple(channels), world.faults)


def _node_key(node: Node, keep_order: bool, numbers: bool) -> Any:
    known = vars(node).setdefault("keys", {})
    if (keep_order, numbers) not in known:
        known[keep_order, numbers] = _new_key(node, keep_order, numbers)
    return known[keep_order, numbers]


def _new_key(node: Node, keep_order: bool, numbers: bool) -> Any:
    state = [getattr(node.algorithm, name) for name in node.algorithm.__struct_fields__ if name != "parameters"]
    life = (node.waiting and node.waiting.id, node.inside and node.inside.id, node._releasing, node._requests)
    counters = (node.completed, node.inside and node.inside.number) if numbers else ()
    return (tagged(state, keep_order), tagged(life), len(node.backlog), tagged(sorted(node.engine.timers)), counters)


def tagged(value: Any, keep_order: bool = False) -> Any:
    """Return a plain value as nested tuples with the type of everything in them."""
    name = type(value).__name__
    if isinstance(value, msgspec.Struct):
        return (name, tuple(tagged(item, keep_order) for item in msgspec.structs.astuple(value)))
    if isinstance(value, list | tuple):
        return (name, tuple(tagged(item, keep_order) for item in value))
    if isinstance(value, set | frozenset):
        return (name, frozenset(tagged(item, keep_order) for item in value))
    if isinstance(value, dict):
        items = [(tagged(k, keep_order), tagged(v, keep_order)) for k, v in value.items()]
        return (name, tuple(items) if keep_order else frozenset(items))
    return (name, value)
