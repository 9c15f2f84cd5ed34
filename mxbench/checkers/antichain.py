"""A greatest set of pairwise unordered elements of a partial order, exact, for orders that are a few chains abreast.

Theory of operation. By Dilworth's theorem an order has more than `width` pairwise unordered elements if and only if it
cannot be cut into `width` chains. Elements are taken one by one, each after all that precede it, and put behind the
last one of a chain. Where none of those precedes it, chains are cut and joined anew along an augmenting path, which a
search finds if there is one (a greatest matching between elements and their successors, grown by one element at a
time). Where there is none either, the element begins a chain. Once there are more chains than `width`, Koenig's
theorem reads the unordered elements off the search that starts from the first ones of all chains.

What precedes an element is given as a vector: of each node the first so many elements. So all that a search has seen
is a vector too, and it looks at no element twice.
"""

from collections.abc import Sequence

Element = tuple[int, int]  # (node, its place among the elements of that node)
Vector = Sequence[int]


class Chains:
    """A least number of chains that holds all elements that were put in so far."""

    def __init__(self) -> None:
        self.firsts: list[Element] = []
        self._lasts: list[Element] = []  # those that came in last stand last
        self._past: dict[Element, Vector] = {}
        self._next: dict[Element, Element] = {}  # in its chain
        self._previous: dict[Element, Element] = {}

    def put(self, node: int, past: Vector) -> None:
        """Take in the next element of a node; all that precede it have been put in.

        past: of each node, how many do. Those of its own node are all that were put in before.
        """
        element = (node, past[node])
        self._past[element] = past
        for place in range(len(self._lasts) - 1, -1, -1):
            last = self._lasts[place]
            if past[last[0]] > last[1]:
                self._join(last, element)
                del self._lasts[place]
                break
        else:
            if not self._rejoin(element):
                self.firsts.append(element)
        self._lasts.append(element)

    def unordered(self) -> list[Element]:
        """Return as many pairwise unordered elements as there are chains."""
        reached, seen, _, _ = self._search(self.firsts)
        return sorted((node, place) for node, place in reached if place >= seen[node])

    def _join(self, element: Element, following: Element) -> None:
        self._next[element], self._previous[following] = following, element

    def _rejoin(self, element: Element) -> bool:
        """Give an element a predecessor by taking others from theirs in turn; return whether that can be done."""
        _, _, wanted_by, free = self._search([element])
        if free is None:
            return False
        self._lasts.remove(free)
        giver: Element | None = free
        while giver is not None:
            taker = wanted_by[giver]
            released = self._previous.get(taker)
            self._join(giver, taker)
            giver = released
        return True

    def _search(
        self, start: list[Element]
    ) -> tuple[set[Element], list[int], dict[Element, Element], Element | None]:  # fmt: skip
        """Look for the last one of a chain that could go before a start, if those between were joined anew.

        Return the elements that want another predecessor, how many of each node were seen as predecessors, who wants
        each of these, and the last one that was found.
        """
        todo, wanted_by = list(start), {}
        reached = set(start)
        seen = [0] * len(self._past[start[0]])
        while todo:
            taker = todo.pop()
            for node, count in enumerate(self._past[taker]):
                for place in range(count - 1, seen[node] - 1, -1):
                    giver = (node, place)
                    wanted_by[giver] = taker
                    following = self._next.get(giver)
                    if following is None:
                        return reached, seen, wanted_by, giver
                    if following not in reached:
                        reached.add(following)
                        todo.append(following)
                seen[node] = max(seen[node], count)
        return reached, seen, wanted_by, None
