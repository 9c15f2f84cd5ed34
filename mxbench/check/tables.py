"""What the compiled graph asks of a space: what a node's steps do, by its local state, and what is on its way from it.

The graph in Python looks a difference up by a whole field of a state, which costs it one look-up a step. In C look-ups
are cheap and questions to Python are not. So the two halves of a field, of which there are far fewer, are asked for
apart. An answer is a list of changes.
"""

from mxbench.check.channels import Send
from mxbench.check.loop import FIELD, LOCAL, LOCAL_MASK
from mxbench.check.reaction import ADVANCE, CRASHED, DELIVER, Act
from mxbench.check.space import FAULTS, Space

ASKED = 1 << 32  # in the head of a request, after which none may be left
# (head, difference of the field of the place that was asked for, of how many are inside, of the requests left);
# c/graph.c says what a head holds
Changes = list[tuple[int, int, int, int]]


class Tables:
    """The answers about one space."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._receipts: list[tuple[int, int, int]] = []  # by number: sender, receiver and message
        self._receipt_numbers: dict[tuple[int, int, int], int] = {}
        self._sends: list[tuple[int, tuple[Send, ...]]] = []  # by number: sender, and what it sends in one step
        self._sends_numbers: list[dict[tuple[Send, ...], int]] = [{(): 0} for _ in range(space.n)]  # from 1; 0: nothing
        self._faults = [kind for kind, limit in zip(FAULTS, space.limits, strict=True) if limit]

    def own(self, node: int, local: int) -> Changes:
        """Return the outcomes of what a node can do by itself."""
        known = self._space.reactions[node].locals[local]
        found: Changes = []
        asked: Changes = []  # these come last, as in loop.Steps
        for act in known.acts:
            asks = self._space.forgets and known.next == "request" and act[0] == ADVANCE
            (asked if asks else found).extend(self._outcomes(node, local, act, ASKED if asks else 0))
        return found + asked

    def received(self, number: int, local: int) -> Changes:
        """Return the outcomes of receiving a message."""
        sender, to, message = self._receipts[number]
        return [] if local == CRASHED else self._outcomes(to, local, (DELIVER, sender, message), 0)

    def _outcomes(self, node: int, local: int, act: Act, head: int) -> Changes:
        reactions = self._space.reactions[node]
        found: Changes = []
        for branch in reactions.to(local, act):
            if branch.fault is None:
                sends = branch.sends
                number = self._sends_numbers[node].get(sends)
                if number is None:
                    self._sends.append((node, sends))
                    number = self._sends_numbers[node][sends] = len(self._sends)
                found.append((head | number, *self._to(node, local, branch.local)))
        return found

    def _to(self, node: int, local: int, after: int) -> tuple[int, int, int]:
        """Return the differences that another local state makes."""
        if local == after:
            return 0, 0, 0
        locals = self._space.reactions[node].locals
        was, becomes = locals[local], locals[after]
        return after - local, becomes.inside - was.inside, becomes.requests - was.requests

    def sends(self, number: int, channels: int) -> Changes:
        """Return the difference that sending makes, after what is on its way already."""
        node, sends = self._sends[number]
        after = self._space.channels[node].with_sends(channels, sends)
        return [(0, (after - channels) << LOCAL, 0, 0)]

    def sent(self, node: int, channels: int) -> Changes:
        """Return of each message that can be delivered its receiver, the number of what receiving it does, and the
        difference that taking it out makes."""
        return [
            (to | self._receipt_number(node, to, message) << 32, (left - channels) << LOCAL, 0, 0)
            for to, message, left in self._space.channels[node].deliverable(channels)
        ]

    def _receipt_number(self, sender: int, to: int, message: int) -> int:
        key = (sender, to, message)
        found = self._receipt_numbers.get(key)
        if found is None:
            found = self._receipt_numbers[key] = len(self._receipts)
            self._receipts.append(key)
        return found

    def when_over(self, node: int, local: int) -> Changes:
        """Return the difference that it makes to a node that no request is left."""
        return [(0, *self._to(node, local, self._space.reactions[node].when_over(local)))]

    def befallen(self, number: int, field: int) -> Changes:
        """Return the differences of the faults of one kind that can befall a node or what is on its way from it,
        without the count of such faults."""
        space, (possible, node) = self._space, divmod(number, self._space.n)
        kind, local = self._faults[possible], field & LOCAL_MASK
        inside = -space.reactions[node].locals[local].inside if kind == "crash" else 0
        # What c/graph.c adds itself: the count of the faults, and the difference of how many are inside.
        apart = (1 << space.counters[FAULTS.index(kind)]) + (inside << space.top)
        found = space.fault_steps(kind, node, local, field >> LOCAL)
        return [(0, difference - apart >> node * FIELD, inside, 0) for _, difference in found]
