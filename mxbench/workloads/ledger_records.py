"""What the nodes record of a ledger, read back: for the checker, and for whoever shows a chain.

A node records (`Workload.record`), in its order, plain tuples whose first item names them:

    ("opened", balances)                            at its start: the cents of each account
    ("block", fields of the Block, (payer's balance, payee's balance))    it took a block; its own table now says this
    ("aborted", (client, k), payee, amount, height, balance)    what its client had at that height was not enough
    ("balance", height, balance)                    the answer to a query of its client
    ("rejected", fields of the Block, reason)       a block that does not continue its chain: evidence of a fork

Tuples have become lists in a history that was read from a file; the functions here take either.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from mxbench.workloads.ledger import Block, BrokenChain, replay
from mxbench.workloads.money import format_money

_TAG = Block.__struct_config__.tag


class Aborted(NamedTuple):
    """A transfer that added no block: the payer's balance, as it was read at `height`, was less than the amount."""

    id: tuple[int, int]
    payee: int
    amount: int
    height: int
    balance: int


class Answer(NamedTuple):
    """The answer to a balance query of the node's own client. held: how many blocks the node had taken by then."""

    height: int
    balance: int
    held: int


class NodeLedger:
    """What one node recorded of the ledger.

    opening: cents by account; None if the node recorded no ledger. chain: a (fields, balances) pair for each block, as
    recorded, so that whole chains compare at once. unreadable: a sentence for each record that is none.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self.opening: list[int] | None = None
        self.chain: list[tuple[Any, Any]] = []
        self.aborted: list[Aborted] = []
        self.answers: list[Answer] = []
        self.rejected: list[tuple[Block, str]] = []
        self.unreadable: list[str] = []
        for value in values:
            try:
                self._read(value)
            except (msgspec.ValidationError, BrokenChain) as error:
                self.unreadable.append(f"{error} ({value!r})")

    def _read(self, value: Any) -> None:
        match value:
            case ("block", fields, balances):
                self.chain.append((fields, balances))
            case ("aborted", *fields):
                self.aborted.append(msgspec.convert(fields, Aborted))
            case ("balance", *fields):
                self.answers.append(msgspec.convert([*fields, len(self.chain)], Answer))
            case ("rejected", fields, reason):
                self.rejected.append((read_block(fields), str(reason)))
            case ("opened", balances):
                self.opening = msgspec.convert(balances, list[int])
            case _:
                raise msgspec.ValidationError("not a record of a ledger")


class Chain:
    """A chain as some nodes hold it, replayed: its blocks, and each account's balance at each height."""

    def __init__(self, node: int, ledger: NodeLedger) -> None:
        """Read and replay what a node recorded. Raise BrokenChain at the first block that is wrong, or after which
        the node's own table of balances is."""
        self.nodes = [node]
        self.opening = ledger.opening or []
        self.recorded = ledger.chain
        self.blocks = [read_block(fields, height) for height, (fields, _) in enumerate(self.recorded, 1)]
        self._heights: list[list[int]] = [[0] for _ in self.opening]  # at which each account's balance changed
        self._balances = [[cents] for cents in self.opening]
        steps = zip(replay(self.opening, self.blocks), self.recorded, strict=True)
        for height, ((block, balances), (_, told)) in enumerate(steps, 1):
            accounts = (block.payer, block.payee)
            before = [self._balances[account][-1] for account in accounts]
            _compare_tables(height, accounts, before, [balances[account] for account in accounts], list(told))
            for account in accounts:
                self._heights[account].append(height)
                self._balances[account].append(balances[account])

    def balance(self, account: int, height: int) -> int:
        """Return what an account holds at a height, in cents."""
        return self._balances[account][bisect_right(self._heights[account], height) - 1]

    def __len__(self) -> int:
        return len(self.blocks)


def read_block(fields: Sequence[Any], height: int = 0) -> Block:
    """Return the Block that was recorded as its fields. Raise BrokenChain, with `height`, if they are not a block's."""
    try:
        return msgspec.convert([_TAG, *fields], Block)
    except msgspec.ValidationError as error:
        raise BrokenChain(height, f"it cannot be read: {error}") from None


def _compare_tables(height: int, accounts: Sequence[int], before: list[int], due: list[int], told: list[int]) -> None:
    """Raise BrokenChain unless the two balances that a node tells are those that are due."""
    if told == due:
        return
    created = sum(told) - sum(before)
    if created:
        raise BrokenChain(height, f"the node's balances add up to {format_money(created)} more after it than before")
    account, says, is_due = next(row for row in zip(accounts, told, due, strict=True) if row[1] != row[2])
    raise BrokenChain(
        height, f"the node says that account {account} then holds {format_money(says)}; it is {format_money(is_due)}"
    )
