"""What a property is to mxbench: a sentence about one moment of a whole system, that the checker can judge.

A run cannot judge it, as no real system has a moment at which all of it can be seen; a schedule of the checker or of
the simulator has one after each step.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple

from mxbench.core.algorithm import Algorithm
from mxbench.core.messages import Message

ALWAYS_JUDGED = ("mutual exclusion", "no deadlock", "every waiter can still enter", "contract")  # of every algorithm


class InFlight(NamedTuple):
    """A message on its way."""

    sender: int
    receiver: int
    message: Message


class Moment(NamedTuple):
    """A whole system between two steps. Look, and change nothing.

    nodes: each node's algorithm with its state, None for one that crashed; the algorithm's server is the last, if it
    has one. waiting, inside: the nodes that wait, and those that are inside. requests: how often each node asks in
    all; requests_left: how often it will still ask. in_flight: what is on its way, for each channel in the order of
    sending (in no order that means anything where the network reorders).
    """

    nodes: tuple[Algorithm | None, ...]
    waiting: tuple[int, ...]
    inside: tuple[int, ...]
    requests: tuple[int, ...]
    requests_left: tuple[int, ...]
    in_flight: tuple[InFlight, ...]


class Property(ABC):
    """A sentence about a moment. `always`: it holds in every moment that a schedule can reach; `sometimes`: in one."""

    name: ClassVar[str]
    kind: ClassVar[Literal["always", "sometimes"]] = "always"

    @abstractmethod
    def holds(self, moment: Moment) -> bool:
        """Return whether it holds in this moment."""
