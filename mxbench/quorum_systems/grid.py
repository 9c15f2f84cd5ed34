"""Quorums in a grid, after Mamoru Maekawa, "A sqrt(N) Algorithm for Mutual Exclusion in Decentralized Systems", ACM
Transactions on Computer Systems 3(2), 1985, pages 145-159."""

from mxbench.core.quorums import Quorums, QuorumSystem
from mxbench.hookspecs import hookimpl


class Grid(QuorumSystem):
    """Rows of a square, the last one perhaps short: a node's own row and one node of every other row, any n.

    Size 2 * sqrt(n) - 1 for a square n. Two quorums meet as each holds a whole row and a node of every row. Where the
    last row is a single node, its quorum is a column, which the quorums of that column's other nodes hold.
    """

    name = "grid"

    def build(self, n: int) -> Quorums:
        """Return for each node its row and, of each other row, the node in its column (modulo a short row)."""
        columns = next(c for c in range(1, n + 1) if c * c >= n)
        rows = [range(start, min(start + columns, n)) for start in range(0, n, columns)]
        return tuple((*rows[node // columns], *(row[node % columns % len(row)] for row in rows)) for node in range(n))


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [Grid]
