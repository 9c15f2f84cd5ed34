"""A process of its own in which an algorithm's handlers are watched: `python -m mxbench.conformance.watched`.

It is apart because an audit hook cannot be removed, and because two of them, with different PYTHONHASHSEEDs, tell what
follows the order of a set. It reads an Errand from standard input and answers with a Sighting; what the plugin prints
goes to standard error. So does, by faulthandler, where a handler is that does not return: whoever waits asks that by a
signal, which ends the process.
"""

import faulthandler
import os
import re
import signal
import sys
from random import Random

import msgspec

from mxbench.conformance.handlers import Watch
from mxbench.conformance.trail import Call
from mxbench.core.algorithm import Algorithm
from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import PluginRef
from mxbench.core.scenario import Setup
from mxbench.errors import PluginError
from mxbench.loading import load_class
from mxbench.own_time import PATIENCE
from mxbench.sim.explore import plan_of
from mxbench.sim.schedule import Schedule
from mxbench.sim.tracer import blamed, look_at

MAX_STEPS = 150  # of a schedule
MAX_CALLS = 4_000  # of which trails are kept
WHERE = getattr(signal, "SIGUSR1", None)  # asks where this process is, and ends it; no system but POSIX has it


class Errand(msgspec.Struct, frozen=True):
    """What to watch: a class, on what its schedules run, how many of each, and how long all may take.

    path: where this process looks for modules. close: the number of a call to keep the whole trail of.
    """

    algorithm: PluginRef
    path: list[str]
    setups: tuple[Setup, ...]
    schedules: int
    limit_s: float
    close: int | None = None


class Sighting(msgspec.Struct, frozen=True):
    """What was seen. found: (file, line, handler, what it does); faults: breaches of the contract, as sentences."""

    found: list[tuple[str, int, str, str]] = []
    faults: list[str] = []
    calls: list[Call] = []
    error: str | None = None
    cut_off: bool = False


def watch(errand: Errand) -> Sighting:
    """Load the class, drive it over some schedules, and return what was seen."""
    sys.path[:] = errand.path
    try:
        cls = load_class(errand.algorithm)
    except (PluginError, ImportError, AttributeError) as error:
        return Sighting(error=f"it cannot be loaded in another process: {error}")
    watching = Watch(cls, errand.close)
    sys.addaudithook(watching.reach.audit)
    faults: dict[str, None] = {}
    for setup in errand.setups:
        for number in range(errand.schedules):
            fault = _drive(cls, setup, Random(f"{setup.nodes}/{number}"))
            if fault is not None:
                faults[fault] = None
    return Sighting(list(watching.found), list(faults), watching.calls[:MAX_CALLS])


def _drive(cls: type[Algorithm], setup: Setup, draw: Random) -> str | None:
    """Take one random schedule to its end, whether it is right or not; return the fault that it ended with."""
    schedule = Schedule(plan_of(cls, setup), cls, setup.network.fifo, draw.randrange)
    steps = 0
    try:
        schedule.start()
        while schedule.enabled and steps < MAX_STEPS:
            steps += 1
            schedule.take(draw.choice(list(schedule.enabled)))
            look_at(schedule)
    except PLUGIN_ERRORS as error:
        # A step's number says little of a schedule that nobody sees.
        return re.sub(r", node \d+, step \d+\)$", ")", blamed(schedule, error, steps))
    return None


def main() -> None:
    """Answer the errand on standard input, on what was standard output."""
    channel = os.dup(1)
    os.dup2(2, 1)
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    faulthandler.dump_traceback_later(errand.limit_s * PATIENCE, exit=True)  # whether anybody waits or not
    if WHERE is not None:
        faulthandler.register(WHERE, all_threads=False, chain=True)
    sighting = watch(errand)
    faulthandler.cancel_dump_traceback_later()
    with os.fdopen(channel, "wb") as stream:
        stream.write(msgspec.json.encode(sighting))


if __name__ == "__main__":
    main()
