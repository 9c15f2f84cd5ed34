"""Frames between processes: a length, then msgpack; how the examiner and the confined process speak.

The examiner reads with an allowance of time and a limit, as who sits at the other end may send anything, or nothing.
"""

import os
import select
import struct
from typing import Any

import msgspec

from mxbench.own_time import Allowance

MAX_FRAME = 250_000  # bytes, of one state or a few messages: more is a submission that floods
_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 16
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder().decode


FLAGS = ("has_token", "takes_k", "can_have_server", "falls_quiet")


class Declaration(msgspec.Struct, forbid_unknown_fields=True):
    """What a submission says of its algorithm: plain data, of which the examiner makes a stand-in.

    fields: of its state. messages: the name of each class with those of its fields. claims: what it says that it
    costs, by the name of the attribute.
    """

    name: str
    summary: str
    fields: list[str]
    messages: list[tuple[str, list[str]]]
    assumes: dict[str, bool]
    claims: dict[str, str | list[str] | dict[str, str | list[str]]]
    quorum_system: str | None
    topology: str | None
    flags: dict[str, bool]


class Setting(msgspec.Struct):
    """What the confined process is told before it imports the submission. readable: folders that it may read."""

    file: str
    memory_bytes: int
    output_bytes: int
    cpu_s: int
    readable: list[str]


class Gone(Exception):
    """The other end closed the pipe."""


class Late(Exception):
    """The other end did not take or give a frame in time."""


class Flood(Exception):
    """A frame is longer than any may be."""


def write_blocking(fd: int, message: Any) -> None:
    """Write one frame, however long the other end takes."""
    write_bytes(fd, encode(message))


def write_bytes(fd: int, data: bytes) -> None:
    """Write one frame of bytes that are encoded already."""
    rest = memoryview(_LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def read_blocking(fd: int) -> bytes | None:
    """Return the next frame; None if the other end is gone."""
    head = _exactly(fd, _LENGTH.size)
    return None if head is None else _exactly(fd, _LENGTH.unpack(head)[0])


def _exactly(fd: int, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        more = os.read(fd, size - len(found))
        if not more:
            return None
        found += more
    return found


class Channel:
    """One end of two pipes, with an allowance of time for every frame. Both are made non-blocking."""

    def __init__(self, to: int, from_: int) -> None:
        self._to, self._from = to, from_
        os.set_blocking(to, False)
        os.set_blocking(from_, False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(from_, select.POLLIN)
        self._writable.register(to, select.POLLOUT)
        self._rest = b""

    def write(self, data: bytes, allowance: Allowance) -> None:
        """Write one frame; raise Late or Gone."""
        rest = memoryview(_LENGTH.pack(len(data)) + data)
        while rest:
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                _wait(self._writable, allowance)
            except OSError:
                raise Gone from None

    def read(self, allowance: Allowance) -> bytes:
        """Return the next frame; raise Late, Gone or Flood."""
        found, wanted = self._rest, _LENGTH.size
        while len(found) < wanted or wanted == _LENGTH.size:
            if len(found) >= _LENGTH.size and wanted == _LENGTH.size:
                length = _LENGTH.unpack_from(found)[0]
                if not 0 < length <= MAX_FRAME:
                    raise Flood
                wanted += length
                continue
            try:
                more = os.read(self._from, _CHUNK)
            except BlockingIOError:
                _wait(self._readable, allowance)
                continue
            if not more:
                raise Gone
            found += more
        self._rest = found[wanted:]
        return found[_LENGTH.size : wanted]


def _wait(poll: "select.poll", allowance: Allowance) -> None:
    while (left := allowance.left()) > 0:
        if poll.poll(max(left * 1000, 1)):
            return
    raise Late
