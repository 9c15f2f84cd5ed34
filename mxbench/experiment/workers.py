"""Processes of this machine that carry out runs beside each other.

A worker is `python -m mxbench.experiment.workers`, and not a process of multiprocessing's, which would import the main
module of whoever calls `mxbench.run` once more. It is sent jobs on standard input, a length and MessagePack each, and
answers each with what is to be said of it, nothing if all went well; the run is in its folder then. It ends when
its standard input does, in the middle of a run too: nobody is left who would give that run its name.
"""

import os
import signal
import struct
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any

import msgspec

from mxbench import errors
from mxbench.child import command, environment
from mxbench.errors import MachineError, MxbenchError
from mxbench.experiment.folder import InvocationFolder, reason
from mxbench.experiment.job import Job, do
from mxbench.experiment.results import load_row
from mxbench.registry import Registry

_LENGTH = struct.Struct(">I")


class Order(msgspec.Struct, array_like=True):
    """Carry out a job and write it into a folder; plugins of one file are given with each."""

    job: Job
    folder: str
    files: tuple[str, ...]


class Answer(msgspec.Struct, array_like=True):
    """A job is done; if not, `kind` is the exception's class and `text` its sentence."""

    kind: str | None = None
    text: str = ""


class Workers:
    """So many processes; use it in a `with`, which ends them all."""

    def __init__(self, count: int, files: tuple[str, ...], folder: InvocationFolder) -> None:
        self._files, self._folder = files, folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(count)
        self._count = count

    def __enter__(self) -> "Workers":
        try:
            for _ in range(self._count):
                process = subprocess.Popen(
                    command("mxbench.experiment.workers"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    env=environment(), start_new_session=True,
                )  # fmt: skip
                self._processes.append(process)
                self._idle.put(process)
        except OSError as error:
            self.__exit__(None, None, None)
            raise MachineError(f"no process for the runs could be started: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()  # what they have done is kept, and nothing waits for them
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.communicate()

    def rows(self, jobs: list[Job]) -> Iterator[dict[str, Any]]:
        """Carry out and keep the runs, and yield their rows in the order of the jobs."""
        return self._threads.map(self._do, jobs)

    def _do(self, job: Job) -> dict[str, Any]:
        hidden = self._folder.begin(job.name)
        process = self._idle.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            _send(process.stdin, Order(job, str(hidden.resolve()), self._files))
            data = _receive(process.stdout)
        except OSError:
            data = None
        finally:
            self._idle.put(process)
        if data is None:
            raise MachineError(f"the process that carried out '{job.name}' has ended before the run did")
        answer = msgspec.msgpack.decode(data, type=Answer)
        if answer.kind is not None:
            kind = getattr(errors, answer.kind, RuntimeError)  # what is no mistake of the user's keeps its traceback
            raise kind(answer.text)
        self._folder.keep(job.name)
        return load_row(job.result)


def main() -> None:
    """Serve one parent until its pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what a plugin prints goes there, as on tcp
    todo: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders, todo), daemon=True).start()
    registries: dict[tuple[str, ...], Registry] = {}
    while True:
        order = msgspec.msgpack.decode(todo.get(), type=Order)
        try:
            registry = registries.get(order.files) or registries.setdefault(order.files, Registry(order.files))
            do(order.job, registry, Path(order.folder), lambda progress: None)
            answer = Answer()
        except MxbenchError as error:
            answer = Answer(type(error).__name__, str(error))
        except OSError as error:
            answer = Answer(MachineError.__name__, reason(error))
        except Exception as error:
            import traceback

            answer = Answer(type(error).__name__, "".join(traceback.format_exception(error)))
        _send(answers, answer)


def _listen(orders: IO[bytes], todo: "SimpleQueue[bytes]") -> None:
    while (data := _receive(orders)) is not None:
        todo.put(data)
    os._exit(1)


def _send(pipe: IO[bytes], message: Order | Answer) -> None:
    data = msgspec.msgpack.encode(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """Return the next message; None if the other end is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    return data if len(data) == length else None


if __name__ == "__main__":
    main()
