"""The checker: transitions a second, what remembering a node's reactions is worth, and SPIN beside it."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mxbench.bench.floors import NO_SPIN, compile_spin_floor, run_spin_floor
from mxbench.bench.pace import Pace
from mxbench.bench.row import Row, at_least, below, measured, noise_of, skipped
from mxbench.check.answer import check
from mxbench.check.question import Question, parse_question
from mxbench.check.reaction import Act, Branch, Reactions
from mxbench.check.space import Space
from mxbench.registry import Registry

RICART_AGRAWALA = {"algorithm": "ricart-agrawala", "nodes": 4, "requests": 1}
LAMPORT = {"algorithm": "lamport", "nodes": 3, "requests": 1, "forget": False}
RATES = {"ricart-agrawala": at_least(600_000, "/s"), "lamport": at_least(300_000, "/s")}
COPYING = at_least(8)
OVER_SPIN, FORGETTING = below(2), below(1)
SHIPPED = below(60, "s")
SHIPPED_STATES = 3_000_000
STEPS = 3_000  # that are worked out anew, to see what one takes


class NotRemembered(Reactions):
    """Works out every step anew, on a copy of the node's state; keeps a list of them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.steps: list[tuple[int, Act]] = []

    def to(self, local: int, act: Act) -> tuple[Branch, ...]:
        self.steps.append((local, act))
        return super().to(local, act)

    def again(self) -> None:
        """Work out all steps of the list."""
        for local, act in self.steps:
            self._branches(self.locals[local], act)


def seconds_on_a_copy(question: Question, steps: int = STEPS) -> float:
    """Return the processor seconds of one step of a real node that is worked out on a copy of its state.

    The steps are those of the first states of the search, as often as they occur there.
    """
    space = Space(question)
    nodes = [NotRemembered(question, node, space.messages) for node in range(space.n)]
    space.reactions = list(nodes)
    level, seen = space.initial(), set(space.initial())
    while level and sum(len(node.steps) for node in nodes) < steps:
        after = {there for state in level for _, there in space.steps(state) if there is not None}
        level = sorted(after - seen)
        seen |= after
    began = time.process_time()
    for node in nodes:
        node.again()
    return (time.process_time() - began) / sum(len(node.steps) for node in nodes)


def searched(question: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Return the processor seconds of a search and its answer; raise AssertionError if that is not 'valid'."""
    began = time.process_time()
    found = check(**question)
    seconds = time.process_time() - began
    assert found["verdict"] == "valid", found["text"]
    return seconds, found


def rate(case: str, question: dict[str, Any], pace: Pace) -> Iterator[Row]:
    """Yield the lines of one model: transitions a second, and over working out each step on a copy."""
    name = question["algorithm"]
    model = f"{name} {question['nodes']} x {question['requests']}"
    asked = parse_question(**question)
    before = seconds_on_a_copy(asked)
    rates, told = [], ""
    for _ in pace.rounds(3, most=3):
        seconds, found = searched(question)
        rates.append(found["transitions"] / seconds)
        told = f"{found['states']:,} states, {found['transitions']:,} transitions"
    after = seconds_on_a_copy(asked)
    copied = (before + after) / 2
    yield measured(case, "check", f"{model}: transitions/s", rates, RATES[name], pace.noise, told)
    over = [each * copied for each in rates]
    what = f"{copied * 1e6:.1f} us a step on a copy"
    yield measured(
        case, "check", f"{model}: over a handler on a copy each time", over, COPYING, noise_of([after / before]), what
    )


def ricart_agrawala(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the lines of Ricart and Agrawala's algorithm."""
    return rate(case, RICART_AGRAWALA, pace)


def lamport(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the lines of Lamport's algorithm, which forgets nothing."""
    return rate(case, LAMPORT, pace)


def over_spin(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the lines of Lamport's algorithm beside SPIN's compiled checker, in processor time of either."""
    plain, forgetting = "lamport 3 x 1: time over SPIN's compiled checker", "the same, with 'forget'"
    with tempfile.TemporaryDirectory(prefix="mxbench-spin-") as folder:
        program = compile_spin_floor(Path(folder))
        if program is None:
            yield skipped(case, "check", plain, OVER_SPIN, NO_SPIN)
            yield skipped(case, "check", forgetting, FORGETTING, NO_SPIN)
            return
        whole, part, pairs, told = [], [], [], ""
        for _ in pace.rounds(6, most=5):
            before = run_spin_floor(program)
            seconds, found = searched(LAMPORT)
            shorter, _ = searched(LAMPORT | {"forget": True})
            after = run_spin_floor(program)
            assert (before.errors, before.states) == (0, found["states"]), "SPIN searched another system"
            floor = (before.cpu_s + after.cpu_s) / 2
            whole.append(seconds / floor)
            part.append(shorter / floor)
            pairs.append(after.cpu_s / before.cpu_s)
            told = f"{before.states:,} states in both, SPIN {floor:.2f} s"
    noise = noise_of(pairs)
    yield measured(case, "check", plain, whole, OVER_SPIN, noise, told)
    yield measured(case, "check", forgetting, part, FORGETTING, noise)


def shipped(case: str, pace: Pace) -> Iterator[Row]:
    """Yield the line of all shipped algorithms on three nodes with two requests each, one after the other. Its goal is
    not met as long as one of them is undecided, however soon it gives up."""
    began, slow, undecided = time.monotonic(), ("", 0.0), []
    names = sorted(Registry().all("algorithms"))
    for name in names:
        found = check(name, limit_states=SHIPPED_STATES, limit_seconds=SHIPPED.number)
        assert found["verdict"] != "violated", found["text"]
        if found["verdict"] == "undecided":
            undecided.append(name)
        slow = max(slow, (name, found["seconds"]), key=lambda each: each[1])
    seconds = time.monotonic() - began
    note = f"one core; {slow[0]} took {slow[1]:.0f} s"
    note += f"; undecided at a limit: {', '.join(undecided)}" if undecided else ""
    measure = f"all {len(names)} shipped algorithms 3 x 2"
    row = measured(case, "check", measure, [seconds], SHIPPED, pace.noise, note)
    yield msgspec.structs.replace(row, outcome="not met") if undecided else row
