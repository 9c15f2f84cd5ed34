"""A plain heap loop that runs any algorithm and workload on core.Node, in virtual time, without a network.

The insurance of the design: if a plugin runs here and on the engines alike, the node is the one place of its rules.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.history import (
    ENTERED,
    EVERY_PEER,
    RELEASED,
    REQUESTED,
    TIMER,
    VALUE,
    History,
    Totals,
)
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.core.places import build_node, roles
from mxbench.core.plan import Ending, RunPlan, turns
from mxbench.core.recorder import Recorder

MAX_EVENTS = 2_000_000


class Place:
    """One node and the Engine that it sees."""

    def __init__(self, loop: "HeapLoop", me: int, algorithm: type, workload: type) -> None:
        plan = loop.plan
        self.loop, self.me = loop, me
        own_algorithm, own_workload = roles(plan, me, algorithm, workload)
        self.types = [*message_types(own_algorithm, Message), *message_types(own_workload, WorkloadMessage)]
        self.algorithm_types = len(message_types(own_algorithm, Message))
        self.recorder = Recorder()
        self.totals = Totals([0] * len(self.types), [0] * len(self.types))
        self.streams: dict[str, random.Random] = {}
        self.timers: dict[tuple[str, str], int] = {}
        self.due: int | None = None
        self.node = build_node(plan, me, algorithm, workload, self)

    def stream(self, purpose: str) -> random.Random:
        return self.streams.setdefault(purpose, random.Random(f"{self.loop.plan.seed}/{self.me}/{purpose}"))

    def _post(self, receivers: Any, peer: int, message: Any) -> None:
        index = self.types.index(type(message))
        payload = msgspec.msgpack.encode(message)
        self.recorder.sent(self.loop.now, peer, index, payload)
        for to in receivers:
            self.totals.sent_by_type[index] += 1
            self.totals.payload_bytes += len(payload) * (index < self.algorithm_types)
            self.loop.post(self.me, to, self.node.completed, self.node.version, message)

    def _peers(self) -> list[int]:
        return [node for node in range(self.loop.plan.nodes) if node != self.me]

    def send(self, to: int, message: Message) -> None:
        self._post([to], to, message)

    def broadcast(self, message: Message) -> None:
        self._post(self._peers(), EVERY_PEER, message)

    send_workload = send
    broadcast_workload = broadcast

    def set_timer(self, owner: str, name: str, after: Any, steady: bool) -> None:
        start = self.due if steady and self.due is not None else self.loop.now
        due = start + int(after.draw(self.stream(f"{owner}.{name}").random) * 1e9)
        self.timers[owner, name] = serial = self.loop.serial + 1
        self.loop.at(due, lambda: self._fire(owner, name, serial, due), owner == "algorithm")

    def _fire(self, owner: str, name: str, serial: int, due: int) -> None:
        if self.timers.get((owner, name)) == serial:
            del self.timers[owner, name]
            self.recorder.other(TIMER, self.loop.now, (owner, name))
            self.due = due
            self.node.timer(owner, name)
            self.due = None

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.pop((owner, name), None)

    def choose(self, options: Any) -> Any:
        return self.stream("choose").choice(options)

    def arrived(self) -> int:
        return self.loop.now if self.due is None else self.due

    def requested(self, request: Any, arrival: int | None) -> None:
        self.recorder.other(REQUESTED, self.loop.now, (request.id, arrival))

    def entered(self, entry: Any) -> None:
        self.recorder.other(ENTERED, self.loop.now, (entry.id, entry.number, entry.version, entry.stamp))

    def released(self, entry: Any) -> None:
        self.recorder.other(RELEASED, self.loop.now, (entry.number,))

    def recorded(self, value: Any) -> None:
        self.recorder.other(VALUE, self.loop.now, value)

    def ticket_used(self) -> None:
        pass


class HeapLoop:
    """Runs a plan. `delay(sender, receiver, message)` gives the ns that a message takes; channels keep their order."""

    def __init__(
        self, plan: RunPlan, algorithm: type[Algorithm], workload: type,
        delay: Callable[[int, int, Any], int] | None = None, fifo: bool = True,
    ) -> None:  # fmt: skip
        self.plan, self.fifo = plan, fifo
        self.now = self.serial = 0
        self.queue: list[tuple[int, int, Callable[[], None], bool]] = []
        self.work = 0  # events to come that are not those of an algorithm that sends for ever
        network = random.Random(f"{plan.seed}/network")
        self.delay = delay or (lambda sender, to, message: network.randrange(50_000, 1_500_000))
        self.last: Counter[tuple[int, int]] = Counter()
        self.sequence: Counter[tuple[int, int]] = Counter()
        self.places = [Place(self, me, algorithm, workload) for me in plan.places]

    def at(self, time: int, act: Callable[[], None], algorithm: bool = False) -> None:
        self.serial += 1
        endless = algorithm and not self.plan.falls_quiet
        self.work += not endless
        heapq.heappush(self.queue, (time, self.serial, act, endless))

    def at_rest(self) -> bool:
        """Return whether nothing can happen, or nothing but what goes on for ever while nobody wants to enter."""
        return not self.queue or (not self.work and not any(place.node.busy for place in self.places))

    def post(self, sender: int, to: int, completed: int, version: int, message: Any) -> None:
        due = self.now + self.delay(sender, to, message)
        if self.fifo:
            due = self.last[sender, to] = max(due, self.last[sender, to])
        sequence = self.sequence[sender, to]
        self.sequence[sender, to] += 1

        def deliver() -> None:
            place = self.places[to]
            index = place.types.index(type(message))
            place.recorder.delivered(self.now, sender, index, sequence)
            place.totals.handled_by_type[index] += 1
            if index < place.algorithm_types:
                place.node.deliver(sender, completed, version, message)
            else:
                place.node.deliver_workload(sender, message)

        self.at(due, deliver, isinstance(message, Message))

    def run(self) -> History:
        """Run until it is at rest (or a bound is hit) and return the history."""
        tickets = deque(self._tickets())
        for place in self.places:
            self.at(0, place.node.start)
        events = 0
        while events < MAX_EVENTS:
            if self.at_rest() or (self.plan.tickets is not None and not self.plan.one_at_a_time and tickets):
                if not tickets:
                    break
                node = self.places[tickets.popleft()].node
                self.at(self.now, node.grant_ticket)
            self.now, _, act, endless = heapq.heappop(self.queue)
            self.work -= not endless
            act()
            events += 1
            while any(place.node.advance() for place in self.places):
                pass
        busy = [place.me for place in self.places if place.node.busy]
        ending = Ending("stuck", text=f"nodes {busy} wait") if busy else Ending("quiet")
        names = [cls.__name__ for cls in self.places[0].types]
        nodes = [p.recorder.finish(p.me, names, p.algorithm_types, p.totals) for p in self.places]
        return History(self.plan, ending, nodes)

    def _tickets(self) -> list[int]:
        draw = random.Random(f"{self.plan.seed}/turns")
        if self.plan.one_at_a_time:
            return turns(self.plan, draw)
        return [draw.randrange(self.plan.nodes) for _ in range(self.plan.tickets or 0)]
