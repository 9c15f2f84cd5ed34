"""Quorum systems: for each node the nodes that it must ask. Any two quorums share a member; that alone is safety."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations, islice

from mxbench.core.coteries import ENUMERABLE, failure_probability, least_load, load

MAX_PROGRAM = 30  # quorums of a linear program: a quarter of a second
Quorum = tuple[int, ...]
Quorums = tuple[Quorum, ...]


class QuorumSystem:
    """A way to choose quorums. `for_nodes` builds and checks them; `build` is what a system defines."""

    name: str

    def build(self, n: int) -> Quorums:
        """Return the quorum of each of n nodes; raise ValueError if this system has none for n."""
        raise NotImplementedError

    def for_nodes(self, n: int) -> Quorums:
        """Return the quorums of n nodes, each sorted; raise ValueError if n has none or any two do not meet."""
        quorums = tuple(tuple(sorted(set(quorum))) for quorum in self.build(n))
        check_quorums(quorums, n)
        return quorums

    def coterie(self, n: int) -> Iterable[Quorum]:
        """Return every quorum that would do, not only those that nodes are given: what counts when nodes are down."""
        return self.for_nodes(n)

    def least_load(self, n: int) -> Fraction | None:
        """Return the load if the quorums of the coterie are used as is best for it; None if they are too many."""
        quorums = self.for_nodes(n)
        coterie = set(islice(self.coterie(n), max(n, MAX_PROGRAM) + 1))
        smallest = min(map(len, coterie))
        bound = max(Fraction(1, smallest), Fraction(smallest, n))  # Naor and Wool: no coterie does better
        if len(coterie) <= n and load(quorums) == bound:
            return bound
        return least_load(coterie, n) if len(coterie) <= MAX_PROGRAM else None

    def failure_probability(self, n: int, p: float) -> float | None:
        """Return how likely no quorum of the coterie is alive if each node is down with probability p.

        None where that is not worked out: by default for more than 20 nodes.
        """
        return failure_probability(self.coterie(n), n, p) if n <= ENUMERABLE else None


def check_quorums(quorums: Quorums, n: int) -> None:
    """Raise ValueError unless there are n quorums of nodes 0..n-1 and every two of them intersect."""
    if len(quorums) != n:
        raise ValueError(f"{len(quorums)} quorums for {n} nodes")
    sets = [frozenset(quorum) for quorum in quorums]
    for node, quorum in enumerate(sets):
        if not quorum or not all(0 <= member < n for member in quorum):
            raise ValueError(f"the quorum of node {node} is {sorted(quorum)}, not one or more of the nodes 0..{n - 1}")
    for a, b in combinations(range(n), 2):
        if sets[a].isdisjoint(sets[b]):
            raise ValueError(f"the quorums of nodes {a} and {b} do not meet: {sorted(sets[a])} and {sorted(sets[b])}")
