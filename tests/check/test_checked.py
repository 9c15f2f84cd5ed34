"""What the table of algorithms says was searched, searched again."""

from typing import Any

import pytest
from checked import FIELDS, rows, searched

from mxbench.registry import Registry

FEW = 20_000  # states; more take over a second
ROWS = [
    pytest.param(row, id=row["algorithm"], marks=[pytest.mark.slow] if int(row["states"]) > FEW else [])
    for row in rows()
]


def test_every_algorithm_was_searched() -> None:
    assert [row["algorithm"] for row in rows()] == list(Registry().all("algorithms"))


@pytest.mark.parametrize("row", ROWS)
def test_the_search_is_as_long_as_it_says(row: dict[str, Any]) -> None:
    found = searched(row["algorithm"], row["requests"], row["network"])
    assert found is not None
    assert [str(found[field]) for field in FIELDS] == [row[field] for field in FIELDS]
