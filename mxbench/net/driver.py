"""Drives one core.Node on the mesh: carries its effects to links and timers, counts, and writes the history.

This is the fast path: a message costs one encoding (a broadcast too), two appends to the history, and its share of
the batch that its link sends at the end of the wake-up.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from mxbench.core.algorithm import EntryRequest
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Distribution
from mxbench.core.history import (
    DELIVERED,
    ENTERED,
    EVERY_PEER,
    FOLD,
    RELEASED,
    REQUESTED,
    SENT,
    TIMER,
    VALUE,
    NodeHistory,
    Recorder,
    Totals,
)
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.core.places import build_node, roles
from mxbench.core.plan import RunPlan
from mxbench.core.workload import Entry
from mxbench.net.link import Link
from mxbench.net.poller import NamedTimers, Poller
from mxbench.net.wire import MAX_FRAME

encode = msgspec.msgpack.Encoder().encode
Frame = tuple[int, int, int, int, list[Any]]


def frame_type(types: Sequence[type]) -> Any:
    """Return the type as which frames are decoded: only messages of these types are let in."""
    message: Any = None
    for kind in types:
        message = kind if message is None else message | kind
    return tuple[int, int, int, int, list[message]]


class Driver:
    """The Engine of one node (see core.node): everything that it does is done here."""

    def __init__(self, plan: RunPlan, me: int, algorithm: type, workload: type, poller: Poller) -> None:
        self.plan, self.me = plan, me
        own_algorithm, own_workload = roles(plan, me, algorithm, workload)
        algorithm_types = message_types(own_algorithm, Message)
        self.types = [*algorithm_types, *message_types(own_workload, WorkloadMessage)]
        self.recorder = Recorder()
        self.now = time.monotonic_ns()
        self.entries = self.releases = self.sent = self.handled = 0
        self.dirty: list[Link] = []
        self._links: dict[int, Link] = {}
        self._peers: list[Link] = []  # the links to nodes, without those to servers
        self.ticket_wanted: Callable[[], None] = lambda: None
        self._index = {kind: index for index, kind in enumerate(self.types)}
        self._algorithm_types = len(algorithm_types)
        self._sent_by_type = [0] * len(self.types)
        self._handled_by_type = [0] * len(self.types)
        self._payload_bytes = 0
        self._full = plan.history == "full"
        self._sections = plan.history != "off"
        self._streams: dict[str, random.Random] = {}
        self._due: int | None = None  # of the timer that is firing
        self.timers = NamedTimers(poller, self._fire)
        self.node = build_node(plan, me, algorithm, workload, self)

    def join(self, links: dict[int, Link]) -> None:
        """Send over these links from now on, one to each other place."""
        self._links = links
        self._peers = [link for peer, link in links.items() if peer < self.plan.nodes]

    # ---- steps --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the first step."""
        self.now = time.monotonic_ns()
        self.node.start()
        self.node.check_state()
        self.advance()

    def receive(self, link: Link, data: bytes) -> None:
        """Hand the messages in what a link received to the node, one step each. Raises wire.Garbage."""
        frames = link.take(data)
        self.now = time.monotonic_ns()  # after the receive: an entry is never stamped before what allowed it
        node, peer = self.node, link.peer
        index_of, handled = self._index, self._handled_by_type
        times, codes, full = self.recorder.times, self.recorder.codes, self._full
        if len(times) > FOLD:
            self.recorder.fold()
        for _, _, completed, version, messages in frames:
            sequence = link.next_message
            link.next_message = sequence + len(messages)
            for message in messages:
                index = index_of[type(message)]
                handled[index] += 1
                if full:
                    times.append(self.now)
                    codes.append(DELIVERED | index << 4 | peer << 12 | sequence << 32)
                    sequence += 1
                if index < self._algorithm_types:
                    node.deliver(peer, completed, version, message)
                else:
                    node.deliver_workload(peer, message)
                if node.ready:
                    while node.advance():
                        pass
            self.handled += len(messages)
        if not link.batch and link.acknowledgement_due:
            self.dirty.append(link)

    def advance(self) -> None:
        """Take the steps that are due."""
        while self.node.advance():
            pass

    def _fire(self, owner: str, name: str, due: int) -> None:
        self.now = time.monotonic_ns()
        if self._full:
            self.recorder.other(TIMER, self.now, (owner, name))
        self._due = due
        self.node.timer(owner, name)
        self._due = None
        if self.node.ready:
            self.advance()

    # ---- what the node wants done (core.node.Engine) ------------------------------------------------------------

    def send(self, to: int, message: Message) -> None:
        payload = self._payload(message, to, 1)
        node, link = self.node, self._links[to]
        if not link.batch:
            self.dirty.append(link)
        link.post(Raw(payload), node.completed, node.version)

    def broadcast(self, message: Message) -> None:
        payload = self._payload(message, EVERY_PEER, len(self._peers))
        raw, completed, version = Raw(payload), self.node.completed, self.node.version
        for link in self._peers:
            if not link.batch:
                self.dirty.append(link)
            link.post(raw, completed, version)

    def send_workload(self, to: int, message: WorkloadMessage) -> None:
        payload = self._payload(message, to, 1)
        self._post_workload(self._links[to], payload)

    def broadcast_workload(self, message: WorkloadMessage) -> None:
        payload = self._payload(message, EVERY_PEER, len(self._peers))
        for link in self._peers:
            self._post_workload(link, payload)

    def set_timer(self, owner: str, name: str, after: Distribution, steady: bool) -> None:
        start = self._due if steady and self._due is not None else time.monotonic_ns()
        seconds = after.draw(self._stream(f"{owner}.{name}").random)
        self.timers.set(owner, name, start + int(seconds * 1e9))

    def cancel_timer(self, owner: str, name: str) -> None:
        self.timers.cancel(owner, name)

    def choose(self, options: Sequence[Any]) -> Any:
        return self._stream("choose").choice(options)

    def arrived(self) -> int:
        return self.now if self._due is None else self._due

    def requested(self, request: EntryRequest, arrival: int | None) -> None:
        self.now = time.monotonic_ns()
        if self._sections:
            self.recorder.other(REQUESTED, self.now, (request.id, arrival))

    def entered(self, entry: Entry) -> None:
        self.entries += 1
        self.now = time.monotonic_ns()
        if self._sections:
            self.recorder.other(ENTERED, self.now, (entry.id, entry.number, entry.version, entry.stamp))

    def released(self, entry: Entry) -> None:
        self.releases += 1
        self.now = time.monotonic_ns()
        if self._sections:
            self.recorder.other(RELEASED, self.now, (entry.number,))

    def recorded(self, value: Any) -> None:
        if self._sections:
            self.recorder.other(VALUE, self.now, value)

    def ticket_used(self) -> None:
        self.ticket_wanted()

    # ---- inside -------------------------------------------------------------------------------------------------

    def workload_messages(self) -> tuple[int, int]:
        """Return how many messages of the workload this node sent and handled."""
        return sum(self._sent_by_type[self._algorithm_types :]), sum(self._handled_by_type[self._algorithm_types :])

    def history(self, cpu_s: float, peak_bytes: int) -> NodeHistory:
        """Return what this node wrote down and counted."""
        wire = sum(link.wire_bytes for link in self._links.values())
        totals = Totals(self._sent_by_type, self._handled_by_type, self._payload_bytes, wire, cpu_s, peak_bytes)
        names = [kind.__name__ for kind in self.types]
        return self.recorder.finish(self.me, names, self._algorithm_types, totals)

    def _payload(self, message: Any, to: int, copies: int) -> bytes:
        """Encode a message once, count it for each receiver, and write it down."""
        try:
            payload = encode(message)
        except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            raise ContractBreach(f"it sent {message!r}, which cannot be encoded: {error}") from None
        if len(payload) > MAX_FRAME // 2:
            raise ContractBreach(f"it sent a message of {len(payload)} bytes; the limit is {MAX_FRAME // 2}")
        index = self._index[type(message)]
        self._sent_by_type[index] += copies
        self.sent += copies
        if index < self._algorithm_types:
            self._payload_bytes += len(payload) * copies
        if self._full:
            recorder = self.recorder  # as Recorder.sent does, without the call
            recorder.times.append(self.now)
            recorder.codes.append(SENT | index << 4 | to << 12 | len(payload) << 32)
            recorder.payloads += payload
        return payload

    def _post_workload(self, link: Link, payload: bytes) -> None:
        if not link.batch:
            self.dirty.append(link)
        link.post_workload(Raw(payload))

    def _stream(self, purpose: str) -> random.Random:
        stream = self._streams.get(purpose)
        if stream is None:
            stream = self._streams[purpose] = random.Random(f"{self.plan.seed}/{self.me}/{purpose}")
        return stream
