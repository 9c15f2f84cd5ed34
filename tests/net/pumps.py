"""The two implementations of links and pumps: in Python, and compiled where there was a compiler."""

import unittest
from typing import Any

import pytest

from mxbench.net import compiled as chosen
from mxbench.net.link import Link
from mxbench.net.pump import Pump

MISSING = "mxbench was installed without a C compiler, so there is no compiled pump"
without = pytest.mark.skipif(not chosen.COMPILED, reason=MISSING)
LINKS: dict[str, Any] = {"python": Link, "compiled": pytest.param(chosen.Link, marks=without)}
PUMPS: dict[str, Any] = {"python": (Link, Pump), "compiled": pytest.param((chosen.Link, chosen.Pump), marks=without)}


def compiled(test_case: type[unittest.TestCase]) -> Any:
    """Return a test case that is skipped where nothing is compiled."""
    return unittest.skipUnless(chosen.COMPILED, MISSING)(test_case)
