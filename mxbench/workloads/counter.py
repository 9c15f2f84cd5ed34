"""The workload `counter`: each critical section adds one to a shared register that a server keeps.

A node inside reads the register, dwells, writes the value back plus one, and leaves only when the register has
answered: a node that left earlier could let the next one read the old value, and a correct algorithm would lose an
update. The register counts its own versions. A write that was computed from an older version than the one it meets
has lost an update, whatever the algorithm believes; that is how this workload detects a violation, without looking at
a fencing number.

A network may lose and repeat these messages too. Each names the section that it belongs to (a node's numbers rise), so
a copy is told from the first and changes nothing. Where the answer to a write is lost, the update was made all the
same, and the node stays inside. So this assumes that each message arrives, and that no node stops: what reaches one
that crashed is lost.

With `fencing: on` the register also demands what a fenced resource would in practice: a number greater than that of
every write it has accepted. A write with a stale number is refused and recorded. Without it the register observes.
"""

from typing import Any, Literal

from mxbench.core.algorithm import Assumptions
from mxbench.core.distributions import ZERO
from mxbench.core.entry import Entry
from mxbench.core.messages import WorkloadMessage
from mxbench.core.workload import Options, Workload, WorkloadOut
from mxbench.hookspecs import hookimpl


class CounterOptions(Options, frozen=True, kw_only=True):
    """fencing: 'on' has the register refuse stale numbers, 'off' has it only observe."""

    fencing: Literal["on", "off"] = "off"


class Read(WorkloadMessage):
    """What is the value, for the section of that number?"""

    number: int


class Value(WorkloadMessage):
    """The value, the version of the register that has it, and the number of the section that asked."""

    value: int
    version: int
    number: int


class Write(WorkloadMessage):
    """Store this value, computed from that version, in the section of that number."""

    value: int
    version: int
    number: int


class Written(WorkloadMessage):
    """The value of the section of that number was stored, or refused because the number is stale."""

    accepted: bool
    number: int


class Register(Workload):
    """The server that keeps the register."""

    name = "register"

    value: int = 0
    writes: int = 0  # the register's version
    greatest: int = 0  # the greatest number of an accepted write
    answered: dict[int, int] = {}  # of each node the number of its last write; any other write of it is a copy

    def on_message(self, sender: int, message: Read | Write, out: WorkloadOut) -> None:
        match message:
            case Read(number):
                out.send(sender, Value(self.value, self.writes, number))
            case Write(value, version, number) if number > self.answered.get(sender, 0):
                self.answered[sender] = number
                out.send(sender, Written(self.accepts(sender, value, version, number, out), number))

    def accepts(self, sender: int, value: int, version: int, number: int, out: WorkloadOut) -> bool:
        """Store a value unless its number is stale and that matters here; record what happened."""
        if self.options.fencing == "on" and number <= self.greatest:
            out.record(("refused", sender, number, self.greatest))
            return False
        if version != self.writes:
            out.record(("lost", sender, number, version, self.writes))
        self.value = value
        self.writes += 1
        self.greatest = max(self.greatest, number)
        out.record(("written", sender, number, value, self.writes))
        return True


class Counter(Workload):
    """Adds one to a register that all nodes share; judged by the checker `register`."""

    name = "counter"
    option_type = CounterOptions
    server_type = Register
    needs_mutual_exclusion = True
    assumes = Assumptions(no_duplicates=False)  # a crash loses what arrives meanwhile

    entry: Entry | None = None
    read: Value | None = None

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        self.entry = entry
        out.send(self.parameters.guard, Read(entry.number))

    def on_message(self, sender: int, message: Value | Written, out: WorkloadOut) -> None:
        if self.entry is None or message.number != self.entry.number:
            return  # a copy, of a section that is over
        match message:
            case Value(number=number) if self.read is None or self.read.number != number:
                self.read = message
                if self.dwell == ZERO:
                    self.write(out)
                else:
                    out.set_timer("dwell", self.dwell)
            case Written():
                self.entry = None
                out.release()

    def on_timer(self, name: str, out: WorkloadOut) -> Any:
        self.write(out)

    def write(self, out: WorkloadOut) -> None:
        """Write back what was read, plus one."""
        assert self.entry is not None, "a write is made inside"
        assert self.read is not None, "and after a read"
        out.send(self.parameters.guard, Write(self.read.value + 1, self.read.version, self.entry.number))


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [Counter]
