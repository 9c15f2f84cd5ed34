"""One node (or server) in the simulated world: the Engine that core.Node sees.

It counts and writes down what the tcp engine's driver does. Differences that no plugin can see: a message is not sent
as bytes. It is encoded all the same, once (its size is counted, and the history wants it), and handed over as the
object that was sent; only if it holds a list, a dict or a set does each receiver get a copy of its own, as it does
over a wire.

An event is (time, serial, place, kind, a, b, message, code). kind: the sender of an algorithm's message, or one of the
constants below; a, b: of such a message the counters of its envelope; code: the record of its delivery.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from heapq import heappush
from typing import Any

import msgspec

from mxbench.core.algorithm import EntryRequest
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Distribution
from mxbench.core.history import (
    DELIVERED,
    ENTERED,
    EVERY_PEER,
    RELEASED,
    REQUESTED,
    SENT,
    TIMER,
    VALUE,
    NodeHistory,
    Recorder,
    Totals,
)
from mxbench.core.links import NS, Link
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.core.places import build_node, roles
from mxbench.core.workload import Entry
from mxbench.sim.copies import copier
from mxbench.sim.surroundings import Event, Surroundings

WORKLOAD, TIMER_DUE, START, TICKET, NO_TICKETS, FAULT_DUE = -1, -2, -3, -4, -5, -6
MAX_STATE_TEXT = 400
SMALL_WORLD = 256  # places
NOT_ENCODED = (TypeError, ValueError, OverflowError, msgspec.MsgspecError)
encode = msgspec.msgpack.Encoder().encode


class Place:
    """Carries out what one node wants done, and takes its events."""

    def __init__(self, world: Surroundings, me: int, algorithm: type, workload: type) -> None:
        plan = world.plan
        own_algorithm, own_workload = roles(plan, me, algorithm, workload)
        algorithm_types = message_types(own_algorithm, Message)
        self.types = [*algorithm_types, *message_types(own_workload, WorkloadMessage)]
        self.index = {kind: index for index, kind in enumerate(self.types)}
        self.me = me
        self.now = 0
        self.halted = ""  # 'crashed' or 'paused'
        self.held: list[Event] = []  # what comes while halted, in order
        self.handled = [0] * len(self.types)
        self.recorder = Recorder()
        self.times, self.codes, self._payloads = self.recorder.times, self.recorder.codes, self.recorder.payloads
        self._note_time, self._note_code = self.times.append, self.codes.append
        self.delays: list[int] | None = None  # by receiver, in ns; None if the links do more than delay
        self._world = world
        self._places = world.places
        self._heap, self._serial = world.heap, world.next_serial
        self._algorithm_types = len(algorithm_types)
        self._sent = [0] * len(self.types)
        self._payload_bytes = 0
        # Of each type: its index, the heads of the records of its sending and delivery, and what makes a copy.
        self._kinds = {
            kind: (index, SENT | index << 4, DELIVERED | index << 4 | me << 12, copier(kind))
            for kind, index in self.index.items()
        }
        # Of the next message on the link to each. In a large world a node of most algorithms speaks to few others.
        self._sequences: list[int] | dict[int, int] = (
            [0] * len(plan.places) if len(plan.places) <= SMALL_WORLD else defaultdict(int)
        )
        self._links: dict[int, Link] = {}
        self._full = plan.history == "full"
        self._sections = plan.history != "off"
        self._streams: dict[str, random.Random] = {}
        self.timers: dict[tuple[str, str], int] = {}  # (owner, name) -> serial of the event
        self._due: int | None = None  # of the timer that is firing
        self.node = build_node(plan, me, algorithm, workload, self)

    @cached_property
    def peers(self) -> "list[Place]":
        """The places of the other nodes, made when it is first asked for them: not every algorithm broadcasts."""
        return [other for other in self._places[: self._world.plan.nodes] if other is not self]

    # ---- events -------------------------------------------------------------------------------------------------

    def take(self, event: Event) -> bool:
        """Take an event, and the steps that become due; return False if it was a timer that is set no longer."""
        taken = self.handle(event)
        if taken and self.node.ready:
            self.advance()
        return taken

    def handle(self, event: Event) -> bool:
        """Take an event as one step; what becomes due by it stays due."""
        time, serial, _, kind, a, b, message, code = event
        node = self.node
        if kind == TIMER_DUE:
            return self._take_timer(time, serial, a, b, message)
        self.now = time
        if kind >= 0 or kind == WORKLOAD:
            self.handled[code >> 4 & 255] += 1
            if self._full:
                self.times.append(time)
                self.codes.append(code)
        if kind >= 0:
            node.deliver(kind, a, b, message)
        else:
            self._world.work -= 1
            if kind == WORKLOAD:
                node.deliver_workload(a, message)
            elif kind == START:
                node.start()
                node.check_state()
            elif kind == TICKET:
                node.grant_ticket()
            elif kind == NO_TICKETS:
                node.end_tickets()
        return True

    def advance(self) -> None:
        """Take the releases and requests that are due."""
        while self.node.advance():
            pass

    def _take_timer(self, time: int, serial: int, owner: str, name: str, due: int) -> bool:
        if not self.is_set(owner, name, serial):
            return False
        self._forget(owner, name)
        self.now = time
        if self._full:
            self.recorder.other(TIMER, time, (owner, name))
        self._due = due
        self.node.timer(owner, name)
        self._due = None
        return True

    # ---- what the node wants done (core.node.Engine) ------------------------------------------------------------

    def send(self, to: int, message: Message) -> None:
        try:
            payload = encode(message)
        except NOT_ENCODED as error:
            raise _not_encoded(message, error) from None
        index, sent, delivered, fresh = self._kinds[type(message)]
        size, now, node = len(payload), self.now, self.node
        self._sent[index] += 1
        self._payload_bytes += size
        if self._full:
            self._note_time(now)
            self._note_code(sent | to << 12 | size << 32)
            self._payloads += payload
        sequences = self._sequences
        sequence = sequences[to]
        sequences[to] = sequence + 1
        code = delivered | sequence << 32
        if self.delays is not None and fresh is None:
            due = now + self.delays[to]
            heappush(
                self._heap,
                (due, self._serial(), self._places[to], self.me, node.completed, node.version, message, code),
            )
            return
        for due in self._arrivals(to, size):
            copy = message if fresh is None else fresh(payload)
            event = (due, self._serial(), self._places[to], self.me, node.completed, node.version, copy, code)
            heappush(self._heap, event)

    def broadcast(self, message: Message) -> None:
        try:
            payload = encode(message)
        except NOT_ENCODED as error:
            raise _not_encoded(message, error) from None
        index, sent, delivered, fresh = self._kinds[type(message)]
        size, now, me, peers = len(payload), self.now, self.me, self.peers
        completed, version = self.node.completed, self.node.version
        self._sent[index] += len(peers)
        self._payload_bytes += size * len(peers)
        if self._full:
            self._note_time(now)
            self._note_code(sent | EVERY_PEER << 12 | size << 32)
            self._payloads += payload
        heap, next_serial, sequences, delays = self._heap, self._serial, self._sequences, self.delays
        for place in peers:
            to = place.me
            sequence = sequences[to]
            sequences[to] = sequence + 1
            code = delivered | sequence << 32
            if delays is not None and fresh is None:
                heappush(heap, (now + delays[to], next_serial(), place, me, completed, version, message, code))
            else:
                for due in self._arrivals(to, size):
                    copy = message if fresh is None else fresh(payload)
                    heappush(heap, (due, next_serial(), place, me, completed, version, copy, code))

    def send_workload(self, to: int, message: WorkloadMessage) -> None:
        self._post_workload([self._places[to]], to, message)

    def broadcast_workload(self, message: WorkloadMessage) -> None:
        self._post_workload(self.peers, EVERY_PEER, message)

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        start = self._due if steady and self._due is not None else self.now
        due = start + int(after.draw(self.stream(f"{owner}.{name}").random) * NS)
        self._forget(owner, name)
        self.timers[owner, name] = serial = self._serial()
        if owner != "algorithm":
            self._world.work += 1
        heappush(self._heap, (max(due, self.now), serial, self, TIMER_DUE, owner, name, due, 0))

    def cancel_timer(self, owner: str, name: str) -> None:
        self._forget(owner, name)

    def choose(self, options: Sequence[Any]) -> Any:
        return self._world.choose(self, options)

    def arrived(self) -> int:
        return self.now if self._due is None else self._due

    def requested(self, request: EntryRequest, arrival: int | None) -> None:
        self._world.busy += 1
        if self._sections:
            self.recorder.other(REQUESTED, self.now, (request.id, arrival))

    def entered(self, entry: Entry) -> None:
        self._world.entries += 1
        self._world.moved = self.now
        if self._sections:
            self.recorder.other(ENTERED, self.now, (entry.id, entry.number, entry.version, entry.stamp))

    def released(self, entry: Entry) -> None:
        self._world.busy -= 1
        self._world.moved = self.now
        if self._sections:
            self.recorder.other(RELEASED, self.now, (entry.number,))

    def recorded(self, value: Any) -> None:
        if self._sections:
            self.recorder.other(VALUE, self.now, value)

    def ticket_used(self) -> None:
        self._world.ticket_used(self)

    # ---- what the world asks ------------------------------------------------------------------------------------

    def note(self, kind: int, time: int, detail: Any) -> None:
        """Write down what befell this node from outside."""
        if self._sections:
            self.recorder.other(kind, time, detail)

    def is_set(self, owner: str, name: str, serial: int) -> bool:
        """Return whether that timer is still to fire."""
        return self.timers.get((owner, name)) == serial

    def sent(self) -> int:
        """Return how many messages this node sent."""
        return sum(self._sent)

    def describe(self) -> str:
        """Return what the node is doing and its algorithm's state, in one line."""
        algorithm = self.node.algorithm
        fields = (name for name in algorithm.__struct_fields__ if name != "parameters")
        state = ", ".join(f"{name}={getattr(algorithm, name)!r}" for name in fields)
        doing = "is inside" if self.node.inside is not None else "waits"
        cut = state if len(state) <= MAX_STATE_TEXT else state[: MAX_STATE_TEXT - 3] + "..."
        return f"node {self.me} {doing}; its state: {cut}"

    def history(self) -> NodeHistory:
        """Return what this node wrote down and counted."""
        totals = Totals(self._sent, self.handled, self._payload_bytes)
        names = [kind.__name__ for kind in self.types]
        return self.recorder.finish(self.me, names, self._algorithm_types, totals)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _post_workload(self, places: list["Place"], to: int, message: WorkloadMessage) -> None:
        """Send a message of the workload to each of these places. to: whom the history names."""
        try:
            payload = encode(message)
        except NOT_ENCODED as error:
            raise _not_encoded(message, error) from None
        index, sent, _, fresh = self._kinds[type(message)]
        self._sent[index] += len(places)
        if self._full:
            self._note_time(self.now)
            self._note_code(sent | to << 12 | len(payload) << 32)
            self._payloads += payload
        for place in places:
            index = place.index.get(type(message), -1)  # a server's types are not a node's
            if index < 0:
                raise ContractBreach(f"the workload sent {message!r} to node {place.me}, which does not know its class")
            sequence = self._sequences[place.me]
            self._sequences[place.me] = sequence + 1
            code = DELIVERED | index << 4 | self.me << 12 | sequence << 32
            for due in self._arrivals(place.me, len(payload)):
                copy = message if fresh is None else fresh(payload)
                self._world.work += 1
                heappush(self._heap, (due, self._serial(), place, WORKLOAD, self.me, 0, copy, code))

    def _arrivals(self, to: int, size: int) -> tuple[int, ...]:
        """Return the times at which a message of `size` bytes, sent now, arrives."""
        if self.delays is not None:
            return (self.now + self.delays[to],)
        link = self._links.get(to)
        if link is None:
            link = self._links[to] = Link(self._world.network, self.me, to, self._world.plan.seed)
        due = link.arrivals(self.now, size)
        return () if (self.me, to) in self._world.cut else due

    def _forget(self, owner: str, name: str) -> None:
        if self.timers.pop((owner, name), None) is not None and owner != "algorithm":
            self._world.work -= 1

    def stream(self, purpose: str) -> random.Random:
        """Return this node's random stream for a purpose."""
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = random.Random(f"{self._world.plan.seed}/{self.me}/{purpose}")
        return stream


def _not_encoded(message: object, error: Exception) -> ContractBreach:
    return ContractBreach(f"it sent {message!r}, which cannot be encoded: {error}")
