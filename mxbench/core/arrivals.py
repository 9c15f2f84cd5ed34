"""When a node asks for the critical section: a closed loop, an open one, or only when it is given a ticket.

One module for all workloads. It is as pure as they are: it records requests and timers on `out`, nothing else.
"""

import msgspec

from mxbench.core.distributions import ZERO, Constant, Distribution, Exponential
from mxbench.core.workload import WorkloadOut


class ArrivalPlan(msgspec.Struct, frozen=True):
    """How the requests of one node arrive.

    entries: this node's requests; None for as many as tickets or the duration allow.
    think: time from a release to the next request (closed loop), also before the first.
    rate: requests a second (open loop, Poisson); the wait of each counts from the time it was meant to arrive.
    duration: seconds after which no further request arrives.
    ticketed: each request needs a ticket that the engine hands out (a total of entries, or one node at a time).
    """

    entries: int | None = None
    think: Distribution = ZERO
    rate: float | None = None
    duration: float | None = None
    ticketed: bool = False


class Arrivals(msgspec.Struct):
    """The requests of one node, one after the other."""

    plan: ArrivalPlan
    issued: int = 0
    ended: bool = False

    def on_start(self, out: WorkloadOut) -> None:
        """Let the first request come."""
        if self.plan.duration is not None:
            out.set_timer("end", Constant(self.plan.duration))
        self._next(out)

    def on_timer(self, name: str, out: WorkloadOut) -> None:
        """Issue the request whose time has come, or end the arrivals."""
        if name == "end":
            self.end(out)
        else:
            self._issue(out)
            if self.plan.rate is not None:
                self._next(out)

    def on_released(self, out: WorkloadOut) -> None:
        """Let the next request of a closed loop come."""
        if self.plan.rate is None:
            self._next(out)

    def end(self, out: WorkloadOut) -> None:
        """Issue no further request: the time is up, or the tickets are."""
        self.ended = True
        out.cancel_timer("arrival")
        out.cancel_timer("end")

    def _next(self, out: WorkloadOut) -> None:
        if self.ended or self.issued == self.plan.entries:
            out.cancel_timer("end")
        elif self.plan.rate is not None:
            # Counted from the time the last one was due, not from now: a late timer must not thin out the load.
            out.set_timer("arrival", Exponential(1.0 / self.plan.rate), steady=True)
        elif self.plan.think == ZERO:
            self._issue(out)
        else:
            out.set_timer("arrival", self.plan.think)

    def _issue(self, out: WorkloadOut) -> None:
        self.issued += 1
        out.request()
