"""Were more than k inside together, where k may be? By the width of the happened-before order of the entries.

The fencing number is of no use for that: with k > 1 it tells how many entries lie behind an entry in a row, but not
how many lie beside it.
"""

from mxbench.checkers.antichain import Chains
from mxbench.checkers.evidence import entry_line, judged, nodes_of, undecided
from mxbench.core.checker import Checker
from mxbench.core.happened_before import Vector, known
from mxbench.core.history import ENTERED, RELEASED, History, Section
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl


class Width(Checker):
    """Of every k + 1 entries one happened-before another: its exit before the other's entry.

    So at most k nodes can be inside together, in this run and in every other one of the same messages. k + 1 entries
    of which none happened before another could all be inside at once in some schedule, even if this run's clock kept
    them apart. Exact; it takes the messages.
    """

    name = "width"
    property = "at most k inside"

    def applies(self, history: History) -> bool:
        return history.plan.most_inside > 1

    def check(self, history: History) -> Finding:
        """Return 'violated' with k + 1 pairwise unordered entries, 'valid' if there are none.

        A run that failed is judged by the entries that it did not cut off: what comes later orders none of them. Where
        the history of a node is lost, an order that was made through that node is not seen, so nothing can be said.
        """
        doubt = undecided(history, self.property)
        if not history.complete:
            text = "which exits happened before an entry takes the messages; they were not recorded (history: sections)"
            return doubt or Finding(self.property, "not recorded", text)
        k, entries = history.plan.most_inside, _with_past(history)
        chains = Chains()
        put: dict[tuple[int, int], Section] = {}
        for past, entry in entries:
            chains.put(entry.node, past)
            put[entry.node, past[entry.node]] = entry
            if len(chains.firsts) > k:
                return self._violated(history, [put[element] for element in chains.unordered()])
        if doubt is not None:
            return doubt
        text = (
            f"no {k + 1} of the {len(entries)} entries could be inside together: of so many, one had always left "
            "before another entered"
        )
        return Finding(self.property, "valid", text)

    def _violated(self, history: History, together: list[Section]) -> Finding:
        text = (
            f"{nodes_of(together)} entered, and none had heard that another had left: some schedule has all "
            f"{len(together)} inside, where {history.plan.most_inside} may be"
        )
        return Finding(self.property, "violated", text, tuple(entry_line(history, entry) for entry in together))


def _with_past(history: History) -> list[tuple[Vector, Section]]:
    """Return each entry with how many exits of every node had happened before it; those before another one come first.

    What is before an entry has fewer exits before it than that entry has, so the sum of them is an order to go by.
    """
    past = known(history, RELEASED, at=ENTERED)
    left = {(entry.node, entry.id) for entry in judged(history)}
    of_node: dict[int, list[Section]] = {node: [] for node in past}
    for entry in sorted(history.entries, key=lambda entry: entry.id):
        of_node[entry.node].append(entry)
    found = [
        (vector, entry)
        for node, entries in of_node.items()
        for vector, entry in zip(past[node], entries, strict=True)
        if (node, entry.id) in left
    ]
    return sorted(found, key=lambda pair: (sum(pair[0]), pair[1].node))


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [Width]
