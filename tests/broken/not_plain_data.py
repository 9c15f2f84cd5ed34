"""Fault: state that cannot be copied, compared or sent: a lock of the operating system's threads."""

import threading
from typing import Any

from mxbench import Algorithm, EntryRequest, Out, hookimpl


class NotPlainData(Algorithm):
    """Guards its state against threads that there are none of."""

    name = "not-plain-data"

    guard: Any = None

    def on_start(self, out: Out) -> None:
        self.guard = threading.Lock()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        with self.guard:
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NotPlainData]
