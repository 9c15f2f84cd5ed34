"""The process that forks node processes: started once a run, it imports what a node needs and then forks.

multiprocessing's forkserver would do nearly the same, but it imports the parent's main module (and with it the
command line) into every child, and its children outlive a parent that is killed. Here:

* the spawner reads its parent's pipe; when that closes, it kills every node and exits;
* on Linux the spawner asks the kernel to be killed when its parent dies (the pipe is not read while a plugin's module
  is being imported), and every node when the spawner does;
* what a plugin forked, and left behind, is killed in the end.

On standard input: a Launch, then Signal messages. On standard output: Started and Exited messages, or Refused. What a
plugin prints, while it is imported too, goes to standard error; what it reads is empty.
"""

import contextlib
import ctypes
import gc
import os
import select
import signal
import sys
from functools import cache

import msgspec

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import RunPlan
from mxbench.loading import load_class
from mxbench.net import process
from mxbench.net.wire import Unframer, frame

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
GENERATIONS = 100  # of processes that a plugin forked
GC_THRESHOLD = 50_000  # a history grows by tracked tuples; with 700, each collection would look at them for nothing


class Launch(msgspec.Struct, tag=True, array_like=True):
    """Fork one process for each of these nodes, which then call the parent."""

    plan: RunPlan
    nodes: list[int]
    secret: bytes
    host: str
    port: int


class Signal(msgspec.Struct, tag=True, array_like=True):
    """Send a signal to a node."""

    node: int
    number: int


class Started(msgspec.Struct, tag=True, array_like=True):
    """A node's process runs."""

    node: int
    pid: int


class Exited(msgspec.Struct, tag=True, array_like=True):
    """A node's process has ended; code is negative for a signal."""

    node: int
    code: int


class Refused(msgspec.Struct, tag=True, array_like=True):
    """A plugin does not load, or the machine would not fork."""

    text: str


ORDERS = Launch | Signal
MAX_ORDER = 0xFFFFFFFF  # bytes: a plan holds all that a workload is to do, and comes from nobody but the parent
REPORTS = Started | Exited | Refused


def main() -> None:
    """Serve one parent until its pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    _die_with_parent()
    orders, reports = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    children: dict[int, int] = {}  # pid -> node
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, where: None)
    _adopt_orphans()
    with contextlib.suppress(BrokenPipeError):  # the parent is gone, and nobody wants a report
        _serve(orders, reports, wake_read, children)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)
    _end_orphans()


def _serve(orders: int, reports: int, wake: int, children: dict[int, int]) -> None:
    """Carry out orders until there are no more."""
    unframer = Unframer(ORDERS, MAX_ORDER)
    while True:
        readable, _, _ = select.select([orders, wake], [], [])
        if wake in readable:
            os.read(wake, 4096)
            for pid, code in _reap(children):
                _report(reports, Exited(children.pop(pid), code))
        if orders in readable:
            data = os.read(orders, 1 << 20)
            if not data:
                return
            for order in unframer.feed(data):
                if isinstance(order, Launch):
                    _launch(order, children, reports)
                else:
                    for pid in [pid for pid, node in children.items() if node == order.node]:
                        os.kill(pid, order.number)


def _launch(order: Launch, children: dict[int, int], reports: int) -> None:
    try:
        load_class(order.plan.algorithm)
        load_class(order.plan.workload)
        gc.collect()
        gc.freeze()  # what is loaded is shared with the children, and never collected
        gc.set_threshold(GC_THRESHOLD)
        sys.stdout.flush()  # or each child would print it again
        spawner = os.getpid()
        for node in order.nodes:
            pid = os.fork()
            if pid == 0:
                os.close(reports)
                _be_node(order, node, spawner)
            children[pid] = node
            _report(reports, Started(node, pid))
    except PLUGIN_ERRORS as error:
        _report(reports, Refused(f"{type(error).__name__}: {error}"))


def _be_node(order: Launch, node: int, spawner: int) -> None:
    """Become a node process; never return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _die_with_parent()
        if os.getppid() == spawner:  # else it died before we could ask
            process.main(order.plan, node, order.secret, (order.host, order.port))
            code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(code)


def _die_with_parent() -> None:
    _ask_the_kernel(PR_SET_PDEATHSIG, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Become the parent of every process whose own one among our descendants ends."""
    _ask_the_kernel(PR_SET_CHILD_SUBREAPER, 1)


def _end_orphans() -> None:
    """Kill the children that are left, then theirs, where the kernel tells who they are."""
    with contextlib.suppress(OSError):
        for _ in range(GENERATIONS):
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                orphans = [int(pid) for pid in file.read().split()]
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
            for pid in orphans:
                os.waitpid(pid, 0)
            if not orphans:
                return


def _ask_the_kernel(what: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            _libc().prctl(what, value)


@cache  # loaded once, before the first fork
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reap(children: dict[int, int]) -> list[tuple[int, int]]:
    ended = []
    for pid in children:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            ended.append((pid, os.waitstatus_to_exitcode(status)))
    return ended


def _report(descriptor: int, report: Started | Exited | Refused) -> None:
    data = frame(report)
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
