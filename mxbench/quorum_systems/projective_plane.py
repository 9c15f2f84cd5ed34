"""Quorums that are the lines of a projective plane, after Mamoru Maekawa, "A sqrt(N) Algorithm for Mutual Exclusion in
Decentralized Systems", ACM Transactions on Computer Systems 3(2), 1985, pages 145-159."""

from mxbench.core.quorums import Quorums, QuorumSystem
from mxbench.hookspecs import hookimpl


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


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [ProjectivePlane]
