"""Carries out steps that are written down as acts, and tells what came of each as a step of a trace.

An act names a message by its text and its channel, so a schedule that was found elsewhere, or made by hand, applies.
"""

import re
import traceback
from typing import NamedTuple

from mxbench.core.contract import PLUGIN_ERRORS, ContractBreach
from mxbench.core.messages import on_arrival
from mxbench.core.scenario import Act
from mxbench.core.state import SHARED, NodeState, aliased
from mxbench.core.trace import Step, sentence, shown, state_of
from mxbench.errors import MachineError, MxbenchError
from mxbench.sim.schedule import NoSuchOption, Schedule


class Impossible(Exception):
    """An act cannot be carried out where the schedule stands; the text says why."""


class HarnessFailure(MachineError):
    """Something failed that is no plugin's fault, so nothing can be said of the plugin."""


class Pick(NamedTuple):
    """What to do with a schedule. kind: 'take', 'lose', 'duplicate', or 'crash', which has a node in the place of a
    key. place: of a message to duplicate, where it stands in its channel."""

    kind: str
    key: int
    place: int = 0
    choices: tuple[int, ...] = ()


def carry_out(schedule: Schedule, pick: Pick) -> None:
    """Do it."""
    if pick.kind == "take":
        schedule.take(pick.key, pick.choices)
    elif pick.kind == "lose":
        schedule.lose(pick.key)
    elif pick.kind == "duplicate":
        schedule.duplicate(pick.key, pick.place)
    else:
        schedule.crash(pick.key)


def find(schedule: Schedule, act: Act, exact: bool = True) -> Pick:
    """Return how to carry out an act; raise Impossible with the reason if there is no way.

    exact: the message must have the very text; else its type, or on a FIFO channel nothing of it, must agree.
    """
    node = act.node
    if node in schedule.crashed and act.kind not in ("lose", "duplicate"):
        raise Impossible(f"node {node} has crashed")
    if act.kind == "crash":
        return Pick("crash", node)
    if act.kind in ("request", "release"):
        own = schedule.own(node)
        if own != act.kind:
            doing = f"its next step by itself is a {own}" if own else "it has no step to take by itself"
            raise Impossible(f"node {node} cannot {act.kind} now: {doing}")
        return Pick("take", node, 0, act.choices)
    if act.kind == "timer":
        key = schedule.timer_key(node, act.timer)
        if key is None:
            raise Impossible(f"node {node} has no timer '{act.timer}' set")
        return Pick("take", key, 0, act.choices)
    return _find_message(schedule, act, exact)


def _find_message(schedule: Schedule, act: Act, exact: bool) -> Pick:
    channel = f"from {act.sender} to {act.node}"
    keys = schedule.between(act.sender, act.node)
    if not keys:
        raise Impossible(f"nothing is on its way {channel}, where {act.message} should be")
    kind = "take" if act.kind == "deliver" else act.kind
    places = [(key, index) for key in keys for index in range(len(schedule.lanes[key]))]
    only_first = schedule.fifo and kind != "duplicate"
    if only_first:
        places = places[:1]
    texts = [shown(schedule.lanes[key][index][6]) for key, index in places] if exact or not only_first else []
    if act.message in texts:
        key, index = places[texts.index(act.message)]
        return Pick(kind, key, index, act.choices)
    if exact:
        what = "the first message" if only_first else "what is on its way"
        raise Impossible(f"{what} {channel} is {', '.join(texts)}, not {act.message}")
    word = act.message.partition("(")[0]
    alike = [place for place, text in enumerate(texts) if text.partition("(")[0] == word]
    if not alike and not only_first:
        raise Impossible(f"no {word} is on its way {channel}")
    key, index = places[alike[0] if alike else 0]
    return Pick(kind, key, index, act.choices)


class Tracer:
    """Carries out picks on a schedule one by one. careful: look at the state after each step as the checker does,
    and tell what the step changed in it."""

    def __init__(self, schedule: Schedule, careful: bool = False) -> None:
        self.schedule = schedule
        self.steps = 0
        self.fault: str | None = None  # of the step that broke the contract; nothing can follow it
        self._careful = careful

    def start(self) -> None:
        """Let every node take its first step."""
        try:
            self.schedule.start()
            for place in self.schedule.places if self._careful else ():
                self.schedule.acting = place
                look_at(self.schedule)
        except PLUGIN_ERRORS as error:
            self.fault = blamed(self.schedule, error, 0)

    def take(self, pick: Pick) -> Step:
        """Carry out a pick and return what came of it."""
        self.steps += 1
        schedule = self.schedule
        step = Step(self.steps, _event_of(schedule, pick), _node_of(schedule, pick))
        if pick.kind == "take" and pick.key < 0:
            step.timer = schedule.timer(pick.key)
        place = schedule.places[step.node]
        held = place.node.inside
        before = state_of(place.node.algorithm) if self._careful else {}
        try:
            carry_out(schedule, pick)
            if self._careful:
                look_at(schedule)
        except NoSuchOption as error:
            raise Impossible(str(error)) from None
        except PLUGIN_ERRORS as error:
            step.fault = self.fault = blamed(schedule, error, self.steps)
        if schedule.taken is not None:
            step.sender, step.message = schedule.taken[3], shown(schedule.taken[6])
        step.choices = list(schedule.chosen)
        step.sends = [(event[2].me, shown(event[6])) for event in schedule.sent]
        inside = place.node.inside
        if inside is not None and held is None and step.fault is None:
            step.enters, step.number = True, inside.number
        elif step.event == "release" and held is not None:
            step.number = held.number
        step.inside, step.waiting = schedule.insiders(), schedule.waiters()
        if self._careful:
            after = state_of(place.node.algorithm)
            step.state = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
        step.text = sentence(step)
        return step


def blamed(schedule: Schedule, error: BaseException, step: int) -> str:
    """Return the fault of a plugin that led to an exception; raise HarnessFailure if it is nobody's.

    What the user is told already, such as that a property of theirs failed, is raised as it is.
    """
    if isinstance(error, MxbenchError):
        raise error
    fault = schedule.acting.node.blame(error)
    if fault is None:
        raise HarnessFailure("".join(traceback.format_exception(error))) from error
    # The node counts its own steps, and a reader of a trace those of the trace.
    return re.sub(r"step \d+\)$", f"step {step})", str(fault))


def _event_of(schedule: Schedule, pick: Pick) -> str:
    if pick.kind != "take":
        return pick.kind
    if pick.key < 0:
        return "timer"
    return schedule.own(pick.key) or "deliver" if pick.key < schedule.n else "deliver"


def _node_of(schedule: Schedule, pick: Pick) -> int:
    return pick.key if pick.kind == "crash" else schedule.node_of(pick.key)


def look_at(schedule: Schedule) -> None:
    """Raise ContractBreach if the node that acted has a state that is not plain data, or in which one list stands in
    two places, or if it just sent what does not arrive anywhere."""
    node = schedule.acting.node
    node.check_state()
    if aliased(NodeState(node).read()[0]):
        raise ContractBreach(SHARED)
    for event in schedule.sent:
        on_arrival(event[6])
