"""An algorithm that writes into the sockets of its process: the control connection is the first that it opened."""

import os
import stat
from typing import Any

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Word(Message):
    """Never sent."""


def sockets() -> list[int]:
    """Return the descriptors of this process that are sockets, in the order of opening."""
    numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    return [number for number in numbers if _is_socket(number)]


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


class BabblesToParent(Algorithm):
    """Node 1 announces a frame of four gigabytes to its parent when it asks."""

    name = "test-babbles"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 1:
            os.write(sockets()[0], b"\xff\xff\xff\xff and so on")

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        """Hear nothing."""


class Quits(BabblesToParent):
    """Node 1 leaves the process in the middle of a handler."""

    name = "test-quits"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 1:
            os._exit(7)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [BabblesToParent, Quits]
