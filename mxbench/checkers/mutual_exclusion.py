"""Were more inside together than may be? Two independent oracles, and the order that some algorithms promise on top.

`fencing` rests on the numbers that the envelope of every algorithm message makes exact (see core.node): no clock, and
an entry that this run's timing kept apart by luck is found as well. `overlap` rests on the clock alone, and knows
nothing of the numbers. An overlap implies a repeated number; the reverse does not hold. Where k may be inside together,
the numbers do not tell: then width.py looks at happened-before itself.
"""

import heapq
from collections import defaultdict
from itertools import groupby
from operator import itemgetter

from mxbench.checkers.evidence import entry_line, judged, nodes_of, two_entries, undecided
from mxbench.core.checker import Checker
from mxbench.core.distributions import ZERO
from mxbench.core.history import History, Section
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl


class Fencing(Checker):
    """Every entry has a number of its own, and the numbers are 1, 2, ..., E.

    With one critical section and no crash that is so if and only if each exit happens-before the next entry. Two
    entries of one number are causally unordered: some schedule has both nodes inside, even if this one had not.
    """

    name = "fencing"
    property = "mutual exclusion"

    def applies(self, history: History) -> bool:
        return history.plan.most_inside == 1

    def check(self, history: History) -> Finding:
        """Return 'violated' with the first two entries of one number, 'valid' if the numbers are 1..E, once each."""
        by_number: dict[int, list[Section]] = defaultdict(list)
        for entry in judged(history):
            by_number[entry.number].append(entry)
        repeated = [number for number, entries in by_number.items() if len(entries) > 1]
        if repeated:
            return self._violated(history, by_number, repeated)
        doubt = undecided(history, self.property)
        if doubt is not None:
            return doubt
        count = len(by_number)
        if not count:
            return Finding(self.property, "undecided", "a crash cut off every entry: there is none to judge")
        missing = next((number for number in range(1, count + 1) if number not in by_number), None)
        if missing is not None:
            text = f"no entry has the number {missing}, and there are {count}: the history has a hole"
            return Finding(self.property, "undecided", text)
        text = f"each exit happened before the next entry: the numbers 1 to {count} were used once each"
        return Finding(self.property, "valid", text)

    def _violated(self, history: History, by_number: dict[int, list[Section]], repeated: list[int]) -> Finding:
        first, second, *others = by_number[min(repeated)]
        named = f"nodes {first.node} and {second.node}" + (f" and {len(others)} more" if others else "")
        text = f"{named} entered with the same number, {first.number}: neither had heard that the other had left"
        if len(repeated) > 1:
            text += f"; {len(repeated)} of {len(by_number)} numbers were used more than once"
        return Finding(self.property, "violated", text, two_entries(history, first, second))


class Overlap(Checker):
    """No two stays in the critical section overlap on the clock, which all nodes of one machine share.

    Where k may be inside together, no k + 1 do. Without a dwell time stays share no time, whatever the algorithm does:
    then the numbers decide, or the width, and where that takes messages which nobody recorded this is undecided.
    """

    name = "overlap"
    property = "no overlap"

    def check(self, history: History) -> Finding:
        """Return 'violated' with the first stays, one too many, that share more than an instant."""
        stays = sorted(judged(history), key=lambda entry: (entry.entered or 0, _exit(entry)))
        k, found = history.plan.most_inside, []
        last: list[tuple[float, int, Section]] = []  # the k stays that end last, of those that began so far
        for order, stay in enumerate(stays):
            if len(last) == k and (stay.entered or 0) < last[0][0]:
                found.append([*(other for _, _, other in sorted(last)), stay])
            heapq.heappush(last, (_exit(stay), order, stay))
            if len(last) > k:
                heapq.heappop(last)
        if found:
            return self._violated(history, found)
        doubt = undecided(history, self.property)
        if doubt is not None:
            return doubt
        instants = history.plan.dwell == ZERO
        if instants and k > 1 and not history.complete:
            text = (
                "with dwell 0 the clock sees too little, and the width, which would decide, takes the messages: "
                "write history: full, or give the sections a dwell"
            )
            return Finding(self.property, "undecided", text)
        text = f"none of the {len(stays)} stays overlaps another on this run's clock"
        if k > 1:
            text = f"no {k + 1} of the {len(stays)} stays overlap on this run's clock"
        if instants:
            text += f"; with dwell 0 it sees little: {'the numbers decide' if k == 1 else 'the width decides'}"
        return Finding(self.property, "valid", text)

    def _violated(self, history: History, found: list[list[Section]]) -> Finding:
        together, k = found[0], history.plan.most_inside
        shared = min(map(_exit, together)) - (together[-1].entered or 0)
        how_long = "for ever" if shared == float("inf") else f"for {shared / 1e6:.3f} ms"
        text = f"{nodes_of(together)} were inside together {how_long}"
        if k > 1:
            text += f", where {k} may be"
        if len(found) > 1:
            others = "another node was" if k == 1 else f"{k} other nodes were"
            text += f"; {len(found)} stays began while {others} inside"
        lines = two_entries(history, *together) if k == 1 else (entry_line(history, entry) for entry in together)
        return Finding(self.property, "violated", text, tuple(lines))


class Order(Checker):
    """Entries come in the order of their requests' stamps, for algorithms that promise it by giving a stamp."""

    name = "order"
    property = "stamp order"

    def applies(self, history: History) -> bool:
        return any(entry.stamp is not None for entry in history.entries)

    def check(self, history: History) -> Finding:
        """Return 'violated' with the first entry whose stamp is not above those of all smaller numbers."""
        stamped = [(entry.number, entry.stamp, entry) for entry in judged(history) if entry.stamp is not None]
        greatest: tuple[int, tuple[int, int], Section] | None = None
        for _, entries in groupby(stamped, key=itemgetter(0)):
            group = list(entries)  # of one number: they have no order between them
            for number, stamp, entry in group:
                if greatest is not None and stamp <= greatest[1]:
                    text = (
                        f"node {entry.node} entered as number {number} with stamp {stamp}, "
                        f"after node {greatest[2].node} as number {greatest[0]} with the later stamp {greatest[1]}"
                    )
                    return Finding(self.property, "violated", text, two_entries(history, greatest[2], entry))
            greatest = max([*group, *([greatest] if greatest else [])], key=itemgetter(1))
        doubt = undecided(history, self.property)
        if doubt is not None:
            return doubt
        text = f"the stamps of {len(stamped)} entries rise with their numbers"
        return Finding(self.property, "valid", text)


def _exit(entry: Section) -> float:
    return float("inf") if entry.released is None else entry.released


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [Fencing, Overlap, Order]
