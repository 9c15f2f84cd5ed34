"""Trees on which an algorithm passes its messages, and the way from each node towards the first holder.

A tree is a tuple that has for each node its neighbour on the way to the root, and for the root itself. TOPOLOGIES are
those that an experiment can name; each is a function of n and of a random.Random, which only one of them asks.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxbench.core.plan import Draw

Tree = tuple[int, ...]


def star(n: int, draw: "Draw") -> Tree:
    """A tree in which node 0 is the centre and everybody's neighbour."""
    return (0,) * n


def line(n: int, draw: "Draw") -> Tree:
    """A path: 0, 1, ..., n - 1."""
    return tuple(max(node - 1, 0) for node in range(n))


def binary(n: int, draw: "Draw") -> Tree:
    """A balanced binary tree with root 0, whose levels are filled one after the other, from the left."""
    return tuple(max(node - 1, 0) // 2 for node in range(n))


def random(n: int, draw: "Draw") -> Tree:
    """A tree drawn from the seed: each tree on the nodes is as likely as every other.

    Joins each place to an earlier one, the one before it with all the probability of the later ones, and then deals
    out the labels (Aldous, "The Random Walk Construction of Uniform Spanning Trees", SIAM Journal on Discrete
    Mathematics 3(4), 1990, pages 450-465).
    """
    joined = [0] + [min(draw.randrange(n), place - 1) for place in range(1, n)]
    labels = list(range(n))
    draw.shuffle(labels)
    tree = [0] * n
    for place, other in enumerate(joined):
        tree[labels[place]] = labels[other]
    return tuple(tree)


TOPOLOGIES: dict[str, Callable[[int, "Draw"], Tree]] = {"star": star, "line": line, "binary": binary, "random": random}


def rooted_at(tree: Sequence[int], root: int) -> Tree:
    """Return the same tree with the pointers turned round on the way from its root to another one."""
    turned = list(tree)
    node, towards = root, root
    while turned[node] != node:
        turned[node], towards, node = towards, node, tree[node]
    turned[node] = towards
    return tuple(turned)


def distance(tree: Sequence[int], a: int, b: int) -> int:
    """Return how many edges lie between two nodes."""
    above: dict[int, int] = {a: 0}  # node on the way from `a` to the root -> edges to there
    while tree[a] != a:
        above[tree[a]] = above[a] + 1
        a = tree[a]
    edges = 0
    while b not in above:
        b, edges = tree[b], edges + 1
    return above[b] + edges
