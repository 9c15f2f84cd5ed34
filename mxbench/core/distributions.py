"""Durations and the distributions they are drawn from, as an experiment writes them.

Each of these is a distribution:

    2ms                                            always the same
    {uniform: [1ms, 3ms]}                          any from the first to the second
    {exponential: 2ms}                             memoryless, with that mean
    {normal: {mean: 2ms, deviation: 0.5ms}}        a bell, cut off at no time
    {lognormal: {median: 2ms, sigma: 0.5}}         its logarithm is normal, with deviation sigma
    {pareto: {least: 1ms, shape: 2.5}}             a heavy tail: longer than t with chance (least / t) ** shape
"""

import math
import re
from collections.abc import Callable
from typing import Any, TypeAlias

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


class Normal(msgspec.Struct, frozen=True, tag="normal"):
    """A normal duration in seconds, drawn again while it is negative: a bell of this centre, cut off at 0."""

    centre: float
    deviation: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return a duration in seconds; `uniform` returns a number in [0, 1)."""
        while (seconds := self.centre + self.deviation * _standard_normal(uniform)) < 0.0:
            pass  # with a centre that is not negative at least every other draw is kept
        return seconds

    @property
    def mean(self) -> float:
        """The mean in seconds of what is left of the bell: more than its centre."""
        if self.deviation == 0.0:
            return self.centre
        edge = -self.centre / self.deviation
        kept = 0.5 * math.erfc(edge / math.sqrt(2.0))
        return self.centre + self.deviation * math.exp(-edge * edge / 2.0) / math.sqrt(2.0 * math.pi) / kept


class Lognormal(msgspec.Struct, frozen=True, tag="lognormal"):
    """A duration in seconds whose logarithm is normal: half of them are over the median, few are far over it."""

    median: float
    sigma: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return a duration in seconds; `uniform` returns a number in [0, 1)."""
        return min(self.median * math.exp(self.sigma * _standard_normal(uniform)), MAX_SECONDS)

    @property
    def mean(self) -> float:
        """The mean in seconds."""
        return self.median * math.exp(self.sigma * self.sigma / 2.0)


class Pareto(msgspec.Struct, frozen=True, tag="pareto"):
    """A duration in seconds, at least `least`, with a heavy tail: the smaller the shape, the heavier."""

    least: float
    shape: float

    def draw(self, uniform: Callable[[], float]) -> float:
        """Return a duration in seconds; `uniform` returns a number in [0, 1)."""
        return min(self.least / (1.0 - uniform()) ** (1.0 / self.shape), MAX_SECONDS)

    @property
    def mean(self) -> float:
        """The mean in seconds; a shape over 1 sees to it that there is one."""
        return self.least * self.shape / (self.shape - 1.0)


Distribution: TypeAlias = Constant | Uniform | Exponential | Normal | Lognormal | Pareto
ZERO = Constant(0.0)
_NO_TIMES = ("sigma", "shape")  # parameters that are no durations
MAX_SIGMA = 5.0  # one draw in 44 is then over 20,000 medians; more is a mistake
# Of each distribution that is written as a mapping: its class, and its keys, the first of which is a duration.
_MAPPED: dict[str, tuple[Any, tuple[str, str]]] = {
    "normal": (Normal, ("mean", "deviation")),
    "lognormal": (Lognormal, ("median", "sigma")),
    "pareto": (Pareto, ("least", "shape")),
}
_FORMS = (
    "{uniform: [1ms, 3ms]}", "{exponential: 2ms}", "{normal: {mean: 2ms, deviation: 0.5ms}}",
    "{lognormal: {median: 2ms, sigma: 0.5}}", "{pareto: {least: 1ms, shape: 2.5}}",
)  # fmt: skip


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """Return the distribution of `factor` times what this one gives: of each draw, from the same random numbers."""
    times = [name for name in distribution.__struct_fields__ if name not in _NO_TIMES]
    return msgspec.structs.replace(distribution, **{name: getattr(distribution, name) * factor for name in times})


def _standard_normal(uniform: Callable[[], float]) -> float:
    """Return a draw from the normal distribution of mean 0 and deviation 1 (Box and Muller, 1958)."""
    return math.sqrt(-2.0 * math.log(1.0 - uniform())) * math.cos(2.0 * math.pi * uniform())


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
    """Return the distribution that an experiment writes in one of the forms above, or raise ValueError."""
    if isinstance(value, Distribution):
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
        if kind in _MAPPED:
            return _parse_mapped(kind, given)
    raise ValueError(f"not a distribution; write '2ms', {', '.join(_FORMS[:-1])} or {_FORMS[-1]}")


def _parse_mapped(kind: str, given: object) -> Distribution:
    cls, keys = _MAPPED[kind]
    if not isinstance(given, dict) or set(given) != set(keys):
        form = next(form for form in _FORMS if form.startswith(f"{{{kind}:"))
        raise ValueError(f"{kind} needs {keys[0]} and {keys[1]}: {form}")
    first, second = parse_duration(given[keys[0]]), given[keys[1]]
    if kind == "normal":
        return cls(first, parse_duration(second))
    low, high = (0.0, MAX_SIGMA) if kind == "lognormal" else (1.0, 1000.0)
    if isinstance(second, bool) or not isinstance(second, int | float) or not low < second <= high:
        raise ValueError(f"{keys[1]} must be a number above {low:g} and up to {high:g}, not {second!r}")
    if kind == "pareto" and first == 0.0:
        raise ValueError("least must be longer than nothing")
    return cls(first, float(second))
