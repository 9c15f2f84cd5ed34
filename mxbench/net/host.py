"""Where node processes run: this machine, through one spawner process. The seam at which other machines would join."""

import contextlib
import os
import select
import signal
import subprocess
import time

from mxbench.child import command, environment
from mxbench.core.plan import RunPlan
from mxbench.errors import MachineError
from mxbench.net.spawner import MAX_ORDER, REPORTS, Exited, Launch, Refused, Signal, Started
from mxbench.net.wire import Unframer, frame


class LocalHost:
    """Starts, signals and ends the node processes of one run."""

    def __init__(self) -> None:
        self.pids: dict[int, int] = {}
        self.exits: dict[int, int] = {}  # node -> exit code, negative for a signal
        self.refused: str | None = None
        self._unframer = Unframer(REPORTS)
        # A session of its own: Ctrl-C in a terminal is for the parent, which ends the nodes when it has kept all.
        try:
            self._spawner = subprocess.Popen(
                command("mxbench.net.spawner"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env=environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise MachineError(f"no process for the nodes could be started: {error}") from error
        os.set_blocking(self.fileno(), False)

    def fileno(self) -> int:
        """Return the descriptor on which reports come, for a poller."""
        assert self._spawner.stdout is not None
        return self._spawner.stdout.fileno()

    def start(self, plan: RunPlan, nodes: list[int], secret: bytes, address: tuple[str, int]) -> None:
        """Start a process for each of these nodes; each calls `address`."""
        self._order(Launch(plan, nodes, secret, *address))

    def signal(self, node: int, number: int) -> None:
        """Send a signal to a node's process."""
        self._order(Signal(node, number))

    def read(self) -> bool:
        """Take in the reports that have come; return False if the spawner is gone."""
        try:
            data = os.read(self.fileno(), 1 << 16)
        except BlockingIOError:  # `fate` took in what the poller still speaks of
            return True
        for report in self._unframer.feed(data):
            if isinstance(report, Started):
                self.pids[report.node] = report.pid
            elif isinstance(report, Exited):
                self.exits[report.node] = report.code
            elif isinstance(report, Refused):
                self.refused = report.text
        return bool(data)

    def fate(self, node: int, seconds: float) -> str:
        """Return in words how a node's process ended, waiting at most that long to hear of it."""
        deadline = time.monotonic() + seconds
        while node not in self.exits and (left := deadline - time.monotonic()) > 0:
            if not select.select([self], [], [], left)[0] or not self.read():
                break
        code = self.exits.get(node)
        if code is None:
            return "broke off its control connection"
        if code < 0:
            return f"was killed by {_signal_name(-code)}"
        return f"exited with status {code}"

    def stopped(self, node: int) -> bool:
        """Return whether a node's process is stopped by a signal (as far as this system tells)."""
        try:
            with open(f"/proc/{self.pids[node]}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] in "Tt"
        except (OSError, KeyError, IndexError):
            return False

    def close(self) -> None:
        """End every process of this run, however it is, and wait for that."""
        spawner = self._spawner
        assert spawner.stdin is not None
        assert spawner.stdout is not None
        with contextlib.suppress(OSError):
            spawner.stdin.close()
        try:
            spawner.wait(10)
        except subprocess.TimeoutExpired:
            spawner.kill()
            spawner.wait()
        spawner.stdout.close()

    def _order(self, order: Launch | Signal) -> None:
        assert self._spawner.stdin is not None
        data = frame(order, MAX_ORDER)
        try:
            while data:
                data = data[self._spawner.stdin.write(data) or 0 :]
        except OSError as error:
            raise MachineError(f"the process that starts the nodes is gone: {error}") from error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
