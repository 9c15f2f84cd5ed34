"""That new-algorithm keeps the contract, is safe and live, and costs what it claims."""

from pathlib import Path

from mxbench.testing import assert_conforms

HERE = Path(__file__).parent


def test_new_algorithm_is_right() -> None:
    assert_conforms(HERE / "new_algorithm.py", database=HERE / ".mxbench")
