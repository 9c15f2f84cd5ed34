"""A failing schedule, made small: fewer steps, fewer requests, fewer nodes, and the same property violated.

* Of two nodes inside together, only what happened before either entry matters. The steps that did are carried out
  alone, which also turns two entries of one fencing number into two nodes that are inside together.
* Then requests, nodes and steps are left out on trial. Steps are left out by delta debugging: half of them, then
  quarters, down to single ones (Andreas Zeller and Ralf Hildebrandt, "Simplifying and Isolating Failure-Inducing
  Input", IEEE Transactions on Software Engineering 28(2), 2002). A trial carries out what of the rest can still be
  carried out. One for a deadlock goes on until nothing can happen, as only there it is one.

* Where no more nodes can be left out of this schedule, a few random ones are tried with fewer nodes.

The number of trials is bounded, so the result is small, but need not be the smallest.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.property import Property
from mxbench.core.scenario import Act, Setup, act_of
from mxbench.core.trace import Step, shown
from mxbench.errors import not_repeated
from mxbench.sim.explore import CONTRACT, DEADLOCK, bound_of, explore, plan_of
from mxbench.sim.schedule import MUTUAL_EXCLUSION, NoSuchOption, Schedule
from mxbench.sim.tracer import Impossible, Pick, Tracer, blamed, carry_out, find

TRIALS = 3000
FRESH, MOST_FRESH = 200, 5  # schedules drawn anew with fewer nodes, and how many nodes at most
Resize = Callable[[int], Setup | None]  # to so many nodes, all else alike; None if there is no such setup


class Shrunk(msgspec.Struct):
    """A small schedule: what it runs on, and its trace. trials: how many were made. fault: of a contract breach."""

    setup: Setup
    trace: list[Step]
    trials: int
    fault: str | None = None
    repeated: tuple[int, int] | None = None


def shrink(
    algorithm: type[Algorithm], setup: Setup, picks: Sequence[Pick], violated: str, resize: Resize,
    properties: Sequence[type[Property]] = (),
) -> Shrunk:  # fmt: skip
    """Return a small schedule that violates the same property as these picks.

    resize: gives the setup of other numbers of nodes, with quorums and a tree for so many.
    """
    small = _Shrinking(algorithm, setup, picks, violated, resize, properties)
    small.run()
    for n in range(1, min(small.setup.nodes, MOST_FRESH + 1)):
        resized = resize(n)
        if resized is None or small.trials >= TRIALS:
            continue
        fresh = msgspec.structs.replace(resized, requests=(max(setup.requests),) * n)
        found = explore(algorithm, fresh, FRESH, properties=properties)
        small.trials += found.schedules
        if found.property == violated:
            fewer = _Shrinking(algorithm, fresh, found.picks, violated, resize, properties, small.trials)
            fewer.run()
            small = fewer
            break
    return small.result()


class _Shrinking:
    def __init__(
        self, algorithm: type[Algorithm], setup: Setup, picks: Sequence[Pick], violated: str,
        resize: Resize, properties: Sequence[type[Property]], trials: int = 0,
    ) -> None:  # fmt: skip
        self.algorithm, self.setup, self.violated = algorithm, setup, violated
        self.resize, self.properties = resize, properties
        self.trials = trials
        self.by_number = False  # two entries of one number are enough, as no overlap could be made of them
        tracer, schedule = self._tracer(setup)
        trace = []
        past = _Past(schedule)
        for pick in picks:
            trace.append(tracer.take(pick))
            past.note(trace[-1])
        self.acts = [act_of(step) for step in trace]
        if violated == MUTUAL_EXCLUSION:
            pair = schedule.insiders() if schedule.inside > schedule.most_inside else schedule.repeated or ()
            self._try_first([self.acts[place] for place in past.of_entries(pair)])

    def run(self) -> None:
        """Leave out what can be left out, until nothing is, or the trials are used up."""
        changed = True
        while changed and self.trials < TRIALS:
            changed = self._fewer_requests()
            changed |= self._fewer_nodes()
            changed |= self._fewer_steps()

    def result(self) -> Shrunk:
        """Return the schedule as it is now, told step by step."""
        tracer, schedule = self._tracer(self.setup)
        trace = []
        for act in self.acts:
            trace.append(tracer.take(find(schedule, act, exact=False)))
        return Shrunk(self.setup, trace, self.trials, tracer.fault, schedule.repeated if self.by_number else None)

    def _tracer(self, setup: Setup) -> tuple[Tracer, Schedule]:
        schedule = Schedule(plan_of(self.algorithm, setup), self.algorithm, setup.network.fifo, None, self.properties)
        tracer = Tracer(schedule, careful=self.violated == CONTRACT)
        tracer.start()
        return tracer, schedule

    def _try_first(self, acts: list[Act]) -> None:
        """Take what happened before two entries; if it makes no overlap, two entries of one number have to do."""
        done = self._trial(self.setup, acts) or self._trial(self.setup, self.acts)
        if done is None:
            self.by_number = True
            done = self._trial(self.setup, acts) or self._trial(self.setup, self.acts)
        if done is None:  # all is drawn from a stream, so it is the algorithm that is not the same
            raise not_repeated(self.algorithm.name, self.violated)
        self.acts = done

    # ---- what may be left out --------------------------------------------------------------------------------------

    def _fewer_requests(self) -> bool:
        made = Counter(act.node for act in self.acts if act.kind == "request")
        asked = tuple(made[node] for node in range(self.setup.nodes))
        changed = self._accept(msgspec.structs.replace(self.setup, requests=asked), self.acts)
        for node in range(self.setup.nodes):
            while self.setup.requests[node] and self.trials < TRIALS:
                requests = list(self.setup.requests)
                requests[node] -= 1
                if not self._accept(msgspec.structs.replace(self.setup, requests=tuple(requests)), self.acts):
                    break
                changed = True
        return changed

    def _fewer_nodes(self) -> bool:
        changed = False
        for node in reversed(range(self.setup.nodes)):
            n = self.setup.nodes - 1
            if n < 1 or self.trials >= TRIALS:
                break
            resized = self.resize(n)
            if resized is None:
                continue
            requests = self.setup.requests[:node] + self.setup.requests[node + 1 :]
            setup = msgspec.structs.replace(resized, requests=requests)
            rest = [
                msgspec.structs.replace(act, node=act.node - (act.node > node), sender=act.sender - (act.sender > node))
                for act in self.acts if node not in (act.node, act.sender)
            ]  # fmt: skip
            changed |= self._accept(setup, rest)
        return changed

    def _fewer_steps(self) -> bool:
        changed, parts = False, 2
        while len(self.acts) >= 2 and self.trials < TRIALS:
            size = max(1, len(self.acts) // parts)
            for start in range(0, len(self.acts), size):
                if self._accept(self.setup, self.acts[:start] + self.acts[start + size :]):
                    changed = True
                    break
            else:
                if size == 1:
                    break
                parts = min(2 * parts, len(self.acts))
        return changed

    def _accept(self, setup: Setup, acts: list[Act]) -> bool:
        """Try a smaller schedule, and take it if it violates the same and is indeed smaller."""
        done = self._trial(setup, acts)
        if done is None or (_size(setup), len(done)) >= (_size(self.setup), len(self.acts)):
            return False
        self.setup, self.acts = setup, done
        return True

    # ---- one trial -------------------------------------------------------------------------------------------------

    def _trial(self, setup: Setup, acts: Sequence[Act]) -> list[Act] | None:
        """Carry out what can be; return the steps up to the violation, None if there is none."""
        self.trials += 1
        schedule = Schedule(plan_of(self.algorithm, setup), self.algorithm, setup.network.fifo, None, self.properties)
        done: list[Act] = []
        try:
            schedule.start()
            for act in acts:
                try:
                    pick = find(schedule, act, exact=False)
                except Impossible:
                    continue
                done.append(act)
                carry_out(schedule, pick)
                if schedule.chosen or act.choices:
                    done[-1] = msgspec.structs.replace(act, choices=tuple(schedule.chosen))
                if (seen := schedule.violation(self.by_number)) is not None:
                    return done if self.violated == seen else None
            return self._to_the_end(schedule, done, bound_of(setup)) if self.violated == DEADLOCK else None
        except NoSuchOption:
            return None
        except PLUGIN_ERRORS as error:
            blamed(schedule, error, len(done))  # raises if it was not the plugin
            if done and schedule.chosen:
                done[-1] = msgspec.structs.replace(done[-1], choices=tuple(schedule.chosen))
            return done if self.violated == CONTRACT else None

    def _to_the_end(self, schedule: Schedule, done: list[Act], bound: int) -> list[Act] | None:
        """Go on until nothing can happen; return all steps if somebody waits then."""
        while schedule.enabled and len(done) < bound:
            key = next(iter(schedule.enabled))
            act = act_for(schedule, key)
            schedule.take(key)
            if schedule.violation() is not None:
                return None
            done.append(msgspec.structs.replace(act, choices=tuple(schedule.chosen)) if schedule.chosen else act)
        return done if not schedule.enabled and schedule.waiters() else None


def act_for(schedule: Schedule, key: int) -> Act:
    """Return the act that an enabled key stands for."""
    node = schedule.node_of(key)
    if key < 0:
        return Act("timer", node, timer=schedule.timer(key))
    if key < schedule.n:
        return Act(schedule.own(node) or "", node)
    event = schedule.lanes[key][0]
    return Act("deliver", node, event[3], shown(event[6]))


def _size(setup: Setup) -> tuple[int, int]:
    return setup.nodes, sum(setup.requests)


class _Past:
    """Which steps of a schedule happened before which, as bits of an int for each step."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._of_node = [0] * schedule.n
        self._of_message: dict[int, int] = {}  # by serial
        self._of_channel: dict[tuple[int, int], int] = {}  # what was taken out of the way of later messages
        self._entries: dict[int, int] = {}  # by node: the steps before its last entry, and that itself
        self._steps = 0

    def note(self, step: Step) -> None:
        """Note the step that was just taken."""
        past = 1 << self._steps
        self._steps += 1
        taken = self._schedule.taken
        if taken is not None:
            channel = (taken[3], step.node)
            past |= self._of_message.get(taken[1], 0)
            if step.event == "duplicate":
                self._of_message |= dict.fromkeys(self._new_messages(channel), past)
                return
            if step.event == "lose":
                self._of_channel[channel] = self._of_channel.get(channel, 0) | past
                return
            past |= self._of_channel.get(channel, 0) if self._schedule.fifo else 0
        past |= self._of_node[step.node]
        self._of_node[step.node] = past
        for event in self._schedule.sent:
            self._of_message[event[1]] = past
        if step.enters:
            self._entries[step.node] = past

    def of_entries(self, nodes: Sequence[int]) -> list[int]:
        """Return the places of the steps that happened before the last entries of these nodes, and of those."""
        past = 0
        for node in nodes:
            past |= self._entries[node]
        return [place for place in range(self._steps) if past >> place & 1]

    def _new_messages(self, channel: tuple[int, int]) -> list[int]:
        keys = self._schedule.between(*channel)
        serials = [event[1] for key in keys for event in self._schedule.lanes[key]]
        return [serial for serial in serials if serial not in self._of_message]
