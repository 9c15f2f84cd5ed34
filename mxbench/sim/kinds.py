"""The classes of messages at a place, and what is to be known of each: worked out once for all places of one role."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from mxbench.core.contract import ContractBreach
from mxbench.core.history import SENT
from mxbench.core.messages import Message, WorkloadMessage, message_types
from mxbench.sim.copies import copier

MOST_TYPES = 256


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


def kinds_of(algorithm: type, workload: type) -> Kinds:
    """Return the classes of messages of a place with these two plugins. One object for all: they are asked for with
    every message, and in a large world one for each place would not stay in the processor's cache."""
    return _kinds(message_types(algorithm, Message), message_types(workload, WorkloadMessage))


@lru_cache(maxsize=8)
def _kinds(own: tuple[type, ...], others: tuple[type, ...]) -> Kinds:
    types = (*own, *others)
    if len(types) > MOST_TYPES:
        raise ContractBreach(f"it has {len(types)} classes of messages; a history tells up to {MOST_TYPES} apart")
    return Kinds(
        types,
        len(own),
        {kind: Kind(index, SENT | index << 4, index << 4, copier(kind)) for index, kind in enumerate(types)},
    )
