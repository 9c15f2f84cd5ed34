"""What is on its way from one node, by receiver: numbered, and how it grows and shrinks.

A channel is a tuple of message numbers in the order of sending, or sorted where the network reorders. From a FIFO
channel the first is delivered, or lost: to lose a later one is the same as to lose it when it has become the first.
"""

from bisect import insort
from typing import NamedTuple

CHANNELS = 22  # bits for the number of what is on its way from one node
Send = tuple[int, int]  # to whom, and the number of the message
Contents = tuple[tuple[int, ...], ...]  # by receiver: the numbers of the messages on their way


class SpaceFull(Exception):
    """There are more different states of a node, or of what is on its way from it, than a field can number."""


class Taken(NamedTuple):
    """A message that can leave its channel now, and the number of what is on its way then."""

    to: int
    message: int
    left: int


class Channels:
    """The channels from one node to each place; `EMPTY` is the number of none with a message."""

    EMPTY = 0

    def __init__(self, places: int, fifo: bool) -> None:
        self._fifo = fifo
        nothing: Contents = ((),) * places
        self.contents = [nothing]
        self._numbers = {nothing: 0}

    def number(self, contents: Contents) -> int:
        """Return the number of these contents."""
        found = self._numbers.get(contents)
        if found is None:
            found = self._numbers[contents] = len(self.contents)
            if found >> CHANNELS:
                raise SpaceFull
            self.contents.append(contents)
        return found

    def with_sends(self, number: int, sends: tuple[Send, ...]) -> int:
        """Return the number after these messages were sent, in their order."""
        changed = [list(channel) for channel in self.contents[number]]
        for to, message in sends:
            if self._fifo:
                changed[to].append(message)
            else:
                insort(changed[to], message)
        return self.number(tuple(map(tuple, changed)))

    def deliverable(self, number: int) -> list[Taken]:
        """Return each message that can leave its channel now; equal ones of one channel are one."""
        contents = self.contents[number]
        found = []
        for to, channel in enumerate(contents):
            for message in channel[:1] if self._fifo else dict.fromkeys(channel):
                place = channel.index(message)
                rest = channel[1:] if place == 0 else channel[:place] + channel[place + 1 :]
                found.append(Taken(to, message, self.number((*contents[:to], rest, *contents[to + 1 :]))))
        return found

    def repeatable(self, number: int) -> list[Send]:
        """Return each message on its way, by receiver; equal ones of one channel are one."""
        return [(to, m) for to, channel in enumerate(self.contents[number]) for m in dict.fromkeys(channel)]
