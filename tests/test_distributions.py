"""Distributions: how they are written, and that what is drawn has the mean and the shape that they promise."""

import math
import random
import statistics
from typing import Any

import msgspec
import pytest

from mxbench.core.distributions import (
    Constant,
    Distribution,
    Exponential,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
    parse_distribution,
    scaled,
)

WRITTEN: dict[str, tuple[Any, Distribution]] = {
    "constant": ("2ms", Constant(0.002)),
    "uniform": ({"uniform": ["1ms", "3ms"]}, Uniform(0.001, 0.003)),
    "exponential": ({"exponential": "2ms"}, Exponential(0.002)),
    "normal": ({"normal": {"mean": "2ms", "deviation": "500us"}}, Normal(0.002, 0.0005)),
    "lognormal": ({"lognormal": {"median": "2ms", "sigma": 0.5}}, Lognormal(0.002, 0.5)),
    "pareto": ({"pareto": {"least": "1ms", "shape": 3}}, Pareto(0.001, 3.0)),
}
MANY = [
    Uniform(1.0, 3.0), Exponential(2.0), Normal(2.0, 0.5), Normal(1.0, 2.0), Normal(0.0, 1.0), Normal(2.0, 0.0),
    Lognormal(2.0, 0.5), Pareto(1.0, 4.0),
]  # fmt: skip


def draws(distribution: Distribution, count: int = 20_000) -> list[float]:
    uniform = random.Random("draws").random
    return [distribution.draw(uniform) for _ in range(count)]


@pytest.mark.parametrize("case", WRITTEN)
def test_each_form_is_understood_and_survives_being_stored(case: str) -> None:
    written, meant = WRITTEN[case]
    assert parse_distribution(written) == meant
    assert msgspec.convert(msgspec.to_builtins(meant), Distribution) == meant


@pytest.mark.parametrize("distribution", MANY, ids=repr)
def test_the_mean_of_many_draws_is_the_mean_that_is_promised(distribution: Distribution) -> None:
    drawn = draws(distribution)
    error = statistics.stdev(drawn) / math.sqrt(len(drawn))
    assert abs(statistics.fmean(drawn) - distribution.mean) <= 4 * error + 1e-12
    assert min(drawn) >= 0.0


@pytest.mark.parametrize("distribution", [Constant(2.0), *MANY], ids=repr)
def test_scaled_every_draw_is_a_multiple_of_what_it_was(distribution: Distribution) -> None:
    ours, theirs = random.Random(1), random.Random(1)
    other = scaled(distribution, 0.25)
    for _ in range(100):
        assert other.draw(ours.random) == pytest.approx(0.25 * distribution.draw(theirs.random))
    assert other.mean == pytest.approx(0.25 * distribution.mean)


def test_a_normal_duration_has_the_deviation_that_is_written() -> None:
    assert statistics.stdev(draws(Normal(10.0, 2.0))) == pytest.approx(2.0, rel=0.03)


def test_half_of_the_lognormal_durations_are_over_the_median() -> None:
    drawn = draws(Lognormal(2.0, 1.0))
    assert statistics.median(drawn) == pytest.approx(2.0, rel=0.04)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(1.0, rel=0.03)


def test_a_pareto_duration_is_at_least_the_least_and_has_its_tail() -> None:
    drawn = draws(Pareto(1.0, 2.0))
    assert min(drawn) >= 1.0
    assert sum(seconds > 10 for seconds in drawn) / len(drawn) == pytest.approx(0.01, rel=0.25)


WRONG: dict[str, tuple[Any, str]] = {
    "unknown": ({"gamma": "2ms"}, "not a distribution; write '2ms', {uniform: [1ms, 3ms]}"),
    "normal": ({"normal": "2ms"}, "normal needs mean and deviation: {normal: {mean: 2ms, deviation: 0.5ms}}"),
    "normal-key": ({"normal": {"mean": "2ms", "sd": "1ms"}}, "normal needs mean and deviation"),
    "sigma": (
        {"lognormal": {"median": "2ms", "sigma": "1ms"}},
        "sigma must be a number above 0 and up to 5, not '1ms'",
    ),
    "shape": ({"pareto": {"least": "1ms", "shape": 1}}, "shape must be a number above 1 and up to 1000, not 1"),
    "least": ({"pareto": {"least": "0ms", "shape": 2}}, "least must be longer than nothing"),
    "unit": ({"lognormal": {"median": 2, "sigma": 1}}, "a duration needs a unit: write '2ms' or '2s'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_distribution_is_refused_with_what_is(case: str) -> None:
    written, said = WRONG[case]
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_distribution(written)
    assert said in str(caught.value)
