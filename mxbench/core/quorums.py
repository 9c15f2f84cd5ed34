"""Quorum systems: for each node the nodes that it must ask. Any two quorums share a member; that alone is safety."""

from itertools import combinations

Quorums = tuple[tuple[int, ...], ...]


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


def check_quorums(quorums: Quorums, n: int) -> None:
    """Raise ValueError unless there are n quorums of nodes 0..n-1 and every two of them intersect."""
    if len(quorums) != n:
        raise ValueError(f"{len(quorums)} quorums for {n} nodes")
    sets = [frozenset(quorum) for quorum in quorums]
    for node, quorum in enumerate(sets):
        if not quorum or not all(0 <= member < n for member in quorum):
            raise ValueError(f"the quorum of node {node} is {sorted(quorum)}, not one or more of the nodes 0..{n - 1}")
    for a, b in combinations(range(n), 2):
        if not sets[a] & sets[b]:
            raise ValueError(f"the quorums of nodes {a} and {b} do not meet: {sorted(sets[a])} and {sorted(sets[b])}")


class Grid(QuorumSystem):
    """Rows of a square, the last one perhaps short: a node's own row and one node of every other row, any n.

    Size 2 * sqrt(n) - 1 for a square n. Two quorums meet as each holds a whole row and a node of every row.
    """

    name = "grid"

    def build(self, n: int) -> Quorums:
        """Return for each node its row and, of each other row, the node in its column (modulo a short row)."""
        columns = next(c for c in range(1, n + 1) if c * c >= n)
        rows = [range(start, min(start + columns, n)) for start in range(0, n, columns)]
        return tuple((*rows[node // columns], *(row[node % columns % len(row)] for row in rows)) for node in range(n))


class ProjectivePlane(QuorumSystem):
    """Lines of a finite projective plane: n = q * q + q + 1 nodes, quorums of q + 1, any two meet in one node.

    Each is a shift modulo n of a perfect difference set; the node itself is in its quorum.
    """

    name = "projective-plane"
    difference_sets = (
        (0,),
        (0, 1),
        (0, 1, 3),
        (0, 1, 3, 9),
        (0, 1, 4, 14, 16),
        (0, 1, 3, 8, 12, 18),
        (0, 1, 3, 13, 32, 36, 43, 52),
        (0, 1, 3, 7, 15, 31, 36, 54, 63),
        (0, 1, 3, 9, 27, 49, 56, 61, 77, 81),
    )

    def build(self, n: int) -> Quorums:
        """Return the shifts of the difference set of n; raise ValueError where no plane of that size is known here."""
        by_size = {max(len(d) * (len(d) - 1) + 1, 1): d for d in self.difference_sets}
        if n not in by_size:
            raise ValueError(f"there is no projective plane of {n} nodes; there is one for {_listed(sorted(by_size))}")
        return tuple(tuple((node + d) % n for d in by_size[n]) for node in range(n))


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"
