"""Runs for the tests of reports: the bank, and algorithms that are wrong, on the heap loop with plain delays."""

import random
from typing import Any

import plans

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl
from mxbench.core.history import History
from mxbench.workloads.bank import Bank, BankOptions
from mxbench_plugins.lamport import Lamport

MILLISECOND = 1_000_000


class Greedy(Algorithm):
    """Enters at once, whoever is inside."""

    name = "greedy"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


class Selfish(Algorithm):
    """Node 0 enters at once; the others never do."""

    name = "selfish"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 0:
            out.enter()


class Note(Message):
    """A message with a text that somebody else chose, and a list."""

    text: str
    numbers: list[int]


class Talker(Algorithm):
    """Tells every other node something, one at a time, and enters at once; for nodes that never want the same."""

    name = "talker"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        for peer in self.peers:
            out.send(peer, Note("日本\x1b[31m red\nnext" * 3, list(range(20))))
        out.enter()


class Nagger(Algorithm):
    """Tells node 1 the same thing twice, and enters at once."""

    name = "nagger"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        for _ in range(2):
            out.send(1, Note("let me in", []))
        out.enter()


def one_ms(sender: int, to: int, message: Any) -> int:
    """Every message takes a millisecond."""
    return MILLISECOND


def bank(
    algorithm: type[Algorithm] = Lamport, nodes: int = 3, entries: int = 3, workload: type[Bank] = Bank, **settings: Any
) -> History:
    """Run the bank with transfers drawn from one seed; `settings` are those of `plans.run`, options the bank's."""
    options = settings.pop("options", {})
    settings.setdefault("delay", one_ms)
    shares = workload.shares(BankOptions(**options), nodes, [entries] * nodes, random.Random(1))
    return plans.run(
        algorithm, nodes, workload=workload, entries=entries, options=options, shares=tuple(shares), **settings
    )


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Greedy, Selfish, Talker, Nagger]
