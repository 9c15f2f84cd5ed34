"""The world of one simulated run: its events in order, its tickets, and how it ends.

The end needs no polls here: nothing can happen any more when no event is left. An algorithm that sends for ever never
comes to that; its run is cut when nobody waits or is inside, and nothing but the algorithm's own messages and timers
is on its way. A timer that was cancelled stays in the heap and comes to nothing: it neither moves the clock nor is
seen by a node.
"""

import traceback
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.distributions import ZERO
from mxbench.core.faults import NO_FAULTS, FaultPlan
from mxbench.core.history import NodeHistory
from mxbench.core.links import NS, steady_delays
from mxbench.core.network import Matrix, Network
from mxbench.core.plan import Ending, Progress, RunPlan, turns
from mxbench.overrun import watched
from mxbench.sim.compiled import Lane
from mxbench.sim.faults import Faults
from mxbench.sim.place import FAULT_DUE, NO_TICKETS, START, TICKET, TIMER_DUE, Place
from mxbench.sim.surroundings import Endless, Event

CHUNK = 10_000  # events between two looks at the bound, and at who wants to know how far the run is
MAX_TEXT = 10_000  # of a failure
MOST_STAYS = 100_000  # of one node at one moment, where there may be no end to them
ENDLESS = (
    f"a node entered {MOST_STAYS:,} times at one moment of virtual time, and would for ever, as it need ask nobody; "
    "give the workload a think time or a dwell, or entries in the place of a duration"
)
NEVER = 1 << 62


