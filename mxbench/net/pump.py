"""The fast path of a node: encodes, counts, writes down and batches what it sends, and hands over what it receives.

A message costs one encoding (a broadcast too), two records in the history, and its share of the batch that its link
sends at the end of the wake-up. `c/pump.c` is the same in C, for where there was a compiler when mxbench was installed.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mxbench.core.contract import ContractBreach
from mxbench.core.history import DELIVERED, EVERY_PEER, SENT
from mxbench.core.messages import Message, WorkloadMessage
from mxbench.core.messages import encoded as _encoded
from mxbench.core.node import Node
from mxbench.core.recorder import FOLD, Recorder
from mxbench.net.link import Frame, Link
from mxbench.net.wire import MAX_FRAME

MAX_MESSAGE = MAX_FRAME // 2


def encoded(message: Any) -> bytes:
    """Return a message's bytes; raise ContractBreach for one that has none, or too many."""
    payload = _encoded(message)
    if len(payload) > MAX_MESSAGE:
        raise ContractBreach(f"it sent a message of {len(payload)} bytes; the limit is {MAX_MESSAGE}")
    return payload


def advance(node: Node) -> None:
    """Take the releases and requests that are due. Who is inside by one may take more, and stays `ready`: a node that
    need not ask the others could enter again and again, and is to look first whether a message has come."""
    while node.advance() and node.inside is None:
        pass


class Way(Protocol):
    """A link as the pump sees it when it sends; delay.py has slower ones."""

    batch: Any

    def post(self, message: bytes, completed: int, version: int, /) -> None: ...
    def post_workload(self, message: bytes, /) -> None: ...


class Pump:
    """Moves the messages of one node between its handlers and its links. `dirty`: the links that have what to flush.

    types: the classes of its messages, those of the algorithm (so many) first. full: write every message down. now:
    the time, in ns, at which what happens is written down.
    """

    def __init__(self, types: Sequence[type], algorithm_types: int, full: bool) -> None:
        self.now = time.monotonic_ns()
        self.dirty: list[Any] = []
        self.sent_by_type = [0] * len(types)
        self.handled_by_type = [0] * len(types)
        self.payload_bytes = 0  # of the algorithm's messages sent
        self._index = {kind: index for index, kind in enumerate(types)}
        self._algorithm_types = algorithm_types
        self._full = full
        self._recorder = Recorder()

    def join(self, node: Node, links: Mapping[int, Way], peers: Sequence[Way]) -> None:
        """Work for this node from now on, over a link to each other place; a broadcast goes to `peers`."""
        self._node, self._links, self._peers = node, links, peers

    def receive(self, link: Link, data: bytes) -> None:
        """Hand the messages in what a link received to the node, one step each. Raises wire.Garbage."""
        self.hand_over(link, link.take(data))
        self.acknowledge(link)

    def hand_over(self, link: Link, frames: Sequence[Frame]) -> None:
        """Hand the messages of frames that a link took to the node, one step each."""
        self.now = time.monotonic_ns()  # after the receive: an entry is never stamped before what allowed it
        node, peer = self._node, link.peer
        index_of, handled = self._index, self.handled_by_type
        times, codes, full = self._recorder.times, self._recorder.codes, self._full
        if len(times) > FOLD:
            self._recorder.fold()
        for completed, version, messages in frames:
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
                    advance(node)

    def acknowledge(self, link: Link) -> None:
        """See to it that the peer hears what came, if it waits for that and nothing else goes to it."""
        if link.acknowledgement_due and not link.batch:
            self.dirty.append(link)

    def send(self, to: int, message: Message) -> None:
        """Send an algorithm message with the node's `completed` and `version` of now."""
        payload = self._sent(message, to, 1)
        link = self._links[to]
        if not link.batch:
            self.dirty.append(link)
        link.post(payload, self._node.completed, self._node.version)

    def broadcast(self, message: Message) -> None:
        """Send an algorithm message to each peer."""
        payload = self._sent(message, EVERY_PEER, len(self._peers))
        completed, version = self._node.completed, self._node.version
        for link in self._peers:
            if not link.batch:
                self.dirty.append(link)
            link.post(payload, completed, version)

    def send_workload(self, to: int, message: WorkloadMessage) -> None:
        """Send a message of the workload."""
        payload = self._sent(message, to, 1)
        self._post_workload(self._links[to], payload)

    def broadcast_workload(self, message: WorkloadMessage) -> None:
        """Send a message of the workload to each peer."""
        payload = self._sent(message, EVERY_PEER, len(self._peers))
        for link in self._peers:
            self._post_workload(link, payload)

    def write(self, kind: int, at: int, detail: Any) -> None:
        """Write down an event that is not a message."""
        self._recorder.other(kind, at, detail)

    def written(self) -> tuple[bytes, bytes, list[Any], bytes]:
        """Return what was written down: times, codes, details and payloads, as NodeHistory has them."""
        return self._recorder.columns()

    def _sent(self, message: Any, to: int, copies: int) -> bytes:
        """Encode a message once, count it for each receiver, and write it down."""
        payload = encoded(message)
        index = self._index[type(message)]
        self.sent_by_type[index] += copies
        if index < self._algorithm_types:
            self.payload_bytes += len(payload) * copies
        if self._full:
            recorder = self._recorder  # as Recorder.sent does, without the call
            recorder.times.append(self.now)
            recorder.codes.append(SENT | index << 4 | to << 12 | len(payload) << 32)
            recorder.payloads += payload
        return payload

    def _post_workload(self, link: Way, payload: bytes) -> None:
        if not link.batch:
            self.dirty.append(link)
        link.post_workload(payload)
