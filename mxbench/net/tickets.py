"""Who may enter next, where the engine decides: a total of entries, or one node at a time."""

from collections import deque
from random import Random

from mxbench.core.plan import RunPlan, turns
from mxbench.net.control import Command, EndTickets, GiveTicket


class TicketOffice:
    """Hands out the tickets of a run. Every method returns what to tell which node."""

    def __init__(self, plan: RunPlan) -> None:
        self._draw = Random(f"{plan.seed}/turns")
        self._turns = deque(turns(plan, self._draw) if plan.one_at_a_time else ())
        self._left = 0 if plan.one_at_a_time else plan.tickets or 0
        self._shared = plan.tickets is not None and not plan.one_at_a_time
        self._able = [node for node, arrivals in enumerate(plan.arrivals) if arrivals.entries != 0]

    def first(self) -> list[tuple[int, Command]]:
        """Return the first ticket of each node, where a total is shared; who gets none hears that there is none."""
        if not self._shared:
            return []
        self._draw.shuffle(self._able)
        return [(node, self._next()) for node in self._able]

    def used(self, node: int) -> list[tuple[int, Command]]:
        """Return what a node gets that has used its ticket and would take another."""
        return [(node, self._next())] if self._shared else []

    def turn(self) -> int | None:
        """Return the node whose turn it is now that all is quiet; None if there is no turn left."""
        return self._turns.popleft() if self._turns else None

    def _next(self) -> Command:
        if not self._left:
            return EndTickets()
        self._left -= 1
        return GiveTicket()
