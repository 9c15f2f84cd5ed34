"""How a place sends the messages of its algorithm where nothing goes wrong and every link takes a time of its own.

That is most runs, and most of what a run does. So what does not change during a run is asked once, at its start, and
these functions then stand in the place of `Place.send` and `Place.broadcast`. They do the same.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from mxbench.core.history import EVERY_PEER
from mxbench.core.messages import Message, encoded
from mxbench.sim.surroundings import Event

if TYPE_CHECKING:
    from mxbench.sim.place import Place

NEXT = 1 << 32  # what the record of a delivery has more than that of the one before it on its channel
Send = Callable[[int, Message], None]
Broadcast = Callable[[Message], None]
Write = Callable[[int, Any], None]


class Spot:
    """What the lane itself changes of a place, which stands on this."""

    now: int  # the time there
    payload_bytes: int  # that its algorithm sent


class Seat(NamedTuple):
    """How one place sends into the lane, and writes down what is no message."""

    send: Send
    broadcast: Broadcast
    write: Write


class Lane(deque[Event]):
    """The messages of a world in which every link takes the same time: they arrive in the order of their sending.

    heap: the other events of the world. nodes: the places that a broadcast goes to. full: write every message down.
    most: stays inside of one node at one moment, before Endless is raised.
    sorts: whether messages may overtake each other in it, as they may in the compiled lane, which takes the messages of
    every world without faults. That one also has `take(most, horizon)`, which hands over as many messages as it can
    without the world: none that comes after an event of the heap, or after the horizon; it returns how many. Then `now`
    is the time of the last one, and `acting` the place at which a handler raised an exception.
    """

    sorts = False

    def __init__(self, heap: list[Event], next_serial: Callable[[], int], nodes: int, full: bool, most: int) -> None:
        super().__init__()
        self.next_serial = next_serial
        self.take: Callable[[int, int], int] | None = None
        self.now = 0
        self.acting: Place | None = None

    def seat(self, place: "Place") -> Seat:
        """Return how a place sends; ask for them in the order of the places."""
        assert place.delays is not None, "only a place that was joined comes here"
        send = steady_send(place, place.delays, self.append)
        if isinstance(place.heads, list):
            return Seat(send, lane_broadcast(place, place.delays[0], self), place.write)
        return Seat(send, steady_broadcast(place, place.delays, self.append), place.write)


def steady_send(place: "Place", delays: list[int], push: Callable[[Event], None]) -> Send:
    """Return what sends to one node. push: where an event goes that is due after one of these delays, by receiver."""
    kinds, counted, heads, node, full = place.kinds, place.sent_by_type, place.heads, place.node, place.full
    payloads, times, codes = place.recorder.payloads, place.recorder.times, place.recorder.codes
    me, places, next_serial = place.me, place.places, place.next_serial

    def send(to: int, message: Message) -> None:
        nonlocal payloads
        payload = encoded(message)
        index, sent, mark, fresh = kinds[type(message)]
        size, now, head = len(payload), place.now, heads[to]
        counted[index] += 1
        place.payload_bytes += size
        if full:
            times.append(now)
            codes.append(sent | to << 12 | size << 32)
            payloads += payload
        heads[to] = head + NEXT
        copy = message if fresh is None else fresh(payload)
        push((now + delays[to], next_serial(), places[to], me, node.completed, node.version, copy, head | mark))

    return send


def steady_broadcast(place: "Place", delays: list[int], push: Callable[[Event], None]) -> Broadcast:
    """Return what sends to each peer, likewise."""
    heads, me, node, next_serial = place.heads, place.me, place.node, place.next_serial

    def broadcast(message: Message) -> None:
        payload = place.note_sent(place.peers, EVERY_PEER, message)
        _, _, mark, fresh = place.kinds[type(message)]
        now, completed, version = place.now, node.completed, node.version
        for peer in place.peers:
            to = peer.me
            head = heads[to]
            heads[to] = head + NEXT
            copy = message if fresh is None else fresh(payload)
            push((now + delays[to], next_serial(), peer, me, completed, version, copy, head | mark))

    return broadcast


def lane_broadcast(place: "Place", delay: int, lane: Lane) -> Broadcast:
    """Return what sends to each peer where all links take the same time: without a step of Python for each.

    The copies of one message have one serial number. They stand next to each other whatever else is due at that time.
    """
    heads, me, node, n = place.heads, place.me, place.node, place.nodes
    assert isinstance(heads, list), "a large world has no lists of channels"

    def broadcast(message: Message) -> None:
        peers = place.peers
        payload = place.note_sent(peers, EVERY_PEER, message)
        _, _, mark, fresh = place.kinds[type(message)]
        codes = [head | mark for head in heads]
        if me < n:
            del codes[me]
        heads[:n] = [head + NEXT for head in heads[:n]]
        if me < n:
            heads[me] -= NEXT  # nothing went there
        copies: Iterator[Message] = repeat(message) if fresh is None else map(fresh, repeat(payload))
        lane.extend(
            zip(
                repeat(place.now + delay, len(peers)), repeat(lane.next_serial()), peers, repeat(me),
                repeat(node.completed), repeat(node.version), copies, codes, strict=False,
            )
        )  # fmt: skip

    return broadcast
