"""One line of the table of `mxbench bench`: what was measured, what is aimed at, and whether that can be told.

A machine that others use moves times by more than most differences. So the same thing is measured against itself as
well (A/A), in turn with the rest. If the goal lies no further from what was measured than such a pair lies apart, the
answer is 'too noisy'.
"""

from collections.abc import Sequence
from statistics import median
from typing import Literal

import msgspec

Outcome = Literal["met", "not met", "too noisy", "skipped"]


class Goal(msgspec.Struct, frozen=True):
    """What is aimed at: at least, or less than, a number."""

    number: float
    at_least: bool
    unit: str = ""

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<'} {quantity(self.number, self.unit)}"

    def met_by(self, value: float) -> bool:
        """Return whether a value meets it."""
        return value >= self.number if self.at_least else value < self.number


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line. noise: how far two measurements of one thing lie apart, as a share. rounds: how many gave the median."""

    case: str
    path: str
    measure: str
    ours: float | None = None
    unit: str = ""
    goal: Goal | None = None
    noise: float | None = None
    rounds: int = 0
    outcome: Outcome | None = None
    note: str = ""


def at_least(number: float, unit: str = "") -> Goal:
    """Return a goal that greater values meet."""
    return Goal(number, True, unit)


def below(number: float, unit: str = "") -> Goal:
    """Return a goal that smaller values meet."""
    return Goal(number, False, unit)


def noise_of(pairs: Sequence[float]) -> float:
    """Return how far pairs of one thing lie apart, from the ratio of each: the median distance from 1, as a share."""
    return median(abs(ratio - 1) for ratio in pairs)


def outcome_of(value: float, goal: Goal, noise: float) -> Outcome:
    """Return whether a value meets a goal, or that it lies too near to it to tell."""
    verdicts = {goal.met_by(value * (1 - noise)), goal.met_by(value * (1 + noise))}
    if len(verdicts) > 1:
        return "too noisy"
    return "met" if verdicts.pop() else "not met"


def measured(
    case: str, path: str, measure: str, samples: Sequence[float], goal: Goal | None, noise: float, note: str = ""
) -> Row:  # fmt: skip
    """Return the line of what was measured once or more; its unit is the goal's."""
    value = median(samples)
    return Row(
        case=case, path=path, measure=measure, ours=value, unit=goal.unit if goal else "", goal=goal, noise=noise,
        rounds=len(samples), outcome=outcome_of(value, goal, noise) if goal else None, note=note,
    )  # fmt: skip


def skipped(case: str, path: str, measure: str, goal: Goal | None, why: str) -> Row:
    """Return the line of what was not measured."""
    return Row(case=case, path=path, measure=measure, goal=goal, outcome="skipped", note=why)


def quantity(number: float, unit: str) -> str:
    """Return a number as the table shows it, with its unit."""
    digits = f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}" if abs(number) >= 100 else f"{number:.2f}"
    return f"{digits} {unit}".rstrip()
