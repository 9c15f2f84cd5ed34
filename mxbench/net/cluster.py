"""The parent of a run: starts the nodes, lets them meet, polls them until all is over, has them store what they saw.

rest.py tells from the polls when a run is over or stuck. A node that dies, is stopped, keeps silent or breaks the
contract ends the run with its cause named.
"""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from mxbench.core.history import History, NodeHistory
from mxbench.core.plan import Ending, Progress, RunPlan
from mxbench.net.control import (
    Connect,
    Cut,
    Describe,
    Description,
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
from mxbench.net.door import Door
from mxbench.net.host import LocalHost
from mxbench.net.nodes import Nodes
from mxbench.net.poller import Poller
from mxbench.net.process import HOST
from mxbench.net.rest import RestDetector, busy, stalled, stuck_lines
from mxbench.net.tickets import TicketOffice
from mxbench.net.wire import CONTROL, Garbage

READY_SECONDS = 60.0  # for all nodes to have met
HEARTBEAT = 0.1  # seconds between polls while all goes its way
STOPPED_SECONDS = 1.0  # without an answer, after which a node is looked at
SILENT_SECONDS = 10.0  # without an answer, after which it is given up
FINISH_SECONDS = 30.0  # to store the histories
HOPELESS_FINISH_SECONDS = 2.0  # and after one with a node that does not answer


class Cluster:
    """One run over TCP. `run` does it all; `pids`, `ports` and `cut` are there to disturb it."""

    def __init__(self, plan: RunPlan, folder: Path, progress: Callable[[Progress], None] | None = None) -> None:
        self.plan, self.folder = plan, folder
        self.ports: dict[int, int] = {}
        self.ready_s = 0.0
        self._progress = progress or (lambda progress: None)
        self._places = plan.places  # nodes, then servers
        self._poller = Poller()
        self._secret = secrets.token_bytes(32)
        self._nodes = Nodes(self._poller, self._hear, self._gone, self._garbage)
        self._meshed: set[int] = set()
        self._finished: set[int] = set()
        self._statuses: dict[int, Status] = {}
        self._descriptions: dict[int, str] = {}
        self._ending: Ending | None = None
        self._finishing = False
        self._unstored = 0  # the system's number of why a node could not store its history
        self._serial = 0
        self._asked_at = 0.0  # when the last poll went out
        self._answers: dict[int, Status] = {}
        self._rest = RestDetector(plan.falls_quiet)
        self._office = TicketOffice(plan)
        self._moved_at = 0.0  # when a poll last told of another entry, release or request
        self._moves = (-1, -1)

    @property
    def pids(self) -> dict[int, int]:
        """The process of each node."""
        return self._host.pids

    def cut(self, node: int, peer: int) -> None:
        """Have a node break its connection to a peer, with what is on its way."""
        self._nodes.tell(node, Cut(peer))

    def run(self) -> History:
        """Do the whole run; no process of it is left when this returns or raises. May raise OSError for what a node
        cannot write."""
        started = time.monotonic()
        with ExitStack() as closing:
            closing.callback(self._poller.close)
            closing.callback(self._nodes.hang_up)
            door = Door(CONTROL, self._secret, HOST, self._poller, len(self._places),
                        lambda node: node in self._places and node not in self._nodes,
                        lambda node: 0, self._nodes.welcome)  # fmt: skip
            closing.callback(door.close)
            self._host = LocalHost()
            closing.callback(self._host.close)
            self._poller.register(self._host.fileno(), lambda events: self._on_host())
            self._host.start(self.plan, list(self._places), self._secret, (HOST, door.port))
            late = self._gather(READY_SECONDS, lambda: set(self._places) - self._meshed)
            self.ready_s = time.monotonic() - started
            if late:
                self._fail("startup", f"after {READY_SECONDS:.0f} s not all nodes have met; missing: {sorted(late)}")
            else:
                self._go()
            self._collect()
        if self._unstored:
            raise OSError(self._unstored, os.strerror(self._unstored), str(self.folder))
        wall_s = time.monotonic() - started
        stored = (file for file in sorted((self.folder / "nodes").glob("*.msgpack")) if file.is_file())
        nodes = [msgspec.msgpack.decode(file.read_bytes(), type=NodeHistory) for file in stored]
        ending = self._ending or Ending("failed", "harness", "the run ended without a reason")
        return History(self.plan, ending, nodes, wall_s)

    # ---- the phases -----------------------------------------------------------------------------------------------

    def _go(self) -> None:
        self._moved_at = time.monotonic()
        for node in self._places:
            self._nodes.tell(node, Start())
        for node, command in self._office.first():
            self._nodes.tell(node, command)
        began = time.monotonic()
        self._poll()
        while self._ending is None:
            self._wait_a_heartbeat()
            self._watch_silence()
            if self._answered() and self._ending is None:
                self._judge_poll()
                self._poll()
            limit = self.plan.time_limit
            if limit is not None and time.monotonic() - began > limit:
                self._fail("time-limit", f"the run reached its time limit of {limit:g} s")

    def _collect(self) -> None:
        """Have every node that still can store its history."""
        if self._ending is not None and self._ending.reason == "stuck":
            for node in self._places:
                self._nodes.tell(node, Describe())
            self._wait(HOPELESS_FINISH_SECONDS, lambda: len(self._descriptions) == len(self._places), even_ended=True)
            stuck = stuck_lines(self._statuses, self._descriptions)
            self._ending = msgspec.structs.replace(self._ending, stuck=stuck)
        self._finishing = True
        files = self.folder / "nodes"
        files.mkdir(parents=True, exist_ok=True)
        able = [node for node in self._nodes if not self._host.stopped(node)]
        for node in able:
            self._nodes.tell(node, Finish(str(files / f"{node}.msgpack")))
        hopeless = self._ending is not None and self._ending.failed in ("node-silent", "startup")
        patience = HOPELESS_FINISH_SECONDS if hopeless else FINISH_SECONDS
        self._gather(patience, lambda: set(able) & set(self._nodes) - self._finished, even_ended=True)
        missing = set(self._places) - self._finished
        if missing:
            self._fail("harness", f"no history came from nodes {sorted(missing)}")

    def _gather(self, seconds: float, missing: Callable[[], set[int]], even_ended: bool = False) -> set[int]:
        """Wait until no node is missing, and return those that are; a stopped one among them ends the wait."""
        up = time.monotonic() + seconds
        while missing() and (left := up - time.monotonic()) > 0 and (even_ended or self._ending is None):
            self._wait(min(left, STOPPED_SECONDS), lambda: not missing(), even_ended)
            if self._blame_stopped(missing()):
                break
        return missing()

    def _wait_a_heartbeat(self) -> None:
        began = time.monotonic()
        self._wait(HEARTBEAT, lambda: self._all_at_rest() and self._answered())
        paused = time.monotonic() - began - HEARTBEAT
        if paused > STOPPED_SECONDS:  # it was this process that was stopped, the nodes perhaps with it (Ctrl-Z)
            self._asked_at += paused
            self._moved_at += paused

    def _wait(self, seconds: float, done: Callable[[], bool], even_ended: bool = False) -> None:
        """Let events come until `done`, or the run has ended, or the time is up."""
        up = False

        def time_is_up() -> None:
            nonlocal up
            up = True

        timer = self._poller.later(seconds, time_is_up)
        while not (done() or up or (self._ending is not None and not even_ended)):
            self._poller.step()
        if not up:
            self._poller.cancel(timer)

    # ---- polls ----------------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        self._serial += 1
        self._asked_at = time.monotonic()
        self._answers = {}
        for node in self._places:
            self._nodes.tell(node, Poll(self._serial))

    def _answered(self) -> bool:
        return len(self._answers) == len(self._places)

    def _all_at_rest(self) -> bool:
        return len(self._statuses) == len(self._places) and self._rest.seems_over(self._statuses.values())

    def _judge_poll(self) -> None:
        """Look at a poll that every node has answered."""
        polled = tuple(msgspec.structs.replace(self._answers[node], serial=0) for node in self._places)
        self._tell_progress(polled)
        rest = self._rest.look(polled)
        if rest == "stuck":
            names = ", ".join(f"node {node}" for node, status in enumerate(polled) if busy(status))
            self._ending = Ending("stuck", text=f"nothing can happen any more, and {names} wait or are inside")
        elif rest == "quiet":
            self._next_turn_or_end()
        elif time.monotonic() - self._moved_at > self.plan.stall_limit:
            text = stalled(polled, self.plan.stall_limit)
            if text is not None:
                self._fail("stalled", text)

    def _next_turn_or_end(self) -> None:
        node = self._office.turn()
        if node is None:
            self._ending = Ending("quiet")
        else:
            self._statuses.pop(node, None)  # it is at rest no longer
            self._nodes.tell(node, GiveTicket())

    def _watch_silence(self) -> None:
        silence = time.monotonic() - self._asked_at
        if self._answered() or silence < STOPPED_SECONDS or self._ending is not None:
            return
        silent = set(self._places) - set(self._answers)
        if not self._blame_stopped(silent) and silence > SILENT_SECONDS:
            self._fail("node-silent", f"node {min(silent)} has not answered for {SILENT_SECONDS:.0f} s; "
                                      "a handler may be running without end")  # fmt: skip

    def _blame_stopped(self, nodes: set[int]) -> bool:
        """End the run if one of these nodes is stopped; return whether one is."""
        stopped = [node for node in sorted(nodes) if self._host.stopped(node)]
        if stopped:
            self._fail("node-stopped", f"node {stopped[0]} (process {self.pids[stopped[0]]}) is stopped by a signal")
        return bool(stopped)

    def _tell_progress(self, answers: tuple[Status, ...]) -> None:
        moves = sum(status.entries + status.releases for status in answers), sum(s.waiting for s in answers)
        now = time.monotonic()
        if moves != self._moves:
            self._moves, self._moved_at = moves, now
        self._progress(
            Progress(
                sum(status.entries for status in answers),
                sum(status.sent for status in answers),
                tuple(node for node, status in enumerate(answers) if status.inside),
                tuple(node for node, status in enumerate(answers) if status.waiting),
                now - self._moved_at,
            )
        )

    # ---- nodes ----------------------------------------------------------------------------------------------------

    def _hear(self, node: int, reply: Reply) -> None:
        match reply:
            case Listening(port):
                self.ports[node] = port
                if len(self.ports) == len(self._places):
                    for other in self._places:
                        self._nodes.tell(other, Connect(HOST, [self.ports[peer] for peer in self._places]))
            case Meshed():
                self._meshed.add(node)
            case Status(serial):
                self._statuses[node] = reply
                if serial == self._serial:
                    self._answers[node] = reply
            case TicketUsed():
                for to, command in self._office.used(node):
                    self._nodes.tell(to, command)
            case Description(text):
                self._descriptions[node] = text
            case Failed(kind, text):
                self._fail(kind, text)
            case Finished(error):
                self._finished.add(node)
                self._unstored = self._unstored or error

    def _gone(self, node: int) -> None:
        if node not in self._finished:
            pid = self.pids.get(node)
            fate = self._host.fate(node, seconds=2.0)
            self._fail("node-died", f"node {node} (process {pid}) {fate}")

    def _garbage(self, node: int, garbage: Garbage) -> None:
        self._fail("garbage", f"node {node} sent garbage to its parent: {garbage}")

    def _on_host(self) -> None:
        if not self._host.read():
            self._poller.unregister(self._host.fileno())
            self._fail("node-died", "the process that starts the nodes is gone")
        elif self._host.refused is not None:
            self._fail("startup", self._host.refused)
        for node, code in self._host.exits.items():
            if node not in self._nodes and node not in self._finished and code != 0:
                self._fail("node-died", f"node {node} {self._host.fate(node, 0.0)} before it could join")

    def _fail(self, kind: str, text: str) -> None:
        """End the run with a cause; the first one counts, but for a breach of the contract found at the very end."""
        if self._ending is None or (self._finishing and self._ending.reason == "quiet"):
            self._ending = Ending("failed", kind, text)
