"""What goes wrong in the simulated world, and when: core/faults.py says what each fault means."""

import random
from collections import Counter
from heapq import heappush
from typing import TYPE_CHECKING

from mxbench.core.faults import Fault, FaultPlan
from mxbench.core.history import FAULT
from mxbench.core.links import NS
from mxbench.sim.place import FAULT_DUE, WORKLOAD, Place
from mxbench.sim.surroundings import Event

if TYPE_CHECKING:
    from mxbench.sim.world import World


class Faults:
    """Lets faults befall the places of a world."""

    def __init__(self, world: "World", plan: FaultPlan) -> None:
        self._world = world
        self._cuts: Counter[tuple[int, int]] = Counter()  # how many partitions cut each link
        self._partitions: list[Fault] = []
        self._halts: dict[int, list[str]] = {}  # of each halted node: why, a word for each fault that holds it
        self.pending = 0  # events of faults that are still to come
        for fault in plan.schedule(world.plan.nodes, random.Random(f"{world.plan.seed}/faults")):
            self.pending += 1
            place = world.places[fault.groups[0][0] if fault.groups else 0]
            heappush(world.heap, (int(fault.at * NS), world.next_serial(), place, FAULT_DUE, 0, 0, fault, 0))

    def take(self, event: Event) -> bool:
        """Take any event of the world, as far as faults let it; return False if nothing came of it."""
        time, _, place, kind, a, _, message, _ = event
        if kind == FAULT_DUE:
            self.pending -= 1
            self._befall(message, time)
            return True
        sender = a if kind == WORKLOAD else kind
        is_message = kind >= 0 or kind == WORKLOAD
        if is_message and ((sender, place.me) in self._world.cut or place.halted == "crashed"):
            self._lose(event)
            return False
        if place.halted:
            place.held.append(event)
            return False
        taken: bool = place.take(event)
        return taken

    def _befall(self, fault: Fault, time: int) -> None:
        self._world.moved = time  # what it ends, or begins, is given its time
        if fault.kind in ("partition", "heal"):
            self._change_cuts(fault, time)
            return
        place = self._world.places[fault.node]
        why = self._halts.setdefault(fault.node, [])
        before = place.halted
        if fault.kind == "crash":
            if "crashed" not in why:
                why.append("crashed")
        elif fault.kind == "pause":
            why.append("paused")
        elif fault.kind == "restart":
            why[:] = [word for word in why if word != "crashed"]
        elif "paused" in why:
            why.remove("paused")
        place.halted = "crashed" if "crashed" in why else "paused" if why else ""
        place.now = time
        if place.halted != before or fault.kind == "pause":
            place.note(FAULT, time, fault.kind)
        if place.halted == "crashed" and before != "crashed":
            self._crash(place)
        while place.held and not place.halted:
            self._resume(place, time)

    def _crash(self, place: Place) -> None:
        held, place.held = place.held, []
        for event in held:
            if event[3] >= 0 or event[3] == WORKLOAD:
                self._lose(event)
            else:
                place.held.append(event)

    def _resume(self, place: Place, time: int) -> None:
        """Take what came meanwhile, in order, before anything else of this instant."""
        held, place.held = place.held, []
        for _, *rest in held:
            place.take((time, *rest))

    def _change_cuts(self, fault: Fault, time: int) -> None:
        if fault.kind == "partition":
            self._partitions.append(fault)
            self._cuts.update(fault.cut)
            ended = [fault]
        else:
            ended = [p for p in self._partitions if not fault.groups or _same(p, fault)]
            for partition in ended:
                self._partitions.remove(partition)
                self._cuts.subtract(partition.cut)
        self._world.cut.clear()
        self._world.cut.update(link for link, count in self._cuts.items() if count > 0)
        for node in sorted({node for each in ended for group in each.groups for node in group}):
            self._world.places[node].note(FAULT, time, _told(fault))

    def _lose(self, event: Event) -> None:
        if event[3] == WORKLOAD:
            self._world.work -= 1


def _same(partition: Fault, heal: Fault) -> bool:
    return partition.groups == heal.groups and partition.one_way == heal.one_way


def _told(fault: Fault) -> str:
    if fault.kind == "heal":
        return "heal"
    groups = " | ".join(", ".join(map(str, group)) for group in fault.groups)
    return f"partition {groups}" + (", one way" if fault.one_way else "")
