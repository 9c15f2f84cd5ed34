"""The classes of messages at a place, and what is to be known of each: worked out once for all places of one role."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from mxbench.core.history import SENT
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.sim.copies import copier


class Kind(NamedTuple):
    """One class: its number, what is its own in the records of its sending and its delivery, what makes a copy."""

    number: int
    sent: int
    delivered: int
    fresh: Callable[[bytes], Any] | None


class Kinds(NamedTuple):
    """types: those of the algorithm first. of: each by its class."""

    types: tuple[type, ...]
    of_algorithm: int
    of: dict[type, Kind]


@lru_cache(maxsize=8)
def kinds_of(algorithm: type, workload: type) -> Kinds:
    """Return the classes of messages of a place with these two plugins. One object for all: they are asked for with
    every message, and in a large world one for each place would not stay in the processor's cache."""
    own = message_types(algorithm, Message)
    types = (*own, *message_types(workload, WorkloadMessage))
    return Kinds(
        types,
        len(own),
        {kind: Kind(index, SENT | index << 4, index << 4, copier(kind)) for index, kind in enumerate(types)},
    )
