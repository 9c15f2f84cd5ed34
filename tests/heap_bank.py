"""A bank on the heap loop, and a link that is so slow that its messages come when the others are done."""

import random
from typing import Any

import msgspec
from plans import run

from mxbench.core.history import History
from mxbench.workloads.bank import Bank, BankOptions

MS = 1_000_000


def bank(
    algorithm: type, nodes: int, entries: int | None = 5, workload: type = Bank, options: BankOptions | None = None,
    seed: int = 1, **others: Any,
) -> History:  # fmt: skip
    options = options or BankOptions()
    counts: list[int | None] = [entries] * nodes
    shares = tuple(workload.shares(options, nodes, counts, random.Random(seed)))
    return run(
        algorithm, nodes, entries=entries, workload=workload, seed=seed, shares=shares,
        options=msgspec.to_builtins(options), **others,
    )  # fmt: skip


def slow_link(sender: int, to: int, message: Any) -> int:
    """One millisecond everywhere, but a second from node 0 to node 2."""
    return 1000 * MS if (sender, to) == (0, 2) else MS
