"""Drives one core.Node on the mesh: its timers, its entries, and the history; its messages are the pump's affair."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from mxbench.core.distributions import Distribution
from mxbench.core.entry import Entry, EntryRequest
from mxbench.core.history import (
    ENTERED,
    RELEASED,
    REQUESTED,
    TIMER,
    VALUE,
    NodeHistory,
    Totals,
)
from mxbench.core.links import Link as Timing
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.core.network import network_of
from mxbench.core.places import build_node, roles
from mxbench.core.plan import RunPlan
from mxbench.net.compiled import Link, Pump
from mxbench.net.delay import Held, SlowLink, be_punctual, timed
from mxbench.net.poller import NamedTimers, Poller, Wake
from mxbench.net.pump import Pump as PlainPump
from mxbench.net.pump import advance


def union(types: Sequence[type]) -> Any:
    """Return the type as which messages are decoded: only these are let in."""
    message: Any = None
    for kind in types:
        message = kind if message is None else message | kind
    return message


class Driver:
    """The Engine of one node (see core.node): everything that it does is done here."""

    def __init__(self, plan: RunPlan, me: int, algorithm: type, workload: type, poller: Poller) -> None:
        self.plan, self.me = plan, me
        own_algorithm, own_workload = roles(plan, me, algorithm, workload)
        algorithm_types = message_types(own_algorithm, Message)
        self.types = [*algorithm_types, *message_types(own_workload, WorkloadMessage)]
        self.message_type = union(self.types)  # as which the links decode what they receive
        arguments = (self.types, len(algorithm_types), plan.history == "full")
        self.pump: Pump
        self._held: Held | None = None
        if plan.network:  # speed is not the question then: the pump in Python also takes links that take time
            be_punctual(poller)
            self.message_type = timed(self.message_type)
            self.pump = PlainPump(*arguments)
            self._held = Held(self.pump, poller)
        else:
            self.pump = Pump(*arguments)
        self.receive: Callable[[Link, bytes], None] = (self._held or self.pump).receive
        # The compiled pump also takes in, and sends at the end of a wake-up, without a step of Python for each link.
        self.wake: Wake | None = getattr(self.pump, "wake", None)
        # What the node sends goes to the pump without a detour: this is the fast path.
        self.send, self.broadcast = self.pump.send, self.pump.broadcast
        self.send_workload, self.broadcast_workload = self.pump.send_workload, self.pump.broadcast_workload
        self.entries = self.releases = 0
        self.ticket_wanted: Callable[[], None] = lambda: None
        self._algorithm_types = len(algorithm_types)
        self._links: dict[int, Link] = {}
        self._full = plan.history == "full"
        self._sections = plan.history != "off"
        self._streams: dict[str, random.Random] = {}
        self._due: int | None = None  # of the timer that is firing
        self.timers = NamedTimers(poller, self._fire)
        self.node = build_node(plan, me, algorithm, workload, self)

    def join(self, links: dict[int, Link]) -> None:
        """Send over these links from now on, one to each other place."""
        self._links = links
        ways: dict[int, Any] = dict(links)
        if self.plan.network:
            network, seed = network_of(self.plan.network), self.plan.seed
            for peer, link in links.items():
                ways[peer] = SlowLink(link, Timing(network, self.me, peer, seed), self.pump)
        self.pump.join(self.node, ways, [way for peer, way in ways.items() if peer < self.plan.nodes])

    # ---- steps --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the first step."""
        self.pump.now = time.monotonic_ns()
        self.node.start()
        self.node.check_state()
        self.advance()

    def stop(self) -> None:
        """Take no further step: no timer fires, and nothing that is held back is handed over."""
        self.timers.clear()
        if self._held is not None:
            self._held.stop()

    def advance(self) -> None:
        """Take the steps that are due, as far as a wake-up may."""
        advance(self.node)

    def _fire(self, owner: str, name: str, due: int) -> None:
        now = self.pump.now = time.monotonic_ns()
        if self._full:
            self.pump.write(TIMER, now, (owner, name))
        self._due = due
        self.node.timer(owner, name)
        self._due = None
        if self.node.ready:
            self.advance()

    # ---- what the node wants done (core.node.Engine) ------------------------------------------------------------

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        start = self._due if steady and self._due is not None else time.monotonic_ns()
        seconds = after.draw(self._stream(f"{owner}.{name}").random)
        self.timers.set(owner, name, start + int(seconds * 1e9))

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.cancel(owner, name)

    def choose(self, options: Sequence[Any]) -> Any:
        return self._stream("choose").choice(options)

    def arrived(self) -> int:
        return self.pump.now if self._due is None else self._due

    def requested(self, request: EntryRequest, arrival: int | None) -> None:
        now = self.pump.now = time.monotonic_ns()
        if self._sections:
            self.pump.write(REQUESTED, now, (request.id, arrival))

    def entered(self, entry: Entry) -> None:
        self.entries += 1
        now = self.pump.now = time.monotonic_ns()
        if self._sections:
            self.pump.write(ENTERED, now, (entry.id, entry.number, entry.version, entry.stamp))

    def released(self, entry: Entry) -> None:
        self.releases += 1
        now = self.pump.now = time.monotonic_ns()
        if self._sections:
            self.pump.write(RELEASED, now, (entry.number,))

    def recorded(self, value: Any) -> None:
        if self._sections:
            self.pump.write(VALUE, self.pump.now, value)

    def ticket_used(self) -> None:
        self.ticket_wanted()

    # ---- inside -------------------------------------------------------------------------------------------------

    def workload_messages(self) -> tuple[int, int]:
        """Return how many messages of the workload this node sent and handled."""
        first = self._algorithm_types
        return sum(self.pump.sent_by_type[first:]), sum(self.pump.handled_by_type[first:])

    def history(self, cpu_s: float, peak_bytes: int) -> NodeHistory:
        """Return what this node wrote down and counted."""
        wire = sum(link.wire_bytes for link in self._links.values())
        pump = self.pump
        totals = Totals(pump.sent_by_type, pump.handled_by_type, pump.payload_bytes, wire, cpu_s, peak_bytes)
        names = [kind.__name__ for kind in self.types]
        return NodeHistory(self.me, names, self._algorithm_types, *pump.written(), totals)

    def _stream(self, purpose: str) -> random.Random:
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = random.Random(f"{self.plan.seed}/{self.me}/{purpose}")
        return stream
