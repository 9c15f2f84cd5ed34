"""The numbers behind 'is it real?': against published values, closed forms, and what must hold for any sample."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbench.experiment.statistics import (
    bootstrap_paired,
    bootstrap_unpaired,
    cliffs_delta,
    holm,
    mean,
    paired_p,
    rank_biserial,
    t_cdf,
    t_interval,
    t_quantile,
    variance,
    welch_interval,
    welch_p,
)

# Additional hours of sleep of ten patients with two drugs: the data of Student 1908, as R has them in `sleep`.
FIRST_DRUG = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND_DRUG = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
GAINS = [b - a for a, b in zip(FIRST_DRUG, SECOND_DRUG, strict=True)]

numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
samples = st.lists(numbers, min_size=3, max_size=12)
probabilities = st.floats(0.001, 0.999)


# ---- Student's t ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "freedom", "quantile"),
    [(0.975, 1, 12.7062047364), (0.975, 4, 2.7764451052), (0.95, 10, 1.8124611228), (0.995, 30, 2.7499956536),
     (0.975, 1000, 1.9623390808), (0.025, 4, -2.7764451052), (0.5, 7, 0.0)],
)  # fmt: skip
def test_quantiles_are_those_of_the_tables(p: float, freedom: float, quantile: float) -> None:
    assert t_quantile(p, freedom) == pytest.approx(quantile, rel=1e-9)


@given(probabilities)
def test_quantiles_meet_the_closed_forms_of_one_and_two_degrees_of_freedom(p: float) -> None:
    assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-8, abs=1e-8)
    assert t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-8, abs=1e-8)


@settings(max_examples=40)
@given(probabilities, st.floats(1, 200))
def test_a_quantile_is_not_exceeded_with_its_probability(p: float, freedom: float) -> None:
    assert t_cdf(t_quantile(p, freedom), freedom) == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_a_quantile_of_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="is not a probability between 0 and 1"):
        t_quantile(p, 4)


def test_everything_agrees_with_scipy_where_it_is_installed() -> None:
    stats = pytest.importorskip("scipy.stats")
    for freedom in (1, 2.5, 4, 17.8, 300):
        for p in (1e-6, 0.025, 0.4, 0.6, 0.999):
            assert t_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-8)
    assert paired_p(GAINS) == pytest.approx(stats.ttest_rel(FIRST_DRUG, SECOND_DRUG).pvalue)
    assert welch_p(FIRST_DRUG, SECOND_DRUG) == pytest.approx(
        stats.ttest_ind(FIRST_DRUG, SECOND_DRUG, equal_var=False).pvalue
    )


# ---- intervals ------------------------------------------------------------------------------------------------------


def test_the_t_interval_is_that_of_the_sleep_data() -> None:
    assert t_interval(GAINS) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)


def test_welchs_interval_is_that_of_the_sleep_data() -> None:
    assert welch_interval(FIRST_DRUG, SECOND_DRUG) == pytest.approx((-0.2054832, 3.3654832), abs=1e-7)
    assert welch_interval([2.0, 2.0, 2.0], [5.0, 5.0, 5.0]) == (3.0, 3.0)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0]])
def test_no_interval_is_given_below_three_values(values: list[float]) -> None:
    assert t_interval(values) is None
    assert welch_interval(values, [1.0, 2.0, 3.0]) is None
    assert welch_interval([1.0, 2.0, 3.0], values) is None
    assert bootstrap_paired(values) is None
    assert bootstrap_unpaired(values, [1.0, 2.0, 3.0]) is None
    assert bootstrap_unpaired([1.0, 2.0, 3.0], values) is None


@settings(max_examples=40)
@given(samples)
def test_a_t_interval_contains_the_mean_and_widens_with_the_level(values: list[float]) -> None:
    narrow, wide = t_interval(values, 0.8), t_interval(values, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide.low <= narrow.low <= mean(values) <= narrow.high <= wide.high


@settings(max_examples=10)
@given(samples, st.randoms(use_true_random=False))
def test_a_bootstrap_interval_contains_the_mean_lies_in_the_data_and_knows_no_order(
    values: list[float], draw: Random
) -> None:
    interval = bootstrap_paired(values)
    assert interval is not None
    slack = 1e-9 * max(map(abs, values))
    assert min(values) - slack <= interval.low <= mean(values) + slack
    assert mean(values) - slack <= interval.high <= max(values) + slack
    shuffled = list(values)
    draw.shuffle(shuffled)
    assert bootstrap_paired(shuffled) == interval


@settings(max_examples=10)
@given(samples, samples)
def test_the_bootstrap_of_two_samples_contains_the_difference_of_their_means(a: list[float], b: list[float]) -> None:
    interval = bootstrap_unpaired(a, b)
    assert interval is not None
    slack = 1e-9 * max(map(abs, [*a, *b]))
    assert interval.low - slack <= mean(b) - mean(a) <= interval.high + slack
    assert bootstrap_unpaired(a[::-1], b[::-1]) == interval


def test_a_bootstrap_is_the_same_for_a_seed_and_another_for_another() -> None:
    assert bootstrap_paired(GAINS, seed=1) == bootstrap_paired(GAINS, seed=1)
    assert bootstrap_paired(GAINS, seed=1) != bootstrap_paired(GAINS, seed=2)
    assert bootstrap_unpaired(FIRST_DRUG, SECOND_DRUG, seed=1) != bootstrap_unpaired(FIRST_DRUG, SECOND_DRUG, seed=2)


def test_the_bootstrap_of_few_values_takes_its_ends_further_out() -> None:
    """Of the 3125 resamples of 1 to 5 the means are 1.0 (once), 1.2 (5 times), 1.4 (15), 1.6 (35), 1.8 (70), ...

    Percentiles of 2.5 % would end at 1.8; with five values those of 0.10 % are taken, as Hesterberg's table has it.
    """
    assert bootstrap_paired([5, 3, 1, 4, 2]) == pytest.approx((1.2, 4.8))


# ---- tests ----------------------------------------------------------------------------------------------------------


def test_p_values_are_those_of_the_sleep_data() -> None:
    assert paired_p(GAINS) == pytest.approx(0.002833, abs=5e-7)
    assert welch_p(FIRST_DRUG, SECOND_DRUG) == pytest.approx(0.07939, abs=5e-6)


def test_without_spread_a_difference_is_certain_or_there_is_none() -> None:
    assert (paired_p([2.0, 2.0, 2.0]), paired_p([0.0, 0.0, 0.0])) == (0, 1)
    assert (welch_p([1.0] * 3, [2.0] * 4), welch_p([1.0] * 3, [1.0] * 4)) == (0, 1)


@given(samples, samples)
def test_a_p_value_does_not_depend_on_which_sample_comes_first(a: list[float], b: list[float]) -> None:
    p = welch_p(a, b)
    assert 0 <= p <= 1
    assert welch_p(b, a) == pytest.approx(p)
    assert paired_p([-value for value in a]) == pytest.approx(paired_p(a))


def test_p_values_are_adjusted_as_holm_has_it() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_no_adjusted_p_value_is_smaller_and_their_order_stays(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)


# ---- effect sizes ---------------------------------------------------------------------------------------------------


def test_cliffs_delta_counts_the_pairs_in_which_the_second_is_greater() -> None:
    assert cliffs_delta([1, 2, 3], [4, 5, 6]) == 1
    assert cliffs_delta([4, 5, 6], [1, 2, 3]) == -1
    assert cliffs_delta([1, 2], [1, 2]) == 0
    assert cliffs_delta([1, 3], [2, 3]) == pytest.approx(1 / 4)  # two greater, one smaller, one equal


def test_the_rank_biserial_correlation_weighs_pairs_by_the_rank_of_their_difference() -> None:
    assert rank_biserial([10, -40, 20, 30]) == pytest.approx((1 + 2 + 3 - 4) / 10)
    assert rank_biserial([5, -5, 5]) == pytest.approx((2 + 2 - 2) / 6)  # three share the rank 2
    assert rank_biserial([0, 1, 2, -3]) == 0  # no difference has no rank
    assert rank_biserial([0, 0]) == 0


@given(samples, samples)
def test_an_effect_lies_between_minus_one_and_one_and_turns_with_the_samples(a: list[float], b: list[float]) -> None:
    assert -1 <= cliffs_delta(a, b) <= 1
    assert cliffs_delta(b, a) == -cliffs_delta(a, b)
    assert -1 - 1e-12 <= rank_biserial(a) <= 1 + 1e-12
    assert rank_biserial([-value for value in a]) == pytest.approx(-rank_biserial(a))


@given(st.floats(-1e9, 1e9), st.integers(2, 9))
def test_equal_values_have_their_value_as_mean_and_no_variance(value: float, count: int) -> None:
    assert mean([value] * count) == value
    assert variance([value] * count) == 0
