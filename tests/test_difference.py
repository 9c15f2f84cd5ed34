"""What is called a difference: pairs and resamples, tests and their adjustment, and counts that have no noise."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows_by_hand import row, source

from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.difference import Sample, decide, differ, sample, summarise


def of(values: Sequence[float], first_seed: int = 1) -> Sample:
    return Sample(list(range(first_seed, first_seed + len(values))), list(values))


def found(reference: Sample, other: Sample) -> dict[str, Any]:
    difference = differ("wait_ms.mean", reference, other)
    assert difference is not None
    decide([difference])
    return difference


def test_runs_of_equal_seeds_are_paired_so_that_what_they_share_is_no_noise() -> None:
    """Each run waits for 10 to 50 ms, by its seed, and one setting adds 1 ms to it: unpaired, that would drown."""
    base = [10.0, 20.0, 30.0, 40.0, 50.0]
    more = [value + 1 + extra for value, extra in zip(base, (0.01, 0.02, 0.0, 0.03, 0.01), strict=True)]
    paired, unpaired = found(of(base), of(more)), found(of(base), of(more, first_seed=100))
    assert (paired["paired"], paired["outcome"], paired["effect"]) == (True, "different", 1)
    assert paired["effect_kind"] == "matched-pairs rank-biserial correlation"
    assert (unpaired["paired"], unpaired["outcome"]) == (False, "no difference shown")
    assert unpaired["effect_kind"] == "Cliff's delta"
    assert paired["low"] <= paired["difference"] <= paired["high"]


@pytest.mark.parametrize("repeats", [3, 5, 7])
@pytest.mark.parametrize("paired", [True, False])
def test_the_interval_of_a_difference_holds_it_as_often_as_it_says(paired: bool, repeats: int) -> None:
    """A bootstrap of three pairs held the difference, which is 1, in 73 of 100 tables."""
    draw, held, tables = Random(1), 0, 400
    for _ in range(tables):
        first, second = ([draw.gauss(centre, 1) for _ in range(repeats)] for centre in (10, 11))
        difference = differ("wait_ms.mean", of(first), of(second, first_seed=1 if paired else 100))
        assert difference is not None
        held += difference["low"] <= 1 <= difference["high"]
    assert held / tables > 0.92  # of 0.95; by chance alone it would be less once in 300


def test_a_difference_downwards_is_one_as_well() -> None:
    difference = found(of([9.0, 9.2, 9.1]), of([1.0, 1.1, 1.0]))
    assert (difference["outcome"], difference["effect"]) == ("different", -1)
    assert difference["low"] <= difference["difference"] <= difference["high"] < 0


def test_a_test_alone_makes_no_difference_where_the_interval_holds_nothing_to_be_possible() -> None:
    """Two of ten pairs went the other way, so far that some resamples show no gain."""
    gains = [2.1, 2.6, 2.4, 2.0, 2.0, 3.2, 1.0, -2.9, 2.9, -1.1]
    difference = found(of([0.0] * 10), of(gains))
    assert difference["adjusted_p"] < 0.05
    assert difference["low"] < 0 < difference["high"]
    assert difference["outcome"] == "no difference shown"


def test_pairs_are_made_by_seed_and_not_by_place() -> None:
    rows = [row(seed, wait_ms={"mean": 10.0 * seed}) for seed in (3, 1, 2, 9)]
    others = [row(seed, wait_ms={"mean": 10.0 * seed + 1}) for seed in (1, 2, 3, 7)]
    difference = found(sample(rows, "wait_ms.mean"), sample(others, "wait_ms.mean"))
    assert (difference["repeats"], difference["difference"]) == ([3, 3], 1)
    assert (difference["reference_mean"], difference["other_mean"]) == (20, 21)


def test_a_seed_that_stands_for_two_runs_pairs_nothing() -> None:
    twice = Sample([1, 1, 2, 3], [1.0, 2.0, 3.0, 4.0])
    assert found(twice, of([1.0, 2.0, 4.0]))["paired"] is False


@pytest.mark.parametrize("count", [1, 2])
def test_with_fewer_than_three_repeats_nothing_is_called_a_difference(count: int) -> None:
    difference = found(of([1.0, 1.1][:count]), of([9.0, 9.1][:count]))
    assert (difference["outcome"], difference["low"], difference["p"]) == ("too few repeats", None, None)
    summary = summarise(of([1.0, 1.1][:count]))
    assert summary is not None
    assert (summary["low"], summary["high"]) == (None, None)


def test_counts_without_noise_are_equal_or_different_and_need_no_interval() -> None:
    assert found(of([6.0] * 3), of([6.0] * 5, first_seed=50))["outcome"] == "equal"
    different = found(of([6.0] * 3), of([4.0] * 3))
    assert (different["outcome"], different["exact"], different["low"], different["effect"]) == (
        "different", True, None, None,
    )  # fmt: skip
    one_noisy = found(of([6.0] * 5), of([6.0, 6.1, 5.9, 6.05, 6.0]))
    assert (one_noisy["outcome"], one_noisy["exact"]) == ("no difference shown", False)


def test_many_tests_of_nothing_find_nothing() -> None:
    """Sixty settings without any difference: without Holm's adjustment three of them would be 'found', on average."""
    draw = Random(5)
    differences = [
        differ("wait_ms.mean", *(of([draw.gauss(10, 1) for _ in range(5)]) for _ in range(2))) for _ in range(60)
    ]
    made = [difference for difference in differences if difference]
    decide(made)
    assert min(difference["p"] for difference in made) < 0.05
    assert {difference["outcome"] for difference in made} == {"no difference shown"}
    assert all(difference["adjusted_p"] >= difference["p"] for difference in made)


def test_a_measure_that_one_of_them_lacks_is_not_compared() -> None:
    assert differ("sync_delay_ms.mean", of([]), of([1.0, 2.0, 3.0])) is None


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=3, max_size=8), st.randoms(use_true_random=False)
)
def test_the_order_of_runs_changes_nothing(pairs: list[tuple[float, float]], draw: Random) -> None:
    def rows(side: int) -> list[dict[str, Any]]:
        names = ("lamport", "ricart-agrawala")
        return [row(seed, algorithm=names[side], wait_ms={"mean": pair[side]}) for seed, pair in enumerate(pairs)]

    first, second = rows(0), rows(1)
    in_order = compare_sources([source(first + second)])["differences"]
    draw.shuffle(first)
    draw.shuffle(second)
    assert compare_sources([source(first + second)])["differences"] == in_order
