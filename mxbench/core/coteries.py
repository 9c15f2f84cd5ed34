"""What a set of quorums is worth: whether one holds another, how the load spreads, how often none of them is alive.

Load and failure probability are those of Moni Naor and Avishai Wool, "The Load, Capacity, and Availability of Quorum
Systems", SIAM Journal on Computing 27(2), 1998, pages 423-447. All numbers are worked out, none is sampled.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import comb

ENUMERABLE = 20  # so many nodes have a million subsets, which a count over whole bit strings takes milliseconds for


def is_minimal(quorums: Iterable[Sequence[int]]) -> bool:
    """Return whether no quorum holds another one. Not needed for safety: the larger one only costs more."""
    sets = {frozenset(quorum) for quorum in quorums}
    return not any(a < b for a in sets for b in sets)


def least_overlap(quorums: Iterable[Sequence[int]]) -> int:
    """Return how many members any two of two or more quorums share at the least; the size of one that is alone."""
    families = [sum(1 << member for member in quorum) for quorum in quorums]
    return min((a & b).bit_count() for a, b in combinations_with_replacement(families, 2))


def load(quorums: Sequence[Sequence[int]]) -> Fraction:
    """Return in which part of the quorums the busiest node is: its load if each of them is used equally often."""
    return Fraction(max(Counter(member for quorum in quorums for member in quorum).values()), len(quorums))


def least_load(quorums: Iterable[Sequence[int]], n: int) -> Fraction:
    """Return the load of the busiest of n nodes if quorums are used as often as is best for it.

    Its inverse is the capacity: the most that quorums can be used while no node is used more than once. That is a
    linear program, solved here by the simplex method in fractions, with Bland's rule, under which it ends.
    """
    sets = sorted({frozenset(quorum) for quorum in quorums}, key=sorted)
    rows = [[Fraction(node in members) for members in sets] + [Fraction(1)] for node in range(n)]
    rows.append([Fraction(1)] * len(sets) + [Fraction(0)])  # what is to be maximised
    outside, inside = list(range(len(sets))), list(range(len(sets), len(sets) + n))
    while True:
        gaining = [column for column in range(len(sets)) if rows[-1][column] > 0]
        if not gaining:
            return -1 / rows[-1][-1]
        column = min(gaining, key=outside.__getitem__)
        limits = [(rows[row][-1] / rows[row][column], inside[row], row) for row in range(n) if rows[row][column] > 0]
        row = min(limits)[-1]
        _pivot(rows, row, column)
        inside[row], outside[column] = outside[column], inside[row]


def failure_probability(quorums: Iterable[Sequence[int]], n: int, p: float) -> float:
    """Return how likely it is that no quorum is alive if each of n nodes is down with probability p, on its own.

    The sets of nodes that hold a quorum are counted by their size, all 2 ** n of them. A family of sets is one long
    number with a bit for each set: the bit at s, itself read as bits, is for the set of nodes that s has.
    """
    containing = [_containing(node, n) for node in range(n)]
    alive = 0
    for quorum in {frozenset(quorum) for quorum in quorums}:
        holding = -1
        for member in quorum:
            holding &= containing[member]
        alive |= holding
    failing = (comb(n, size) - (alive & family).bit_count() for size, family in enumerate(_by_size(n)))
    return sum(count * (1 - p) ** size * p ** (n - size) for size, count in enumerate(failing))


def _containing(node: int, n: int) -> int:
    """Return the family of all sets that hold the node."""
    family, width = ((1 << (1 << node)) - 1) << (1 << node), 2 << node
    while width < 1 << n:
        family |= family << width
        width *= 2
    return family


def _by_size(n: int) -> list[int]:
    """Return the families of all sets of 0, 1, ... n nodes."""
    families = [1]  # of no nodes at all: the empty set
    for node in range(n):
        with_it = [family << (1 << node) for family in families]
        families = [without | with_ for without, with_ in zip([*families, 0], [0, *with_it], strict=True)]
    return families


def _pivot(rows: list[list[Fraction]], row: int, column: int) -> None:
    """Exchange the variables of a row and a column of a simplex tableau."""
    pivot = rows[row][column]
    rows[row][column] = Fraction(1)
    rows[row] = [value / pivot for value in rows[row]]
    for other, values in enumerate(rows):
        factor = values[column]
        if other != row and factor:
            values[column] = Fraction(0)
            rows[other] = [value - factor * ours for value, ours in zip(values, rows[row], strict=True)]
