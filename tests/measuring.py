"""A short way to measure a run, an algorithm that is right and unfair, and runs for slow and plain ways to count."""

from typing import Any

import pytest
from wrong_algorithms import Impatient, broken

from mxbench.core.algorithm import Algorithm, EntryRequest, Out
from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History
from mxbench.core.messages import Message
from mxbench.core.metric import Metric
from mxbench.core.plan import Ending
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

FAILED = Ending("failed", "node", "node 1 died")


class Ask(Message):
    pass


class Grant(Message):
    pass


class Stack(Algorithm):
    """Node 0 grants to who asked last, as a stack does: right, and as unfair as can be."""

    name = "stack"

    waiting: list[int] = []
    held: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Ask())

    def on_message(self, sender: int, message: Ask | Grant, out: Out) -> None:
        if isinstance(message, Grant) and self.me == 0 and sender != 0:  # given back
            self.held = False
            self.grant(out)
        elif isinstance(message, Grant):
            out.enter()
        else:
            self.waiting.append(sender)
            self.grant(out)

    def on_release(self, out: Out) -> None:
        if self.me == 0:
            self.held = False
            self.grant(out)
        else:
            out.send(0, Grant())

    def grant(self, out: Out) -> None:
        if self.waiting and not self.held:
            self.held = True
            out.send(self.waiting.pop(), Grant())


def measured(metric: type[Metric], checked: History) -> dict[str, Any]:
    return metric().measure(checked)


RANDOM_RUNS = [
    pytest.param(algorithm, {"nodes": nodes, "seed": seed, **load}, id=f"{algorithm.name}-{nodes}-{seed}-{name}")
    for algorithm in (Lamport, RicartAgrawala, Maekawa, Impatient, Stack, broken("replies_while_inside.py"))
    for nodes, seed in ((2, 1), (4, 2), (5, 3))
    for name, load in (("saturated", {}), ("thinking", {"think": Exponential(0.002)}), ("no-dwell", {"dwell": ZERO}))
]
