"""Algorithms that are wrong, each in a way of its own, for tests of what finds them."""

from pathlib import Path
from typing import Any

from mxbench.core.algorithm import Algorithm, EntryRequest, Out
from mxbench.loading import load_file
from mxbench_plugins.lamport import Lamport

BROKEN = Path(__file__).parent / "broken"


class Greedy(Algorithm):
    """Enters at once."""

    name = "greedy"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


class Impatient(Lamport):
    """Lamport's algorithm by a node that now and then enters before its turn."""

    name = "impatient"

    def enter_if_first(self, out: Out) -> None:
        if out.choose(range(15)) == 0:
            self.waiting = False
            out.enter(stamp=(self.queue[self.me], self.me))
        else:
            super().enter_if_first(out)


class Silent(Algorithm):
    """Waits for ever."""

    name = "silent"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        pass


def broken(file: str) -> Any:
    return load_file(BROKEN / file).mxbench_algorithms()[0]
