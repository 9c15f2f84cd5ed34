"""A schedule taken by hand: what can happen next is listed, a line of input chooses, and any step can be taken back."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mxbench.check.diagram import diagram
from mxbench.commands.check_answer import Asked
from mxbench.commands.telling import say
from mxbench.core.adversary import Adversary
from mxbench.core.algorithm import Algorithm
from mxbench.core.scenario import Act, Setup
from mxbench.core.trace import Step, state_of, violation
from mxbench.errors import ExperimentError, MxbenchError
from mxbench.overrun import watched
from mxbench.scenarios import FOLDER, save, scenario_of
from mxbench.sim.explore import CONTRACT, DEADLOCK, plan_of
from mxbench.sim.replay import same_number
from mxbench.sim.schedule import MUTUAL_EXCLUSION, Schedule
from mxbench.sim.shrink import act_for
from mxbench.sim.tracer import Pick, Tracer

ROWS = 24  # of the diagram that are shown after each step
HELP = """\
NUMBER            take that step
lose NUMBER       the network loses the message of that step
duplicate NUMBER  the network repeats it
crash NODE        the node stops for good
back [COUNT]      take back the last step, or so many
diagram           the whole diagram
save [FILE]       save the schedule so far, for 'mxbench replay'
quit              or the end of the input"""


class NoSuchCommand(Exception):
    """A line of input that means nothing; the text says what would."""


def step_through(asked: Asked) -> None:
    """Read commands from standard input until there are no more."""
    question = asked.question(asked.nodes, asked.requests)
    network = question.network
    if network.duplicates or network.losses or network.crashes:
        raise ExperimentError(f"--network {network}: fifo or reordering; what else the network does, you do in a step")
    stepper = Stepper(question.algorithm, question.setup)
    say(stepper.shown())
    for line in iter(_line, None):
        try:
            said = stepper.obey(line.split())
        except (NoSuchCommand, MxbenchError) as error:
            say(f"{error}")
            continue
        if said is None or not say(said):
            return


def _line() -> str | None:
    if sys.stdin.isatty():
        say("step> ", end="")
    line = sys.stdin.readline()
    return line if line else None


class Stepper:
    """A schedule, the steps that led to it, and the way back."""

    def __init__(self, algorithm: type[Algorithm], setup: Setup) -> None:
        self.algorithm, self.setup = algorithm, setup
        self.picks: list[Pick] = []
        self._begin([])

    @watched()
    def obey(self, words: Sequence[str]) -> str | None:
        """Carry out a command and return what is to be shown, None at the end."""
        match [word.lower() for word in words[:1]] + list(words[1:]):
            case ["quit" | "exit" | "q"]:
                return None
            case [] | ["help" | "?"]:
                return HELP
            case ["diagram"]:
                return self._diagram(None)
            case ["back", *count]:
                self._back(_number(count[0], 1, len(self.picks)) if count else 1)
            case ["save", *file]:
                return self._save(Path(file[0]) if file else FOLDER / f"{self.algorithm.name}-by-hand.yaml")
            case ["lose" | "duplicate" as fault, number]:
                self._take(Pick(fault, self._key(number, of_message=True)))
            case ["crash", node]:
                self._take(Pick("crash", self._alive(node)))
            case [number] if number.isdecimal():
                self._take(Pick("take", self._key(number)))
            case _:
                raise NoSuchCommand(f"there is no command '{' '.join(words)}'; 'help' lists them")
        return self.shown()

    def shown(self) -> str:
        """Return where the schedule stands: the diagram, each node's state, and what can happen next."""
        schedule = self.schedule
        lines = [self._diagram(ROWS), ""] if self.trace else []
        for place in schedule.places:
            doing = "crashed" if place.me in schedule.crashed else "inside" if place.node.inside is not None else (
                "waits" if place.node.waiting is not None else "outside")  # fmt: skip
            name = f"node {place.me}" if place.me < self.setup.nodes else "server"
            state = ", ".join(f"{field}={text}" for field, text in state_of(place.node.algorithm).items())
            lines.append(f"{name} {doing + ':':<8} {state}")
        lines.append("")
        violated = self._violated()
        if violated is not None:
            lines += [f"VIOLATED ({violated[0]}): {violated[1]}.", ""]
        lines += [f"{number:>3}) {_told(act)}" for number, act in enumerate(self._acts(), start=1)]
        if self.tracer.fault is None and not schedule.enabled:
            lines.append("Nothing can happen any more.")
        return "\n".join(lines)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _begin(self, picks: Sequence[Pick]) -> None:
        """Start anew, and take these steps."""
        self.schedule = Schedule(plan_of(self.algorithm, self.setup), self.algorithm, self.setup.network.fifo, _chosen)
        self.tracer = Tracer(self.schedule, careful=True)
        self.tracer.start()
        self.trace: list[Step] = []
        self.picks = []
        for pick in picks:
            self._take(pick)

    def _take(self, pick: Pick) -> None:
        if self.tracer.fault is not None:
            raise NoSuchCommand("the last step broke the contract, so nothing can follow; 'back' takes it back")
        self.trace.append(self.tracer.take(pick))
        self.picks.append(pick._replace(choices=tuple(self.schedule.chosen)))

    def _back(self, count: int) -> None:
        if not self.picks:
            raise NoSuchCommand("there is no step to take back")
        self._begin(self.picks[:-count])

    def _acts(self) -> list[Act]:
        if self.tracer.fault is not None:
            return []
        return [act_for(self.schedule, key) for key in self._keys()]

    def _keys(self) -> list[int]:
        """Return the keys of what can happen, each node's own steps first."""
        return sorted(self.schedule.enabled, key=lambda key: (key >= self.schedule.n, key))

    def _key(self, number: str, of_message: bool = False) -> int:
        keys = self._keys()
        key = keys[_number(number, 1, len(keys)) - 1]
        if of_message and key < self.schedule.n:
            raise NoSuchCommand(f"step {number} delivers no message")
        return key

    def _alive(self, node: str) -> int:
        found = _number(node, 0, self.setup.places - 1)
        if found in self.schedule.crashed:
            raise NoSuchCommand(f"node {found} has crashed already")
        return found

    def _violated(self) -> tuple[str, str] | None:
        """Return what is violated now, and the sentence about it."""
        schedule, steps = self.schedule, len(self.trace)
        if self.tracer.fault is not None:
            return CONTRACT, violation(CONTRACT, steps, fault=self.tracer.fault)
        if schedule.inside > schedule.most_inside:
            return MUTUAL_EXCLUSION, violation(MUTUAL_EXCLUSION, steps, schedule.insiders())
        if schedule.repeated is not None:
            return MUTUAL_EXCLUSION, same_number(schedule.repeated, steps)
        if not schedule.enabled and schedule.waiters():
            return DEADLOCK, violation(DEADLOCK, steps, stuck=schedule.waiters())
        return None

    def _diagram(self, rows: int | None) -> str:
        if not self.trace:
            return "no step was taken yet"
        lines = diagram([msgspec.to_builtins(step) for step in self.trace], self.setup.places).splitlines()
        return "\n".join(lines if rows is None or len(lines) <= rows else [lines[0], "   ...", *lines[1 - rows :]])

    def _save(self, file: Path) -> str:
        violated = self._violated()
        kinds = [pick.kind for pick in self.picks]
        used = Adversary(
            self.setup.network.fifo, kinds.count("duplicate"), kinds.count("lose"), kinds.count("crash")
        )  # fmt: skip
        scenario = scenario_of(
            self.algorithm, msgspec.structs.replace(self.setup, network=used),
            [msgspec.to_builtins(step) for step in self.trace], file, violated=violated[0] if violated else None,
            text=violated[1] if violated else f"nothing is violated after {len(self.trace)} steps", found="hand",
        )  # fmt: skip
        return f"Saved; 'mxbench replay {save(scenario, file)}' runs it again."


def _chosen(count: int) -> int:
    """Ask which option the algorithm takes."""
    say(f"the algorithm chooses one of {count} options; which, from 0 to {count - 1}?")
    line = _line()
    return min(int(line), count - 1) if line is not None and line.strip().isdecimal() else 0


def _number(word: str, low: int, high: int) -> int:
    if not word.isdecimal() or not low <= int(word) <= high:
        allowed = f"write a number from {low} to {high}" if low <= high else "there is nothing to choose from"
        raise NoSuchCommand(f"'{word}': {allowed}")
    return int(word)


def _told(act: Act) -> str:
    if act.kind == "timer":
        return f"the timer '{act.timer}' of node {act.node} fires"
    return f"node {act.node} {act.kind}s" if act.kind != "deliver" else (
        f"node {act.node} receives {act.message} from {act.sender}")  # fmt: skip
