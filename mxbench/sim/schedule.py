"""Nodes and what is on its way between them, where not time but somebody outside says which step comes next.

The same places, and so the same core.Node, as in `World`. Theory of operation:

* What can happen next has a *key*, an int. A node's own next step (a request or a release) has the node's id. Behind
  those come the channels, each of which hands over its first message; where the network reorders, each message on its
  way has a key of its own. Timers have negative keys: one that is set may fire at any step.
* `enabled` holds the keys of all steps that are possible, in the order in which they became so. `take` takes one.
  Faults are no steps of anybody: `lose`, `duplicate` and `crash` are asked for one by one.
* Every step takes one tick of time, so that a history has an order, and an overlap can be seen in it.
* What a place sends lands in `heap` with the time of now; after each step it is taken from there into its channel.
* A node that crashed takes no step, and what is sent to it stays on its way.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.history import FAULT
from mxbench.core.messages import encode
from mxbench.core.network import Network
from mxbench.core.plan import RunPlan
from mxbench.core.property import InFlight, Moment, Property
from mxbench.errors import property_failed
from mxbench.sim.copies import copier
from mxbench.sim.place import TIMER_DUE, Place
from mxbench.sim.surroundings import Event
from mxbench.workloads.hold import Hold

MUTUAL_EXCLUSION = "mutual exclusion"
TICK = 1_000_000  # ns, of one step
NO_LOOKS = 1 << 30  # steps, after which a node does not look at its state any more


class Schedule:
    """The nodes of a plan, in the middle of a schedule. `start` first; then take steps until none is `enabled`.

    draw: takes the choices of algorithms that were not planned, from so many options; the first one if it is None.
    Nothing here looks whether state is plain data: that takes longer than the steps, and `tracer.look_at` does it.
    A plugin's exception leaves `take` as it is; `acting` is the node that it happened at.
    """

    def __init__(
        self, plan: RunPlan, algorithm: type, fifo: bool = True, draw: Callable[[int], int] | None = None,
        properties: Sequence[type[Property]] = (),
    ) -> None:  # fmt: skip
        self.plan, self.fifo = plan, fifo
        self.network = Network()
        self.heap: list[Event] = []
        self.next_serial = count(1).__next__
        self.cut: set[tuple[int, int]] = set()
        self.now = self.busy = self.work = self.entries = self.moved = 0
        self.most_stays = -1  # nothing bounds them: one step at a time is taken
        self.places: list[Place] = []
        self.enabled: dict[int, None] = {}
        self.lanes: dict[int, list[Event]] = {}  # what is on its way, by key
        self.crashed: set[int] = set()
        self.inside = 0  # nodes that are inside and have not crashed
        self.numbers: dict[int, int] = {}  # fencing number -> who entered with it first
        self.repeated: tuple[int, int] | None = None  # two nodes of one number
        self.entered: set[int] = set()
        self.contended = False
        self.taken: Event | None = None  # the message that the last step took from its channel
        self.sent: Sequence[Event] = ()  # those that it sent
        self.chosen: list[int] = []  # and the options that it chose
        self._planned: list[int] = []
        self.draw = draw
        self.most_inside = plan.most_inside
        self.properties = [(cls.name, cls()) for cls in properties]
        self.n = n = len(plan.places)
        self._is_inside = [False] * n
        self._timers: dict[int, tuple[Place, str]] = {}  # by key
        self._timer_keys: dict[tuple[int, str], int] = {}
        self.places += [Place(self, me, algorithm, Hold) for me in plan.places]
        self.acting = self.places[0]
        at_once = [0] * n
        for place in self.places:
            place.join(at_once)
            place.node.steps = NO_LOOKS

    def start(self) -> None:
        """Let every node take its first step."""
        for place in self.places:
            self.acting = place
            place.node.start()
            self._settle(place)

    def take(self, key: int, choices: Sequence[int] = ()) -> None:
        """Take an enabled step. choices: which option the algorithm takes, for each choice that it makes in it."""
        self._begin(choices)
        if key < 0:
            place, name = self._timers[key]
            self.acting = place
            serial = place.timers["algorithm", name]
            place.handle((self.now, serial, place, TIMER_DUE, "algorithm", name, self.now, 0))
        elif key < self.n:
            place = self.acting = self.places[key]
            place.now = self.now
            place.node.ready = True
            place.node.advance()
            self.contended = self.contended or self.busy > 1
        else:
            event = self.taken = self._remove(key, 0)
            place = self.acting = event[2]
            place.handle((self.now, *event[1:]))
        self._settle(place)

    def lose(self, key: int) -> None:
        """Lose the first message of a channel."""
        self._begin(())
        self.taken = self._remove(key, 0)

    def duplicate(self, key: int, index: int = 0) -> None:
        """Have a message of a channel arrive once more, behind all others there."""
        self._begin(())
        self.taken = _, _, place, sender, completed, version, message, code = self.lanes[key][index]
        kind: Any = type(message)
        fresh = copier(kind)
        copy = message if fresh is None else fresh(encode(message))
        self._post((self.now, self.next_serial(), place, sender, completed, version, copy, code))

    def crash(self, node: int) -> None:
        """Stop a node for good."""
        self._begin(())
        place = self.places[node]
        self.crashed.add(node)
        place.halted = "crashed"
        place.note(FAULT, self.now, "crash")
        self.inside -= self._is_inside[node]
        self._is_inside[node] = False
        gone = [key for key in self.enabled if self.node_of(key) == node]
        for key in gone:
            del self.enabled[key]

    def node_of(self, key: int) -> int:
        """Return the node at which the step of a key happens."""
        if key < 0:
            return self._timers[key][0].me
        return key if key < self.n else self.lanes[key][0][2].me

    def own(self, node: int) -> str | None:
        """Return what a node's own next step is: 'request', 'release', or None if it has none."""
        if node not in self.enabled:
            return None
        return "release" if self.places[node].node.inside is not None else "request"

    def timer(self, key: int) -> str:
        """Return the name of the timer of a key."""
        return self._timers[key][1]

    def timer_key(self, node: int, name: str) -> int | None:
        """Return the key of a timer that is set, None if it is not."""
        key = self._timer_keys.get((node, name))
        return key if key in self.enabled else None

    def between(self, sender: int, to: int) -> list[int]:
        """Return the keys under which messages of one node to another are on their way, in the order of sending."""
        if self.fifo:
            key = self.n * (1 + sender) + to
            return [key] if self.lanes.get(key) else []
        return [key for key, lane in self.lanes.items() if lane and (lane[0][3], lane[0][2].me) == (sender, to)]

    def waiters(self) -> list[int]:
        """Return the nodes that wait to enter and have not crashed."""
        return [p.me for p in self.places if p.node.waiting is not None and p.me not in self.crashed]

    def insiders(self) -> list[int]:
        """Return the nodes that are inside and have not crashed."""
        return [node for node, inside in enumerate(self._is_inside) if inside]

    def violation(self, by_number: bool = True) -> str | None:
        """Return the property that the last step violates, as far as it shows in one step.

        by_number: two entries of one fencing number violate mutual exclusion, though not at once.
        """
        if self.inside > self.most_inside or (by_number and self.repeated is not None):
            return MUTUAL_EXCLUSION
        if self.properties:
            moment = self.moment()
            return next((name for name, one in self.properties if not _holds(name, one, moment)), None)
        return None

    def moment(self) -> Moment:
        """Return the whole system as it is now, for who judges it."""
        requests = tuple(arrivals.entries or 0 for arrivals in self.plan.arrivals)
        on_the_way = [event for lane in self.lanes.values() for event in lane]
        on_the_way.sort(key=lambda event: (event[3], event[2].me, event[1]))
        return Moment(
            tuple(None if place.me in self.crashed else place.node.algorithm for place in self.places),
            tuple(self.waiters()),
            tuple(self.insiders()),
            requests,
            tuple(count - place.node._requests for count, place in zip(requests, self.places, strict=False)),
            tuple(InFlight(event[3], event[2].me, event[6]) for event in on_the_way),
        )

    def choose(self, place: Place, options: Sequence[Any]) -> Any:
        """Choose for an algorithm: as planned, then at random, or the first option if there is no draw."""
        made = len(self.chosen)
        if made < len(self._planned):
            index = self._planned[made]
        else:
            index = self.draw(len(options)) if self.draw is not None else 0
        if index >= len(options):
            raise NoSuchOption(f"it chooses from {len(options)} options, so there is no option {index}")
        self.chosen.append(index)
        return options[index]

    def ticket_used(self, place: Place) -> None:
        """Nobody asks by ticket here."""

    # ---- inside -------------------------------------------------------------------------------------------------

    def _begin(self, choices: Sequence[int]) -> None:
        self.now += TICK
        self.taken, self.sent = None, ()
        if choices or self.chosen:
            self.chosen = []
        self._planned = list(choices) if choices else []

    def _remove(self, key: int, index: int) -> Event:
        lane = self.lanes[key]
        event = lane.pop(index)
        if not lane:
            self.enabled.pop(key, None)
            if not self.fifo:
                del self.lanes[key]
        return event

    def _post(self, event: Event) -> None:
        """Put a message on its way."""
        to = event[2].me
        key = self.n * (1 + event[3]) + to if self.fifo else self.n * (1 + self.n) + event[1]
        lane = self.lanes.get(key)
        if lane is None:
            self.lanes[key] = [event]
        else:
            lane.append(event)
        if to not in self.crashed:
            self.enabled[key] = None

    def _settle(self, place: Place) -> None:
        """Take up what a step of a node led to."""
        heap = self.heap
        if heap:
            self.sent = [event for event in sorted(heap) if event[3] >= 0]
            for event in self.sent:
                self._post(event)
            heap.clear()
        node, me = place.node, place.me
        inside = node.inside is not None
        if inside or (node.backlog and node.waiting is None):
            self.enabled[me] = None
        elif me in self.enabled:
            del self.enabled[me]
        if inside is not self._is_inside[me]:
            self._is_inside[me] = inside
            self.inside += 1 if inside else -1
            if inside:
                self.entered.add(me)
                self._note_number(me, node.inside.number if node.inside is not None else 0)
        if place.timers or self._timers:
            self._settle_timers(place)

    def _note_number(self, me: int, number: int) -> None:
        """Notice two entries of one number. After a crash a number that nobody knows of any more may come again."""
        other = self.numbers.setdefault(number, me)
        if other != me and self.most_inside == 1 and not self.crashed and self.repeated is None:
            self.repeated = other, me

    def _settle_timers(self, place: Place) -> None:
        for key in [key for key, (owner, _) in self._timers.items() if owner is place]:
            if ("algorithm", self._timers[key][1]) not in place.timers:
                self.enabled.pop(key, None)
        for owner, name in place.timers:
            if owner == "algorithm":
                key = self._timer_keys.setdefault((place.me, name), -1 - len(self._timer_keys))
                self._timers[key] = place, name
                self.enabled[key] = None


def _holds(name: str, one: Property, moment: Moment) -> bool:
    """Return whether a property holds in a moment; one that need hold only sometimes does not fail here."""
    try:
        return one.kind != "always" or one.holds(moment)
    except PLUGIN_ERRORS as error:
        raise property_failed(name, error) from error


class NoSuchOption(Exception):
    """A schedule plans a choice that the algorithm does not have."""
