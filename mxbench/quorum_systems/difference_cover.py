"""Quorums that are shifts of a difference cover, after Wai-Shing Luk and Tien-Tsin Wong, "Two New Quorum Based
Algorithms for Distributed Mutual Exclusion", ICDCS 1997, pages 100-106.

A difference cover of n is a set of numbers modulo n of which every number is a difference. Two shifts of it, by a and
by b, then always share a node: where a - b = y - x with x and y of the cover, a + x = b + y.
"""

from itertools import accumulate

from mxbench.core.quorums import Quorum, Quorums, QuorumSystem
from mxbench.hookspecs import hookimpl

SEARCHED = 37  # the greatest n for which a smallest cover is searched: some hundredths of a second


class DifferenceCover(QuorumSystem):
    """Shifts of a difference cover: any n, quorums of about 1.22 * sqrt(n) of one size, each node in as many.

    A smallest cover up to 37 nodes. Beyond, a sparse ruler: Charles J. Colbourn and Alan C. H. Ling, "Quorums from
    Difference Covers", Information Processing Letters 75, 2000, pages 9-12.
    """

    name = "difference-cover"

    def build(self, n: int) -> Quorums:
        """Return the shifts of the cover, that of a node beginning with the node itself."""
        cover = _smallest_cover(n) if n <= SEARCHED else _ruler(n // 2)
        return tuple(tuple((node + mark) % n for mark in cover) for node in range(n))


def _smallest_cover(n: int) -> Quorum:
    """Return a difference cover of n of the least size: the first in order, sizes tried from the least possible."""
    if n == 1:
        return (0,)
    size = 2
    while (cover := _extended((0, 1), _differences((0,), 1, n), size, n)) is None:  # 1 is a difference, so 0, 1 fit
        size += 1
    return cover


def _extended(cover: Quorum, covered: frozenset[int], size: int, n: int) -> Quorum | None:
    """Return the first difference cover of n that begins with `cover` and has `size` numbers; None if none does."""
    open_places = range(len(cover), size)
    if len(covered) == n - 1:
        return cover
    if n - 1 - len(covered) > sum(2 * place for place in open_places):
        return None  # each further number makes two differences with each one before it
    for number in range(cover[-1] + 1, n):
        found = _extended((*cover, number), covered | _differences(cover, number, n), size, n)
        if found is not None:
            return found
    return None


def _differences(cover: Quorum, number: int, n: int) -> frozenset[int]:
    """Return the differences that a number makes with those of a cover."""
    return frozenset(difference for mark in cover for difference in ((number - mark) % n, (mark - number) % n))


def _ruler(length: int) -> Quorum:
    """Return the marks of a ruler that measures every distance up to `length`: one of Wichmann's, with fewest marks.

    The distances up to n / 2 are enough for a cover of n, as n - d is a difference where d is one.
    """
    rulers = []
    for r in range(length):
        shortest = 4 * r * (r + 2) + 3
        s = max(0, -((shortest - length) // (4 * r + 3)))  # each of the longest steps makes it 4 * r + 3 longer
        steps = [1] * r + [r + 1] + [2 * r + 1] * r + [4 * r + 3] * s + [2 * r + 2] * (r + 1) + [1] * r
        rulers.append(tuple(accumulate(steps, initial=0)))
        if shortest >= length:
            break
    return min(rulers, key=len)


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [DifferenceCover]
