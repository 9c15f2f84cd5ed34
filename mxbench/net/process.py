"""One node process: greets its parent, joins the mesh, runs its node until it is told to finish.

Everything happens in one thread and one loop. A wake-up handles all that has come, then sends one batch a peer.
"""

import errno
import os
import resource
import socket
import sys
import time
import traceback
from pathlib import Path

import msgspec

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import RunPlan
from mxbench.core.trace import state_line
from mxbench.files import write_whole
from mxbench.loading import load_class
from mxbench.net.compiled import Link
from mxbench.net.control import (
    COMMANDS,
    Channel,
    Command,
    Connect,
    Cut,
    Describe,
    Description,
    EndTickets,
    Failed,
    Finish,
    Finished,
    GiveTicket,
    Listening,
    Meshed,
    Poll,
    Reply,
    Start,
    Status,
    TicketUsed,
)
from mxbench.net.driver import Driver
from mxbench.net.mesh import Mesh
from mxbench.net.poller import Poller
from mxbench.net.wire import CONTROL, Garbage, call
from mxbench.overrun import watched

HOST = "127.0.0.1"
CALL_SECONDS = 10.0
MAX_TEXT = 10_000  # characters of the cause of a failure


class NodeProcess:
    """The parts of one node process, and what it does when its parent speaks."""

    def __init__(self, plan: RunPlan, me: int, secret: bytes, parent: socket.socket) -> None:
        self.channel = Channel(parent, COMMANDS)
        self.poller = Poller()
        self.poller.register(self.channel.fileno(), self._on_control)
        self.started = self.failed = self.finished = False
        self._resting = True
        self._early: list[tuple[Link, socket.socket | None, bytes]] = []  # what peers sent before our own start
        try:
            self._set_up(plan, me, secret)
        except Exception:  # nothing to run: the parent hears why, in one place
            self._fail("harness", traceback.format_exc())
            self.finished = True

    def _set_up(self, plan: RunPlan, me: int, secret: bytes) -> None:
        self.driver = Driver(plan, me, load_class(plan.algorithm), load_class(plan.workload), self.poller)
        self.mesh = Mesh(me, len(plan.places), secret, HOST, self.poller, self.driver.message_type,
                         self._keep, self._fail, lambda: self._tell(Meshed()))  # fmt: skip
        self.driver.join(self.mesh.links)
        self.driver.ticket_wanted = lambda: self._tell(TicketUsed())
        self._tell(Listening(self.mesh.door.port))

    def run(self) -> None:
        """Work until the parent says to finish, or is gone."""
        while not self.finished:
            try:
                self.poller.step()
                if not self.finished:
                    self._end_wake_up()
            except PLUGIN_ERRORS as error:
                self._blame(error)

    def _keep(self, link: Link, data: bytes) -> None:
        self._early.append((link, link.connection, data))

    def _end_wake_up(self) -> None:
        driver = self.driver
        dirty = driver.pump.dirty
        if dirty:
            self.mesh.flush(*dirty)
            dirty.clear()
        node = driver.node
        if node.ready and self.started and not self.failed:
            self.poller.at(0, self._go_on)  # once it has been looked whether something has come
        resting = node.waiting is None and node.inside is None and not driver.timers.live()
        if resting and not self._resting and self.started:
            self._tell(self._status(0))
        self._resting = resting

    def _go_on(self) -> None:
        if not self.failed:  # by what has come
            self.driver.advance()

    # ---- the parent -----------------------------------------------------------------------------------------------

    def _on_control(self, events: int) -> None:
        try:
            commands = self.channel.receive()
        except Garbage:
            commands = None
        if commands is None:  # the parent is gone: nobody wants this process any more
            os._exit(0)
        for command in commands:
            try:
                self._obey(command)
            except PLUGIN_ERRORS as error:  # the commands behind it are still to be obeyed
                self._blame(error)

    def _obey(self, command: Command) -> None:
        match command:
            case Start() | GiveTicket() | EndTickets() if self.failed:
                pass
            case Connect(host, ports):
                self.mesh.connect({node: (host, port) for node, port in enumerate(ports)})
            case Start():
                self.started = True
                self.mesh.deliver = self.driver.receive
                self.poller.look_with(self.driver.wake)
                self.driver.start()
                for link, connection, data in self._early:
                    if connection is link.connection:  # else it broke, and the peer sends again what it had sent
                        self.mesh.deliver(link, data)
                self._early.clear()
                self._resting = False
            case Poll(serial):
                self._tell(self._status(serial))
            case GiveTicket():
                self.driver.node.grant_ticket()
                self.driver.advance()
                self._resting = False
            case EndTickets():
                self.driver.node.end_tickets()
            case Describe():
                self._tell(Description(state_line(self.driver.node.algorithm)))
            case Cut(peer):
                self.mesh.cut(peer)
            case Finish(file):
                self._finish(Path(file))

    def _tell(self, reply: Reply) -> None:
        try:
            self.channel.send(reply)
        except OSError:
            os._exit(0)

    def _status(self, serial: int) -> Status:
        driver, node, timers = self.driver, self.driver.node, self.driver.timers
        own = timers.live("algorithm")
        return Status(serial, node.waiting is not None, node.inside is not None, timers.live() - own, own,
                      sum(driver.pump.sent_by_type), sum(driver.pump.handled_by_type), *driver.workload_messages(),
                      driver.entries, driver.releases)  # fmt: skip

    def _finish(self, file: Path) -> None:
        self.finished = True
        self.poller.close()  # peers that have finished already are not to be called again
        if not self.failed:
            try:
                self.driver.node.check_state()
            except PLUGIN_ERRORS as error:
                self._blame(error)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        history = self.driver.history(time.process_time(), peak)
        try:
            write_whole(file, msgspec.msgpack.encode(history))
        except OSError as error:  # a full disk: the run can be made again when there is room
            self._tell(Finished(error.errno or errno.EIO))
        else:
            self._tell(Finished())

    # ---- failures -------------------------------------------------------------------------------------------------

    def _blame(self, error: BaseException) -> None:
        fault = self.driver.node.blame(error)
        if fault is not None:
            self._fail("contract", str(fault))
        else:
            self._fail("harness", "".join(traceback.format_exception(error)))

    def _fail(self, kind: str, text: str) -> None:
        """Tell the parent, and take no further step; the history so far is still wanted."""
        if not self.failed:
            self.failed = True
            if self.started:
                self.poller.look_with(None)
                self.mesh.deliver = lambda link, data: None
                self.driver.stop()
            self._tell(Failed(kind, text[:MAX_TEXT]))


def main(plan: RunPlan, me: int, secret: bytes, parent: tuple[str, int]) -> None:
    """Run one node process to its end."""
    assert me < CONTROL
    try:
        connection = call(parent, secret, me, CALL_SECONDS)
    except (OSError, Garbage):  # the parent is gone already, and whoever started us hears of it
        os._exit(1)
    process = NodeProcess(plan, me, secret, connection)
    with watched():
        process.run()