class World:
    """One run in virtual time. `run` does it all; then `ending` says how it ended, and `histories` what was seen."""

    def __init__(
        self, plan: RunPlan, algorithm: type, workload: type, network: Network, faults: FaultPlan = NO_FAULTS,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:  # fmt: skip
        self.plan, self.network = plan, network
        self.ending: Ending | None = None
        self.heap: list[Event] = []
        # The messages on their way, where nothing goes wrong; in Python only if none overtakes another (sending.py).
        self.lane: Lane | None = None
        self.next_serial = count(1).__next__
        self.cut: set[tuple[int, int]] = set()  # the links that a partition cuts now
        self.now = 0
        self.events = 0  # that were taken, in whole chunks
        self.busy = 0  # nodes that wait or are inside
        self.work = 0  # events to come that are not the algorithm's: starts, tickets, the workload's messages, timers
        self.entries = 0
        self.most_stays = MOST_STAYS if _may_be_endless(plan) else NEVER
        self.moved = 0  # when somebody last asked, entered or left, or a fault came
        self.places: list[Place] = []
        self.places += [Place(self, me, algorithm, workload) for me in plan.places]
        self._progress = progress
        self._faulty = bool(faults.timed or faults.random)
        self._join_places()
        for place in self.places:
            self._post(place, START)
        self._faults = Faults(self, faults)
        self._turns: deque[int] = deque()
        self._tickets_left = 0
        self._first_tickets()
        self._max_standstill = 1_000_000 + 10 * len(self.places) ** 2  # events without an entry or a release
        self._moves = (0, 0, 0)  # entries and time of the last move at the last look, and since when it is the same
        self._moves_since = 0
        self._limit = NEVER if plan.time_limit is None else int(plan.time_limit * NS)
        self._stall = int(plan.stall_limit * NS)
        self._horizon = min(self._stall, self._limit)  # up to there no event needs a look at the time

    @watched()
    def run(self) -> Ending:
        """Take events until the run is over."""
        while self.ending is None:
            self._take_chunk()
            self.events += CHUNK
            self._look_around()
        for place in self.places:
            try:
                place.node.check_state()
            except PLUGIN_ERRORS as error:
                self._blame(place, error)
        return self.ending

    def histories(self) -> list[NodeHistory]:
        """Return what each place wrote down and counted."""
        return [place.history() for place in self.places]

    def ticket_used(self, place: Place) -> None:
        """Give a node its next ticket, if there is one."""
        if not self.plan.one_at_a_time:
            self._give_or_end(place)

    def choose(self, place: Place, options: Sequence[Any]) -> Any:
        """Choose for an algorithm, at random from the node's stream."""
        return place.stream("choose").choice(options)

    # ---- events -------------------------------------------------------------------------------------------------

    def _take_chunk(self) -> None:
        """Take events in order; the fast path is the delivery of an algorithm's message where nothing goes wrong."""
        heap, lane, horizon, faults = self.heap, self.lane, self._horizon, self._faults if self._faulty else None
        full, restless = self.plan.history == "full", not self.plan.falls_quiet
        now, place, left = self.now, self.places[0], CHUNK
        take = None if restless or lane is None else lane.take  # of the compiled lane: as many as it can at once
        try:
            while left:
                if take is not None and lane:
                    taken = take(left, horizon)
                    if taken:
                        now, left = lane.now, left - taken
                        continue
                left -= 1
                if lane and not (heap and heap[0] < lane[0]):
                    event = lane.popleft()
                elif heap and not (faults and self._waits_for_faults()):
                    event = heappop(heap)
                else:
                    self.now = now
                    if self._at_rest():
                        return
                    continue
                time, _, place, sender, completed, version, message, code = event
                if time > horizon:
                    if self._beyond(event):
                        break
                    horizon = self._horizon
                if sender >= 0 and faults is None:
                    now = place.now = time
                    if full:
                        place.times.append(time)
                        place.codes.append(code)
                    else:
                        place.unwritten[code >> 4 & 255] += 1
                    node = place.node
                    node.deliver(sender, completed, version, message)
                    if node.ready:
                        place.advance()
                elif place.take(event) if faults is None else faults.take(event):
                    now = time
                if restless and not self.busy and not self.work:
                    self.now = now
                    if self._at_rest():
                        return
        except Endless:
            self._fail("stalled", ENDLESS)
        except PLUGIN_ERRORS as error:
            if lane is not None and lane.acting is not None:
                now, place = lane.now, lane.acting
            self._blame(place, error)
        self.now = now

    def _waits_for_faults(self) -> bool:
        """Return whether all is quiet and faults alone are due: a turn is not to wait for them, else they meet none.
        Nor is the end, but for those that undo what befell somebody."""
        only = self.heap[0][3] == FAULT_DUE and len(self.heap) == self._faults.pending and not self.lane
        if not only or self.busy or any(place.held for place in self.places):
            return False
        return bool(self._turns) or not (self.cut or any(place.halted for place in self.places))

    def _at_rest(self) -> bool:
        """Give the next turn, if there is one; return whether the run is over."""
        some = self.places if self.busy else ()  # one at a time this is asked at each entry: look only if need be
        waiting = [place for place in some if place.node.busy and place.halted != "crashed"]
        if waiting:
            names = ", ".join(f"node {place.me}" for place in waiting)
            text = f"nothing can happen any more, and {names} wait or are inside"
            self.ending = Ending("stuck", text=text, stuck=tuple(place.describe() for place in waiting))
        elif self._turns:
            self._post(self.places[self._turns.popleft()], TICKET, self.now)
        else:
            self.ending = Ending("quiet")
        return self.ending is not None

    def _beyond(self, event: Event) -> bool:
        """Look at an event that comes late; return whether it is too late for the run to go on."""
        time, serial, place, kind, owner, name, *_ = event
        if kind == TIMER_DUE and not place.is_set(owner, name, serial):
            return False
        if time > self._limit and self.plan.time_limit is not None:
            self._fail("time-limit", f"the run reached its time limit of {self.plan.time_limit:g} s")
        elif time > NEVER:
            self._fail("stalled", f"{self._standing_still()}, and nothing more is due in this century")
        elif time - self.moved > self._stall and not self.work and (kind >= 0 or (kind == TIMER_DUE and self.busy)):
            self._fail("stalled", f"{self._standing_still()} for {self.plan.stall_limit:g} s; messages still flow")
        else:
            self._horizon = min(max(time, self.moved + self._stall), self._limit)
        return self.ending is not None

    def _look_around(self) -> None:
        """Bound the events that come to nothing, and tell how far the run is."""
        moves = self.entries, self.moved, self.now if self.work else 0  # time goes on towards what is to come
        if moves != self._moves:
            self._moves, self._moves_since = moves, self.events
        elif self.events - self._moves_since > self._max_standstill:
            count = self.events - self._moves_since
            self._fail("stalled", f"{self._standing_still()} in {count} events, the last at {self.now / NS:g} s")
        if self._progress is not None:
            nodes = [place.node for place in self.places]
            self._progress(
                Progress(
                    self.entries,
                    sum(place.sent() for place in self.places),
                    tuple(node.me for node in nodes if node.inside is not None),
                    tuple(node.me for node in nodes if node.waiting is not None),
                    (self.now - self.moved) / NS,
                )
            )

    # ---- tickets ------------------------------------------------------------------------------------------------

    def _first_tickets(self) -> None:
        plan, draw = self.plan, Random(f"{self.plan.seed}/turns")
        if plan.one_at_a_time:
            self._turns.extend(turns(plan, draw))
        elif plan.tickets is not None:
            self._tickets_left = plan.tickets
            able = [node for node in range(plan.nodes) if plan.arrivals[node].entries != 0]
            draw.shuffle(able)
            for node in able:
                self._give_or_end(self.places[node])

    def _give_or_end(self, place: Place) -> None:
        if self._tickets_left:
            self._tickets_left -= 1
            self._post(place, TICKET, place.now)
        else:
            self._post(place, NO_TICKETS, place.now)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _join_places(self) -> None:
        """Tell each place how far the others are, if distance is all there is to its links."""
        if self._faulty:
            return
        shared: dict[int, list[int] | None] = {}  # by site of the sender
        matrix = self.network.delay
        sites = len(matrix.seconds) if isinstance(matrix, Matrix) else 1
        of_place = [place.me if self.network.rules else place.me % sites for place in self.places]
        for place, site in zip(self.places, of_place, strict=True):
            if site not in shared:
                shared[site] = steady_delays(self.network, place.me, len(self.places))
        different = {delay for delays in shared.values() for delay in delays or (None,)}
        if Lane.sorts or (len(different) == 1 and None not in different):
            self.lane = Lane(self.heap, self.next_serial, self.plan.nodes, self.plan.history == "full", self.most_stays)
        for place, site in zip(self.places, of_place, strict=True):
            place.join(shared[site], self.lane)

    def _post(self, place: Place, kind: int, time: int = 0) -> None:
        self.work += 1
        heappush(self.heap, (time, self.next_serial(), place, kind, None, None, None, 0))

    def _standing_still(self) -> str:
        inside = [place.me for place in self.places if place.node.inside is not None]
        waiting = [place.me for place in self.places if place.node.waiting is not None]
        if inside:
            return f"nodes {inside} were inside"
        if waiting:
            return f"nobody entered while nodes {waiting} waited"
        return "nobody wanted to enter (an algorithm that sends for ever says falls_quiet = False)"

    def _blame(self, place: Place, error: BaseException) -> None:
        fault = place.node.blame(error)
        if fault is not None:
            self._fail("contract", str(fault))
        else:
            self._fail("harness", "".join(traceback.format_exception(error)))

    def _fail(self, kind: str, text: str) -> None:
        """End the run with a cause; the first one counts, but for a breach of the contract found at the very end."""
        if self.ending is None or self.ending.reason == "quiet":
            self.ending = Ending("failed", kind, text[:MAX_TEXT])


def _may_be_endless(plan: RunPlan) -> bool:
    """Return whether a node may enter as often as it likes without time going on."""
    if plan.dwell != ZERO:
        return False
    closed = [each for each in plan.arrivals if each.rate is None and not each.ticketed]
    return any(each.entries is None and each.think == ZERO for each in closed)
