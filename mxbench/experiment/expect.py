"""Compares a row with what its experiment expects, and turns runs into an exit status."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from mxbench.core.claims import meets
from mxbench.errors import ExperimentError

VALID, WRONG, BAD_INPUT, UNDECIDED = 0, 1, 2, 3
PRECEDENCE = (BAD_INPUT, WRONG, UNDECIDED, VALID)  # over the runs of a sweep


def check_expectations(
    expect: Mapping[str, Any], row: Mapping[str, Any], names: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Return for each expectation {field, expected, measured, met}; the verdict is expected to be valid unless told.

    A field is one of the row, or a part of one: `wait_ms.p99`, or nested `wait_ms: {p99: ...}`. `names` are those of
    a bound (n, k). A field that no row has, and a bound that has no value, is not met, and `expected` says why.
    """
    return [_checked(field, expected, row, names) for field, expected in _flat({"verdict": "valid", **expect})]


def _checked(field: str, expected: Any, row: Mapping[str, Any], names: Mapping[str, float]) -> dict[str, Any]:
    measured = None
    try:
        measured = _value_of(field, row)
        met = meets(measured, expected, names)
    except (ExperimentError, ValueError) as error:  # planning has looked at every field and bound, as far as it could
        expected, met = f"{expected} ({error})", False
    return {"field": field, "expected": expected, "measured": measured, "met": met}


def all_met(expectations: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether every expectation was met."""
    return all(expectation["met"] for expectation in expectations)


def run_status(row: Mapping[str, Any], expectations: Iterable[Mapping[str, Any]]) -> int:
    """Return the exit status of one run, from its row and its `check_expectations`.

    2 for a plugin that broke the contract; else 0 if all is as expected, a violation too; else 3 for a run that is
    undecided, whatever else it should have been; else 1.
    """
    if row["failed"] == "contract":
        return BAD_INPUT
    if all_met(expectations):
        return VALID
    return UNDECIDED if row["verdict"] == "undecided" else WRONG


def exit_status(statuses: Iterable[int]) -> int:
    """Return the exit status of a sweep: 2 beats 1, 1 beats 3, 3 beats 0; no run at all is undecided."""
    given = set(statuses)
    return next((status for status in PRECEDENCE if status in given), UNDECIDED)


def _flat(expect: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each expectation; one about parts of a field (percentiles of a wait) is one for each part."""
    for field, expected in expect.items():
        if isinstance(expected, dict):
            yield from ((f"{field}.{part}", bound) for part, bound in expected.items())
        else:
            yield field, expected


def _value_of(field: str, row: Mapping[str, Any]) -> Any:
    value: Any = row
    path = field.split(".")
    for depth, part in enumerate(path):
        if value is None:  # a run without an entry has no wait, and so no percentile of it
            return None
        if not isinstance(value, Mapping) or part not in value:
            raise ExperimentError(_unknown(path[:depth], part, value))
        value = value[part]
    return value


def _unknown(above: list[str], part: str, known: Any) -> str:
    if not isinstance(known, Mapping):
        return f"'{'.'.join(above)}' has no parts"
    close = get_close_matches(part, known, n=1, cutoff=0.5)
    hint = f"; did you mean '{'.'.join([*above, close[0]])}'?" if close else f"; it has {', '.join(known)}"
    return f"{'a row' if not above else repr('.'.join(above))} has no field '{part}'{hint}"
