"""How sure a number is and whether two samples differ: intervals, bootstrap, tests and effect sizes, from scratch.

Pure functions of numbers, standard library only. The t distribution is computed from the incomplete beta function by
its continued fraction (Numerical Recipes, section 6.4), good to about 1e-12; its quantiles by bisection.

A bootstrap of few values is too sure of itself: with 5 pairs its plain percentiles cover about 82 % instead of 95 %.
They are therefore taken further out, so that they would cover what a t interval does (Hesterberg 2015, 'What teachers
should know about the bootstrap', section 5.3). No bootstrap reaches beyond the values that it is given, however: of
three pairs it covers 73 %. So below `FEW` values a difference has a t interval. It is tested as well (`paired_p`,
`welch_p`), and the tests of one table are adjusted for their number (`holm`).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from random import Random
from statistics import NormalDist
from typing import NamedTuple

LEVEL = 0.95
MIN_SAMPLE = 3  # below, no interval is given: two values say next to nothing of their spread
FEW = 8  # from so many on a bootstrap covers what it says
RESAMPLES = 2000
_TINY, _PRECISION = 1e-300, 1e-15


class Interval(NamedTuple):
    """From low to high, both included."""

    low: float
    high: float


def mean(values: Sequence[float]) -> float:
    """Return the mean, which lies between the least and the greatest of the values whatever their rounding."""
    found = math.fsum(values) / len(values)
    return min(max(found, min(values)), max(values))


def variance(values: Sequence[float]) -> float:
    """Return the unbiased variance, exactly 0 for equal values; of at least two."""
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Return the t interval of the mean (Student 1908); None below three values."""
    n = len(values)
    if n < MIN_SAMPLE:
        return None
    half = t_quantile((1 + level) / 2, n - 1) * math.sqrt(variance(values) / n)
    return Interval(mean(values) - half, mean(values) + half)


