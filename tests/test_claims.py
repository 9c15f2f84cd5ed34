"""The arithmetic of claims and bounds: what it works out, what it refuses, and what a claim comes to in a run."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbench.core.claims import Claimed, claim_for, claimed_of_all, evaluate, meets, split_bound

N = {"n": 9, "k": 5.0}
NUMBERS = st.integers(-50, 50).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS | st.sampled_from(["n", "k"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3 * (n - 1)", 24), ("2*(k-1)", 8.0), ("-n + 10", 1), ("n // 2", 4), ("n / 2", 4.5), (" ceil(log2(n)) ", 4),
        ("2 * sqrt(n) - 1", 5.0), ("max(n, 20) + min(k, 2)", 22), ("floor(2.9)", 2), (7, 7), (2.5, 2.5),
        ("harmonic(4)", 25 / 12), ("harmonic(n - 9)", 0), ("n * harmonic(1)", 9),
    ],
)  # fmt: skip
def test_an_expression_has_its_value(expression: str | float, value: float) -> None:
    assert evaluate(expression, N) == value


@given(EXPRESSIONS)
@settings(max_examples=40, deadline=None)
def test_it_agrees_with_python_where_both_have_a_value(expression: str) -> None:
    if len(expression) <= 200:
        assert evaluate(expression, N) == eval(expression, {}, N)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("2 * m", "'m' is not known here; the names are k, n"), ("n n", "not an expression"), ("", "not an expression"),
        ("\0", "not an expression"), ("n ** 2", "only numbers"), ("__import__('os')", "only numbers"),
        ("n.real", "only numbers"), ("(lambda: 1)()", "only numbers"), ("True", "only numbers"),
        ("1 / (n - 9)", "no value here: division by zero"), ("sqrt(-n)", "no value here"), ("log2(0)", "no value here"),
        ("sqrt(1, 2)", "no value here"), ("min(n)", "no value here"), ("min(n, key=k)", "no names of arguments"),
        ("harmonic(1.5)", "whole, from 0 to 1,000,000, not 1.5"), ("harmonic(-1)", "whole"),
        ("harmonic(1e400)", "not inf"), ("harmonic(n, n)", "no value here"),
        ("n + " * 60 + "n", "over 200 characters"), (None, "neither a number"), (True, "neither a number"),
        ([1], "neither a number"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused_with_the_reason(expression: object, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        evaluate(expression, N)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "bound", "met"),
    [
        (24, "3 * (n - 1)", True), (24.0, 24, True), (24.1, "3 * (n - 1)", False), (0.1 + 0.2, 0.3, True),
        (5, "<= 5", True), (5.01, "<= 5", False), (5, "< 5", False), (4.9, "< 5", True), (5, ">= n - 4", True),
        (4, ">= n - 4", False), (6, "> 5", True), (5, "> 5", False), (5, "== 5", True), (0.1 + 0.2, "<= 0.3", True),
        (8, [8, "n"], True), (9, [8, "n"], True), (9.5, [8, "n"], False), (7.9, [8, "n"], False),
        ("valid", "valid", True), ("violated", "valid", False), (True, True, True), (1, True, False), (True, 1, False),
        (True, [0, 2], False), (None, None, True), (None, "<= 5", False), (None, 0, False), (3, None, False),
        ({"a": 1}, {"a": 1}, True), ([1, 2], [1, 2], True), ([1, 2], [2, 1], False),
    ],
)  # fmt: skip
def test_a_value_meets_a_bound_or_not(value: object, bound: object, met: bool) -> None:
    assert meets(value, bound, N) is met


def test_a_band_has_two_ends() -> None:
    with pytest.raises(ValueError, match=r"\[1, 2, 3\] is not a band"):
        meets(2, [1, 2, 3], N)


def test_the_sign_of_a_bound_is_told_from_the_rest() -> None:
    assert [split_bound(bound)[0] for bound in ("<= 1", "< 1", ">=1", ">1", " == 1", "1", 1)] == [
        "<=", "<", ">=", ">", "==", "==", "==",
    ]  # fmt: skip


BY_REGIME = {"uncontended": "3 * (k - 1)", "saturated": ["3 * (k - 1)", "7 * (k - 1)"]}


@pytest.mark.parametrize(
    ("claim", "regime", "claimed"),
    [
        ("3 * (n - 1)", "saturated", Claimed(24, "exact", "any")),
        (["0", "2 * (n - 1)"], "other", Claimed([0, 16], "range", "any")),
        (("0", "2 * (n - 1)"), "other", Claimed([0, 16], "range", "any")),
        ("mean(n - 1)", "uncontended", Claimed(8, "mean", "any")),
        (BY_REGIME, "uncontended", Claimed(12.0, "exact", "uncontended")),
        (BY_REGIME, "saturated", Claimed([12.0, 28.0], "range", "saturated")),
        (BY_REGIME, "other", Claimed()),
        (None, "other", Claimed()),
    ],
)  # fmt: skip
def test_a_claim_comes_to_a_value_a_kind_and_a_regime(claim: object, regime: str, claimed: Claimed) -> None:
    assert claim_for(claim, regime, N) == claimed


@pytest.mark.parametrize("claim", ["mean(n - 1) + 1", "mean(n, 1)", "mean()", "3 * d"])
def test_a_claim_that_means_nothing_is_refused(claim: str) -> None:
    with pytest.raises(ValueError, match=r"only numbers|is not known here"):
        claim_for(claim, "other", N)


def test_no_value_is_a_surprise_of_floating_point() -> None:
    assert math.isinf(evaluate("1e400", N))
    with pytest.raises(ValueError, match="no value here"):
        evaluate("floor(1e400)", N)


@pytest.mark.parametrize(
    ("values", "together"),
    [
        ([5.0, 5.0], 5.0),
        ([5.0, 6.0, 10.0], 7.0),
        ([[4.0, 8.0], [3.0, 9.5]], [3.0, 9.5]),
        ([5.0, None], 5.0),
        ([5.0, [4.0, 8.0]], None),
        ([None, None], None),
        ([], None),
    ],
    ids=str,
)
def test_runs_of_one_setting_claim_the_mean_of_numbers_and_what_spans_their_ranges(values: Any, together: Any) -> None:
    assert claimed_of_all(values) == together
