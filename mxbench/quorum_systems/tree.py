"""Tree quorums, after Divyakant Agrawal and Amr El Abbadi, "An Efficient and Fault-Tolerant Solution for Distributed
Mutual Exclusion", ACM Transactions on Computer Systems 9(1), 1991, pages 1-20."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from mxbench.core.quorums import Quorum, Quorums, QuorumSystem
from mxbench.hookspecs import hookimpl


class Tree(QuorumSystem):
    """A path from the root of a binary tree to a leaf, through the node: log2(n + 1) nodes of a full tree; any n.

    A node that is down is replaced by a path below each of its children. The tree is filled level by level, node 0 its
    root and 2 * i + 1, 2 * i + 2 the children of node i. The paper has full trees, n = 2^h - 1, but its proof is for
    any: of two quorums of a tree either both hold the root, or one holds a quorum below every child, and so one below
    the child that the other chose.
    """

    name = "tree"

    def build(self, n: int) -> Quorums:
        """Return for each node the path from the root to it, and on to the leaf before it in order."""
        return tuple((*_above(node), node, *_below(node, n)) for node in range(n))

    def coterie(self, n: int) -> Iterator[Quorum]:
        """Return every path, and every replacement of one whatever nodes are down."""
        return _quorums_below(0, n)

    def least_load(self, n: int) -> Fraction:
        """Return 2 / (h + 1) for a full tree of height h; of any tree the solution of a = l * x = r * y below.

        Let the root be used in a part a of the times, and quorums below its children in l and r. As each quorum has two
        of the three, a + l + r = 2. With x and y the least loads below the children, it is best if all are as busy.
        """
        loads = [Fraction(1)] * n
        for node in reversed(range(n)):
            below = [loads[child] for child in _children(node, n)]
            if len(below) == 1:
                loads[node] = below[0]
            elif below:
                loads[node] = 2 / (1 + 1 / below[0] + 1 / below[1])
        return loads[0]

    def failure_probability(self, n: int, p: float) -> float:
        """Return how likely there is no quorum: the root down and no quorum below a child, or none below any child."""
        fails = [0.0] * n
        for node in reversed(range(n)):
            below = [fails[child] for child in _children(node, n)]
            if not below:
                fails[node] = p
            elif len(below) == 1:  # the path below the only child is needed with and without this node
                fails[node] = below[0]
            else:
                left, right = below
                fails[node] = (1 - p) * left * right + p * (left + right - left * right)
        return fails[0]


def _children(node: int, n: int) -> range:
    return range(2 * node + 1, min(2 * node + 3, n))


def _above(node: int) -> Quorum:
    """Return the nodes from the root to before this one."""
    return (*_above((node - 1) // 2), (node - 1) // 2) if node else ()


def _below(node: int, n: int) -> Quorum:
    """Return the nodes from below this one to the leaf before it in order: to the left once, then to the right.

    In a full tree each leaf but one comes before one inner node: no path is that of more than two nodes.
    """
    path: Quorum = ()
    children = _children(node, n)[:1]
    while children:
        node = children[-1]
        path = (*path, node)
        children = _children(node, n)
    return path


def _quorums_below(node: int, n: int) -> Iterator[Quorum]:
    """Return the quorums of the tree that has this node as its root."""
    children = _children(node, n)
    if not children:
        yield (node,)
        return
    for child in children:
        for quorum in _quorums_below(child, n):
            yield (node, *quorum)
    for parts in product(*(list(_quorums_below(child, n)) for child in children)):
        yield tuple(member for part in parts for member in part)


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [Tree]
