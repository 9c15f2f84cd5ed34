"""What a place stands in: `World` takes its events in order of time, `Schedule` as it is told to."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mxbench.core.network import Network
from mxbench.core.plan import RunPlan

if TYPE_CHECKING:
    from mxbench.sim.place import Place

Event = tuple[int, int, Any, int, Any, Any, Any, int]  # place.py says what is in it


class Endless(Exception):
    """A node entered and left again and again, without time going on, and would for ever."""


class Surroundings(Protocol):
    """What a place reads and changes outside itself."""

    plan: RunPlan
    network: Network
    heap: list[Event]
    next_serial: Callable[[], int]
    places: list["Place"]
    cut: set[tuple[int, int]]  # the links that a partition cuts now
    busy: int  # nodes that wait or are inside
    work: int  # events to come that are not the algorithm's
    entries: int
    most_stays: int  # of one node at one moment
    moved: int  # when somebody last asked, entered or left, or a fault came

    def choose(self, place: "Place", options: Sequence[Any]) -> Any:
        """Return one of the options."""

    def ticket_used(self, place: "Place") -> None:
        """Hear that a node would take another ticket."""
