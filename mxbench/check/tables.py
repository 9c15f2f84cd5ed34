"""What the compiled graph asks of a space: what a node's steps do, by its local state, and what is on its way from it.

The graph in Python looks a difference up by a whole field of a state, which costs it one look-up a step. In C look-ups
are cheap and questions to Python are not. So the two halves of a field, of which there are far fewer, are asked for
apart. An answer is a list of pairs, a head and the bytes of a difference; `_graph.c` says what a head holds.
"""

from mxbench.check.channels import Send
from mxbench.check.loop import LOCAL, LOCAL_MASK
from mxbench.check.reaction import ADVANCE, CRASHED, DELIVER, Act
from mxbench.check.space import FAULTS, Space

ASKED = 1 << 32  # in the head of a request, after which none may be left
Pairs = list[tuple[int, bytes]]


class Tables:
    """The answers about one space. size: the bytes of a difference."""

    def __init__(self, space: Space, size: int) -> None:
        self._space, self._size = space, size
        self._receipts: list[tuple[int, int, int]] = []  # by number: sender, receiver and message
        self._receipt_numbers: dict[tuple[int, int, int], int] = {}
        self._sends: list[tuple[int, tuple[Send, ...]]] = []  # by number: sender, and what it sends in one step
        self._sends_numbers: dict[tuple[int, tuple[Send, ...]], int] = {}
        self._faults = [kind for kind, limit in zip(FAULTS, space.limits, strict=True) if limit]

    def own(self, node: int, local: int) -> Pairs:
        """Return the outcomes of what a node can do by itself."""
        known = self._space.reactions[node].locals[local]
        found: Pairs = []
        asked: Pairs = []  # these come last, as in loop.Steps
        for act in known.acts:
            asks = self._space.forgets and known.next == "request" and act[0] == ADVANCE
            (asked if asks else found).extend(self._outcomes(node, local, act, ASKED if asks else 0))
        return found + asked

    def received(self, number: int, local: int) -> Pairs:
        """Return the outcomes of receiving a message."""
        sender, to, message = self._receipts[number]
        return [] if local == CRASHED else self._outcomes(to, local, (DELIVER, sender, message), 0)

    def _outcomes(self, node: int, local: int, act: Act, head: int) -> Pairs:
        space = self._space
        return [
            (head | self._sends_number(node, branch.sends), self._packed(space.step_difference(node, local, branch)))
            for branch in space.reactions[node].to(local, act)
            if branch.fault is None
        ]

    def _sends_number(self, node: int, sends: tuple[Send, ...]) -> int:
        """Return the number of what is sent, from 1; 0 for nothing."""
        if not sends:
            return 0
        key = (node, sends)
        found = self._sends_numbers.get(key)
        if found is None:
            self._sends.append(key)
            found = self._sends_numbers[key] = len(self._sends)
        return found

    def sends(self, number: int, channels: int) -> Pairs:
        """Return the difference that sending makes, after what is on its way already."""
        node, sends = self._sends[number]
        space = self._space
        after = space.channels[node].with_sends(channels, sends)
        return [(0, self._packed(space.channels_difference(node, channels, after)))]

    def sent(self, node: int, channels: int) -> Pairs:
        """Return of each message that can be delivered its receiver, the number of what receiving it does, and the
        difference that taking it out makes."""
        space = self._space
        return [
            (
                to | self._receipt_number(node, to, message) << 32,
                self._packed(space.channels_difference(node, channels, left)),
            )
            for to, message, left in space.channels[node].deliverable(channels)
        ]

    def _receipt_number(self, sender: int, to: int, message: int) -> int:
        key = (sender, to, message)
        found = self._receipt_numbers.get(key)
        if found is None:
            found = self._receipt_numbers[key] = len(self._receipts)
            self._receipts.append(key)
        return found

    def when_over(self, node: int, local: int) -> Pairs:
        """Return the difference that it makes to a node that no request is left."""
        return [(0, self._packed(self._space.difference_when_over(node, local)))]

    def befallen(self, number: int, field: int) -> Pairs:
        """Return the differences of the faults of one kind that can befall a node or what is on its way from it."""
        kind, node = divmod(number, self._space.n)
        found = self._space.fault_steps(self._faults[kind], node, field & LOCAL_MASK, field >> LOCAL)
        return [(0, self._packed(difference)) for _, difference in found]

    def _packed(self, difference: int) -> bytes:
        return difference.to_bytes(self._size, "little", signed=True)
