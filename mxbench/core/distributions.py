"""Durations and the distributions they are drawn from, as an experiment writes them (`2ms`, `{exponential: 2ms}`)."""

import math
import re
from collections.abc import Callable
from typing import TypeAlias

import msgspec

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
MAX_SECONDS = 1e6  # eleven days; a longer wait is a mistake of units
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|min|m|h)\s*")


class Constant(msgspec.Struct, frozen=True, tag="constant"):
    """Always the same duration, in seconds."""

    seconds: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return the duration; draw nothing."""
        return self.seconds

    @property
    def mean(self) -> float:
        """The mean in seconds."""
        return self.seconds


class Uniform(msgspec.Struct, frozen=True, tag="uniform"):
    """Any duration from `low` to `high`, in seconds, each as likely."""

    low: float
    high: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return a duration in seconds; `uniform` returns a number in [0, 1)."""
        return self.low + (self.high - self.low) * uniform()

    @property
    def mean(self) -> float:
        """The mean in seconds."""
        return (self.low + self.high) / 2


class Exponential(msgspec.Struct, frozen=True, tag="exponential"):
    """A memoryless duration with the given mean, in seconds: the gaps of a Poisson process."""

    mean: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return a duration in seconds; `uniform` returns a number in [0, 1)."""
        return -self.mean * math.log(1.0 - uniform())


Distribution: TypeAlias = Constant | Uniform | Exponential
ZERO = Constant(0.0)


def parse_duration(text: object) -> float:
    """Return the seconds that `2ms`, `0s` or `1.5 s` stands for; raise ValueError that says what is allowed."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError(f"a duration needs a unit: write '{text}ms' or '{text}s'")
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a duration; write a number and a unit (ns, us, ms, s, m, h), like '2ms'")
    seconds = float(match[1]) * UNITS[match[2]]
    if seconds > MAX_SECONDS:
        raise ValueError(f"longer than {MAX_SECONDS:.0f} s")
    return seconds


def parse_distribution(value: object) -> Distribution:
    """Return the distribution of `2ms`, `{uniform: [1ms, 3ms]}` or `{exponential: 2ms}`, or raise ValueError."""
    if isinstance(value, Constant | Uniform | Exponential):
        return value
    if not isinstance(value, dict):
        return Constant(parse_duration(value))
    if len(value) == 1:
        kind, given = next(iter(value.items()))
        if kind == "constant":
            return Constant(parse_duration(given))
        if kind == "exponential":
            return Exponential(parse_duration(given))
        if kind == "uniform" and isinstance(given, list) and len(given) == 2:
            low, high = parse_duration(given[0]), parse_duration(given[1])
            if low > high:
                raise ValueError(f"uniform needs its lower bound first, not {given}")
            return Uniform(low, high)
    raise ValueError("not a distribution; write '2ms', {constant: 2ms}, {uniform: [1ms, 3ms]} or {exponential: 2ms}")
