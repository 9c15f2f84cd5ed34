"""The parent of a run: starts the nodes, lets them meet, hands out tickets, and finds out when it is over.

The end is found as Mattern's four counters do: two successive polls in which nobody waits, is inside or has a live
timer, as many messages were handled as sent, and nothing has changed. If all of that holds but somebody waits, no
future event can help: the run is stuck. A node that dies, is stopped, keeps silent or breaks the contract ends the
run with its cause named.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import msgspec

from mxbench.core.history import History, NodeHistory
from mxbench.core.plan import Ending, Progress, RunPlan, turns
from mxbench.net.control import (
    REPLIES,
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
from mxbench.net.door import Door, Guest
from mxbench.net.host import LocalHost
from mxbench.net.poller import Poller
from mxbench.net.process import HOST
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
        self._channels: dict[int, Channel] = {}
        self._meshed: set[int] = set()
        self._finished: set[int] = set()
        self._statuses: dict[int, Status] = {}
        self._descriptions: dict[int, str] = {}
        self._ending: Ending | None = None
        self._finishing = False
        self._serial = 0
        self._asked_at = 0.0  # when the last poll went out
        self._answers: dict[int, Status] = {}
        self._before: tuple[Status, ...] | None = None  # the last poll, if it showed that all is at rest
        self._moved_at = 0.0  # when the number of entries and releases last changed
        self._moves = -1
        self._turns: deque[int] = deque()
        self._tickets_left = 0

    @property
    def pids(self) -> dict[int, int]:
        """The process of each node."""
        return self._host.pids

    def cut(self, node: int, peer: int) -> None:
        """Have a node break its connection to a peer, with what is on its way."""
        self._tell(node, Cut(peer))

    def run(self) -> History:
        """Do the whole run; no process of it is left when this returns or raises."""
        started = time.monotonic()
        with ExitStack() as closing:
            closing.callback(self._poller.close)
            closing.callback(self._hang_up)
            door = Door(CONTROL, self._secret, HOST, self._poller, len(self._places),
                        lambda node: node in self._places and node not in self._channels,
                        lambda node: 0, self._welcome)  # fmt: skip
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
        wall_s = time.monotonic() - started
        nodes = [self._stored(file) for file in sorted((self.folder / "nodes").glob("*.msgpack"))]
        ending = self._ending or Ending("failed", "harness", "the run ended without a reason")
        return History(self.plan, ending, nodes, wall_s)

    # ---- the phases -----------------------------------------------------------------------------------------------

    def _go(self) -> None:
        self._moved_at = time.monotonic()
        for node in self._places:
            self._tell(node, Start())
        self._first_tickets()
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
                self._tell(node, Describe())
            self._wait(HOPELESS_FINISH_SECONDS, lambda: len(self._descriptions) == len(self._places), even_ended=True)
            stuck = tuple(self._stuck_line(node) for node, status in sorted(self._statuses.items()) if _busy(status))
            self._ending = msgspec.structs.replace(self._ending, stuck=stuck)
        self._finishing = True
        files = self.folder / "nodes"
        files.mkdir(parents=True, exist_ok=True)
        able = [node for node in self._channels if not self._host.stopped(node)]
        for node in able:
            self._tell(node, Finish(str(files / f"{node}.msgpack")))
        hopeless = self._ending is not None and self._ending.failed in ("node-silent", "startup")
        patience = HOPELESS_FINISH_SECONDS if hopeless else FINISH_SECONDS
        self._gather(patience, lambda: set(able) & set(self._channels) - self._finished, even_ended=True)
        missing = set(self._places) - self._finished
        if missing:
            self._fail("harness", f"no history came from nodes {sorted(missing)}")

    def _hang_up(self) -> None:
        for node in list(self._channels):
            self._drop(node)

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
            self._tell(node, Poll(self._serial))

    def _answered(self) -> bool:
        return len(self._answers) == len(self._places)

    def _all_at_rest(self) -> bool:
        """Whether, as far as is known, nothing but messages is left to happen."""
        quiet_timers = not self._falls_quiet
        return all(
            status.timers == 0 and (quiet_timers or status.algorithm_timers == 0) and not _busy(status)
            for status in self._statuses.values()
        ) and len(self._statuses) == len(self._places)

    def _judge_poll(self) -> None:
        """Look at a poll that every node has answered."""
        answers = tuple(msgspec.structs.replace(self._answers[node], serial=0) for node in self._places)
        self._tell_progress(answers)
        timers = any(status.timers or (self._falls_quiet and status.algorithm_timers) for status in answers)
        balanced = self._on_their_way(answers) == 0
        busy = any(_busy(status) for status in answers)
        if timers or not balanced:
            self._before = None
        elif self._before is None or not self._same(self._before, answers):
            self._before = answers
        elif not busy:
            self._before = None
            self._next_turn_or_end()
        elif self._falls_quiet:
            names = ", ".join(f"node {node}" for node, status in enumerate(answers) if _busy(status))
            self._ending = Ending("stuck", text=f"nothing can happen any more, and {names} wait or are inside")
        self._watch_stall(answers)

    def _same(self, before: tuple[Status, ...], now: tuple[Status, ...]) -> bool:
        if self._falls_quiet:
            return before == now
        return [(status.entries, status.workload_sent) for status in before] == [
            (status.entries, status.workload_sent) for status in now
        ]

    def _on_their_way(self, answers: tuple[Status, ...]) -> int:
        """Return how many messages are to be waited for: of an algorithm that sends for ever only the workload's."""
        if self._falls_quiet:
            return sum(status.sent - status.handled for status in answers)
        return sum(status.workload_sent - status.workload_handled for status in answers)

    def _watch_stall(self, answers: tuple[Status, ...]) -> None:
        """Give up on a run in which messages flow but nobody enters, and no timer of the workload is to change that."""
        limit = self.plan.stall_limit
        if any(status.timers for status in answers) or time.monotonic() - self._moved_at <= limit:
            return
        waiting = [node for node, status in enumerate(answers) if status.waiting]
        inside = [node for node, status in enumerate(answers) if status.inside]
        if inside:
            text = f"nodes {inside} were inside for {limit:g} s"
        elif waiting:
            text = f"nobody entered for {limit:g} s while nodes {waiting} waited"
        else:
            text = f"nobody wanted to enter for {limit:g} s (an algorithm that sends for ever says falls_quiet = False)"
        self._fail("stalled", f"{text}; messages still flow")

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
        moves = sum(status.entries + status.releases for status in answers)
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

    # ---- tickets --------------------------------------------------------------------------------------------------

    def _first_tickets(self) -> None:
        draw = Random(f"{self.plan.seed}/turns")
        if self.plan.one_at_a_time:
            self._turns = deque(turns(self.plan, draw))
        elif self.plan.tickets is not None:
            self._tickets_left = self.plan.tickets
            able = [node for node in range(self.plan.nodes) if self.plan.arrivals[node].entries != 0]
            draw.shuffle(able)
            for node in able:
                self._give_or_end(node)

    def _give_or_end(self, node: int) -> None:
        if self._tickets_left:
            self._tickets_left -= 1
            self._tell(node, GiveTicket())
        else:
            self._tell(node, EndTickets())

    def _next_turn_or_end(self) -> None:
        if self._turns:
            self._statuses.pop(self._turns[0], None)  # it is at rest no longer
            self._tell(self._turns.popleft(), GiveTicket())
        else:
            self._ending = Ending("quiet")

    # ---- nodes ----------------------------------------------------------------------------------------------------

    @property
    def _falls_quiet(self) -> bool:
        return self.plan.falls_quiet

    def _tell(self, node: int, command: Command) -> None:
        channel = self._channels.get(node)
        if channel is not None:
            try:
                channel.send(command)
            except OSError:
                self._gone(node)

    def _welcome(self, guest: Guest) -> None:
        channel = Channel(guest.connection, REPLIES)
        self._channels[guest.peer] = channel
        self._poller.register(channel.fileno(), lambda events: self._on_node(guest.peer, channel))

    def _on_node(self, node: int, channel: Channel) -> None:
        try:
            replies = channel.receive()
        except Garbage as garbage:
            self._drop(node)
            self._fail("garbage", f"node {node} sent garbage to its parent: {garbage}")
            return
        if replies is None:
            self._gone(node)
            return
        for reply in replies:
            self._hear(node, reply)

    def _hear(self, node: int, reply: Reply) -> None:
        match reply:
            case Listening(port):
                self.ports[node] = port
                if len(self.ports) == len(self._places):
                    for other in self._places:
                        self._tell(other, Connect(HOST, [self.ports[peer] for peer in self._places]))
            case Meshed():
                self._meshed.add(node)
            case Status(serial):
                self._statuses[node] = reply
                if serial == self._serial:
                    self._answers[node] = reply
            case TicketUsed():
                if not self.plan.one_at_a_time:
                    self._give_or_end(node)
            case Description(text):
                self._descriptions[node] = text
            case Failed(kind, text):
                self._fail(kind, text)
            case Finished():
                self._finished.add(node)

    def _drop(self, node: int) -> None:
        channel = self._channels.pop(node, None)
        if channel is not None:
            self._poller.unregister(channel.fileno())
            channel.close()

    def _gone(self, node: int) -> None:
        self._drop(node)
        if node not in self._finished:
            pid = self.pids.get(node)
            fate = self._host.fate(node, seconds=2.0)
            self._fail("node-died", f"node {node} (process {pid}) {fate}")

    def _on_host(self) -> None:
        if not self._host.read():
            self._poller.unregister(self._host.fileno())
            self._fail("node-died", "the process that starts the nodes is gone")
        elif self._host.refused is not None:
            self._fail("startup", self._host.refused)
        for node, code in self._host.exits.items():
            if node not in self._channels and node not in self._finished and code != 0:
                self._fail("node-died", f"node {node} {self._host.fate(node, 0.0)} before it could join")

    def _fail(self, kind: str, text: str) -> None:
        """End the run with a cause; the first one counts, but for a breach of the contract found at the very end."""
        if self._ending is None or (self._finishing and self._ending.reason == "quiet"):
            self._ending = Ending("failed", kind, text)

    def _stuck_line(self, node: int) -> str:
        doing = "is inside" if self._statuses[node].inside else "waits"
        return f"node {node} {doing}; its state: {self._descriptions.get(node, 'not told')}"

    def _stored(self, file: Path) -> NodeHistory:
        return msgspec.msgpack.decode(file.read_bytes(), type=NodeHistory)


def _busy(status: Status) -> bool:
    return status.waiting or status.inside
