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
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from heapq import heappush
from itertools import repeat
from typing import Any

from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Constant, Distribution
from mxbench.core.entry import Entry, EntryRequest
from mxbench.core.history import (
    DELIVERED,
    ENTERED,
    EVERY_PEER,
    RELEASED,
    REQUESTED,
    TIMER,
    VALUE,
    NodeHistory,
    Totals,
)
from mxbench.core.links import NS, Link
from mxbench.core.messages import Message, WorkloadMessage, encoded
from mxbench.core.places import build_node, roles
from mxbench.core.recorder import Recorder
from mxbench.core.trace import state_line, stuck_line
from mxbench.sim.compiled import Column, Lane, Spot
from mxbench.sim.kinds import kinds_of
from mxbench.sim.sending import NEXT, Broadcast, Send, Write, steady_broadcast, steady_send
from mxbench.sim.surroundings import Endless, Event, Surroundings

WORKLOAD, TIMER_DUE, START, TICKET, NO_TICKETS, FAULT_DUE = -1, -2, -3, -4, -5, -6
SMALL_WORLD = 256  # places


class Place(Spot):
    """Carries out what one node wants done, and takes its events."""

    def __init__(self, world: Surroundings, me: int, algorithm: type, workload: type) -> None:
        plan = world.plan
        own_algorithm, own_workload = roles(plan, me, algorithm, workload)
        self.types, self._algorithm_types, self.kinds = kinds_of(own_algorithm, own_workload)
        self.me, self.nodes = me, plan.nodes
        self.now = 0
        self.halted = ""  # 'crashed' or 'paused'
        self.held: list[Event] = []  # what comes while halted, in order
        self.sent_by_type = [0] * len(self.types)
        self.unwritten = [0] * len(self.types)  # messages by type that were handed over, if none is written down
        self.payload_bytes = 0
        self.recorder = Recorder(Column)
        self.times, self.codes = self.recorder.times, self.recorder.codes
        self.delays: list[int] | None = None  # by receiver, in ns; None if the links do more than delay
        self._world = world
        self.places, self.next_serial = world.places, world.next_serial
        self._post: Callable[[Event], None] = partial(heappush, world.heap)
        self._push: Callable[[Event], None] = self._post  # of messages
        # Of the record of the next delivery on the channel to each: what does not depend on the type. In a large world
        # a node of most algorithms speaks to few others.
        first, places = DELIVERED | me << 12, len(plan.places)
        self.heads: list[int] | dict[int, int] = (
            [first] * places if places <= SMALL_WORLD else defaultdict(repeat(first).__next__)
        )
        self._links: dict[int, Link] = {}
        self.full = plan.history == "full"
        self._sections = plan.history != "off"
        self._streams: dict[str, random.Random] = {}
        self.timers: dict[tuple[str, str], int] = {}  # (owner, name) -> serial of the event
        self._due: int | None = None  # of the timer that is firing
        self.write: Write = self._write_down
        self.send: Send = self._send_one
        self.broadcast: Broadcast = self._send_all
        self.node = build_node(plan, me, algorithm, workload, self)

    def join(self, delays: list[int] | None, lane: Lane | None = None) -> None:
        """Hear how long each link takes, None if the links do more than that. lane: where the world keeps messages."""
        self.delays = delays
        if lane is not None:
            self._push = lane.append
            seat = lane.seat(self)
            self.write = seat.write
            if delays is not None:
                self.send, self.broadcast = seat.send, seat.broadcast
        elif delays is not None:
            self.send = steady_send(self, delays, self._push)
            self.broadcast = steady_broadcast(self, delays, self._push)

    @cached_property
    def peers(self) -> "list[Place]":
        """The places of the other nodes, made when it is first asked for them: not every algorithm broadcasts."""
        return [other for other in self.places[: self._world.plan.nodes] if other is not self]

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
            if self.full:
                self.times.append(time)
                self.codes.append(code)
            else:
                self.unwritten[code >> 4 & 255] += 1
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
        """Take the releases and requests that are due. Raises Endless."""
        stays = 0
        while self.node.advance():
            stays += self.node.inside is not None
            if stays == self._world.most_stays:
                raise Endless

    def _take_timer(self, time: int, serial: int, owner: str, name: str, due: int) -> bool:
        if not self.is_set(owner, name, serial):
            return False
        self._forget((owner, name))
        self.now = time
        if self.full:
            self.write(TIMER, (owner, name))
        self._due = due
        self.node.timer(owner, name)
        self._due = None
        return True

    # ---- what the node wants done (core.node.Engine) ------------------------------------------------------------

    def send_workload(self, to: int, message: WorkloadMessage) -> None:
        self._send_workload([self.places[to]], to, message)

    def broadcast_workload(self, message: WorkloadMessage) -> None:
        self._send_workload(self.peers, EVERY_PEER, message)

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        start = self._due if steady and self._due is not None else self.now
        if isinstance(after, Constant):  # it draws nothing, and to make a stream takes longer than all else here
            due = start + int(after.seconds * NS)
        else:
            due = start + int(after.draw(self.stream(f"{owner}.{name}").random) * NS)
        key = owner, name
        if key not in self.timers and owner != "algorithm":
            self._world.work += 1
        self.timers[key] = serial = self.next_serial()
        self._post((max(due, self.now), serial, self, TIMER_DUE, owner, name, due, 0))

    def cancel_timer(self, owner: str, name: str) -> None:
        self._forget((owner, name))

    def choose(self, options: Sequence[Any]) -> Any:
        return self._world.choose(self, options)

    def arrived(self) -> int:
        return self.now if self._due is None else self._due

    def requested(self, request: EntryRequest, arrival: int | None) -> None:
        self._world.busy += 1
        self._world.moved = self.now
        if self._sections:
            self.write(REQUESTED, (request.id, arrival))

    def entered(self, entry: Entry) -> None:
        self._world.entries += 1
        self._world.moved = self.now
        if self._sections:
            self.write(ENTERED, (entry.id, entry.number, entry.version, entry.stamp))

    def released(self, entry: Entry) -> None:
        self._world.busy -= 1
        self._world.moved = self.now
        if self._sections:
            self.write(RELEASED, (entry.number,))

    def recorded(self, value: Any) -> None:
        if self._sections:
            self.write(VALUE, value)

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

    @property
    def handled(self) -> list[int]:
        """How many messages of each type were handed to this node."""
        return self.recorder.counted(DELIVERED, len(self.types)) if self.full else self.unwritten

    def sent(self) -> int:
        """Return how many messages this node sent."""
        return sum(self.sent_by_type)

    def describe(self) -> str:
        """Return what the node is doing and its algorithm's state, in one line."""
        return stuck_line(self.me, self.node.inside is not None, state_line(self.node.algorithm))

    def history(self) -> NodeHistory:
        """Return what this node wrote down and counted."""
        totals = Totals(self.sent_by_type, self.handled, self.payload_bytes)
        names = [kind.__name__ for kind in self.types]
        return self.recorder.finish(self.me, names, self._algorithm_types, totals)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _send_one(self, to: int, message: Message) -> None:
        self._send([self.places[to]], to, message)

    def _send_all(self, message: Message) -> None:
        self._send(self.peers, EVERY_PEER, message)

    def _send(self, places: list["Place"], to: int, message: Message) -> None:
        """Send a message of the algorithm to each of these places. to: whom the history names."""
        payload = self.note_sent(places, to, message)
        _, _, mark, fresh = self.kinds[type(message)]
        size, me, node, heads, next_serial = len(payload), self.me, self.node, self.heads, self.next_serial
        for place in places:
            head = heads[place.me]
            heads[place.me] = head + NEXT
            for due in self._arrivals(place.me, size):
                copy = message if fresh is None else fresh(payload)
                self._push((due, next_serial(), place, me, node.completed, node.version, copy, head | mark))

    def _send_workload(self, places: list["Place"], to: int, message: WorkloadMessage) -> None:
        """Send a message of the workload, likewise."""
        payload = self.note_sent(places, to, message)
        fresh = self.kinds[type(message)][3]
        for place in places:
            kind = place.kinds.get(type(message))  # a server's are not a node's
            if kind is None:
                raise ContractBreach(f"the workload sent {message!r} to node {place.me}, which does not know its class")
            code = self.heads[place.me] | kind.delivered
            self.heads[place.me] += NEXT
            for due in self._arrivals(place.me, len(payload)):
                copy = message if fresh is None else fresh(payload)
                self._world.work += 1
                self._push((due, self.next_serial(), place, WORKLOAD, self.me, 0, copy, code))

    def note_sent(self, places: list["Place"], to: int, message: Message | WorkloadMessage) -> bytes:
        """Count a message and write down that it is sent; return it encoded."""
        payload = encoded(message)
        index, *_ = self.kinds[type(message)]
        self.sent_by_type[index] += len(places)
        if index < self._algorithm_types:
            self.payload_bytes += len(payload) * len(places)
        if self.full:
            self.recorder.sent(self.now, to, index, payload)
        return payload

    def _arrivals(self, to: int, size: int) -> tuple[int, ...]:
        """Return the times at which a message of `size` bytes, sent now, arrives."""
        if self.delays is not None:
            return (self.now + self.delays[to],)
        link = self._links.get(to)
        if link is None:
            link = self._links[to] = Link(self._world.network, self.me, to, self._world.plan.seed)
        due = link.arrivals(self.now, size)
        return () if (self.me, to) in self._world.cut else due

    def _forget(self, timer: tuple[str, str]) -> None:
        if self.timers.pop(timer, None) is not None and timer[0] != "algorithm":
            self._world.work -= 1

    def _write_down(self, kind: int, detail: Any) -> None:
        self.recorder.other(kind, self.now, detail)

    def stream(self, purpose: str) -> random.Random:
        """Return this node's random stream for a purpose."""
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = random.Random(f"{self._world.plan.seed}/{self.me}/{purpose}")
        return stream
