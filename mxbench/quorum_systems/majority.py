"""Quorums of more than half of the nodes, after Robert H. Thomas, "A Majority Consensus Approach to Concurrency Control
for Multiple Copy Databases", ACM Transactions on Database Systems 4(2), 1979, pages 180-209."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from math import comb

from mxbench.core.quorums import Quorum, Quorums, QuorumSystem
from mxbench.hookspecs import hookimpl


class Majority(QuorumSystem):
    """More than half of the nodes, beginning with the node itself; any majority would do. Any n.

    Of all quorum systems it is the one most often available while nodes are down less than half of the time.
    """

    name = "majority"

    def build(self, n: int) -> Quorums:
        """Return for each node itself and the n // 2 nodes that follow it in a circle."""
        return tuple(tuple((node + step) % n for step in range(n // 2 + 1)) for node in range(n))

    def coterie(self, n: int) -> Iterable[Quorum]:
        """Return every set of n // 2 + 1 nodes."""
        return combinations(range(n), n // 2 + 1)

    def least_load(self, n: int) -> Fraction:
        """Return the size of a majority over n: its nodes are all alike."""
        return Fraction(n // 2 + 1, n)

    def failure_probability(self, n: int, p: float) -> float:
        """Return how likely at most n - (n // 2 + 1) nodes are left: enough to stop every majority."""
        down, one = p.as_integer_ratio()  # in whole numbers: the powers of p alone are too small for a float
        ways = (comb(n, alive) * (one - down) ** alive * down ** (n - alive) for alive in range(n // 2 + 1))
        return sum(ways) / one**n


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [Majority]