def welch_interval(first: Sequence[float], second: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Return the t interval of mean(second) - mean(first) by Welch; None if one has below three values."""
    if min(len(first), len(second)) < MIN_SAMPLE:
        return None
    gap, spread, freedom = _welch(first, second)
    half = t_quantile((1 + level) / 2, freedom) * spread if spread else 0.0
    return Interval(gap - half, gap + half)


def _welch(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float]:
    """Return the difference of the means, its standard error, and Welch's degrees of freedom."""
    a, b = variance(first) / len(first), variance(second) / len(second)
    gap = mean(second) - mean(first)
    if a + b == 0:
        return gap, 0.0, 1.0
    # Shares of the whole, so that the square of a tiny variance does not vanish.
    share_a, share_b = a / (a + b), b / (a + b)
    return gap, math.sqrt(a + b), 1 / (share_a**2 / (len(first) - 1) + share_b**2 / (len(second) - 1))


# ---- is it a difference? --------------------------------------------------------------------------------------------


def bootstrap_paired(differences: Sequence[float], seed: int = 1, level: float = LEVEL) -> Interval | None:
    """Return the bootstrap interval of the mean difference of pairs; None below three.

    The order of the pairs plays no part, and the same seed gives the same interval.
    """
    rising, n = sorted(differences), len(differences)
    if n < MIN_SAMPLE:
        return None
    if rising[0] == rising[-1]:
        return Interval(rising[0], rising[0])
    return _percentiles(seed, n, level, lambda draw: math.fsum(draw.choices(rising, k=n)) / n)


def bootstrap_unpaired(
    first: Sequence[float], second: Sequence[float], seed: int = 1, level: float = LEVEL
) -> Interval | None:
    """Return the bootstrap interval of mean(second) - mean(first); None if one has below three values."""
    a, b = sorted(first), sorted(second)
    if min(len(a), len(b)) < MIN_SAMPLE:
        return None

    if a[0] == a[-1] and b[0] == b[-1]:
        return Interval(b[0] - a[0], b[0] - a[0])

    def difference(draw: Random) -> float:
        return math.fsum(draw.choices(b, k=len(b))) / len(b) - math.fsum(draw.choices(a, k=len(a))) / len(a)

    return _percentiles(seed, min(len(a), len(b)), level, difference)


def _percentiles(seed: int, n: int, level: float, statistic: Callable[[Random], float]) -> Interval:
    draw = Random(f"{seed}/bootstrap")
    found = sorted(statistic(draw) for _ in range(RESAMPLES))
    # Hesterberg's wider tails: a t quantile instead of a normal one, and the spread of n - 1 instead of that of n.
    tail = NormalDist().cdf(t_quantile((1 - level) / 2, n - 1) * math.sqrt(n / (n - 1)))
    outside = int(tail * RESAMPLES)
    return Interval(found[outside], found[-1 - outside])


def paired_p(differences: Sequence[float]) -> float:
    """Return the two-sided p value of the paired t test: how often chance alone gives a mean this far from 0."""
    centre, spread = mean(differences), variance(differences)
    if spread == 0:
        return 1.0 if centre == 0 else 0.0
    n = len(differences)
    return _two_sided(centre / math.sqrt(spread / n), n - 1)


def welch_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p value of Welch's t test, which lets two samples differ in spread and size."""
    gap, spread, freedom = _welch(first, second)
    if spread == 0:
        return 1.0 if gap == 0 else 0.0
    return _two_sided(gap / spread, freedom)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values adjusted for their number, in the given order (Holm 1979).

    If none of the differences were real, one of them would be found at most as often as its adjusted value says.
    """
    adjusted, greatest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        greatest = max(greatest, min((len(p_values) - rank) * p_values[place], 1.0))
        adjusted[place] = greatest
    return adjusted


# ---- how large is it? -----------------------------------------------------------------------------------------------


def cliffs_delta(first: Sequence[float], second: Sequence[float]) -> float:
    """Return how much more often a value of the second is the greater than the smaller, from -1 to 1 (Cliff 1993)."""
    signs = ((b > a) - (b < a) for a in first for b in second)
    return sum(signs) / (len(first) * len(second))


def rank_biserial(differences: Sequence[float]) -> float:
    """Return the matched-pairs rank-biserial correlation, from -1 to 1 (Kerby 2014).

    It is the share of the ranks of the pairs that grew, less that of those that shrank. Pairs without a difference are
    left out; 0 if there is no other.
    """
    ranked = list(_ranked([change for change in differences if change]))
    whole = math.fsum(rank for rank, _ in ranked)
    return math.fsum(math.copysign(rank, change) for rank, change in ranked) / whole if whole else 0.0


def _ranked(values: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Yield (rank, value) by size, sign aside; equal sizes share the mean of their ranks."""
    before = 0
    for _, group in groupby(sorted(values, key=abs), key=abs):
        tied = list(group)
        yield from ((before + (len(tied) + 1) / 2, value) for value in tied)
        before += len(tied)


# ---- Student's t ----------------------------------------------------------------------------------------------------


def t_cdf(t: float, freedom: float) -> float:
    """Return how often a t variable is at most t."""
    tail = _two_sided(t, freedom) / 2
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=1000)  # a table asks for few of them, each many times
def t_quantile(p: float, freedom: float) -> float:
    """Return the t that a t variable does not exceed with probability p, 0 < p < 1."""
    if not 0 < p < 1:
        raise ValueError(f"'{p}' is not a probability between 0 and 1")
    tail = min(p, 1 - p)
    low, high = 0.0, 1.0
    while _two_sided(high, freedom) / 2 > tail:
        low, high = high, high * 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _two_sided(middle, freedom) / 2 > tail:
            low = middle
        else:
            high = middle
    return math.copysign((low + high) / 2, p - 0.5) if p != 0.5 else 0.0


def _two_sided(t: float, freedom: float) -> float:
    """Return how often a t variable is at least as far from 0 as t."""
    if math.isinf(t):
        return 0.0
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(logarithm)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, its mirror image does not
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""

    def kept(value: float) -> float:
        return value if abs(value) > _TINY else _TINY

    c, d = 1.0, 1 / kept(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, 10_000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / kept(1 + numerator * d)
            c = kept(1 + numerator / c)
            found *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return found
