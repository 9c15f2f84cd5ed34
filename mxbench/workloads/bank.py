"""The workload `bank`: each critical section is one transfer of money on a ledger that every node keeps a copy of.

Theory of operation
-------------------
Mutual exclusion does not imply that the next holder has the last holder's block: a token may travel 0 -> 1 -> 2 faster
than the block 0 -> 2. So algorithm messages carry the greatest height that their sender knows, and a client inside
waits for that height, reads the tip, dwells, builds its block *on the tip that it read*, sends it and releases. Two
clients that are inside at once build on one tip, and the ledger forks: the evidence stands in every chain.

A node takes blocks in the order of their heights and keeps early ones until then. A block that does not continue its
chain is recorded as evidence and ends the wait, now and ever after: a forked run is violated, it must not hang. Each
block is validated when it is taken (hash, link, funds), so the tip that a client reads is a valid one.

Nobody sends a block again. A node that missed one, as it was lost or came while the node had crashed, waits for it
inside for ever. So this assumes that each message arrives, and that no node stops.

A transfer without funds is aborted: it uses its number and adds no block. A balance query reads the node's own copy; it
needs no critical section: those before the client's first transfer are answered at the start, others right after
the transfer that they follow.
"""

from pathlib import Path
from typing import Any

import msgspec

from mxbench.core.algorithm import Assumptions
from mxbench.core.distributions import ZERO
from mxbench.core.workload import (
    Entry,
    OptionError,
    Options,
    Workload,
    WorkloadOut,
    convert_option,
    refuse_unknown_options,
)
from mxbench.hookspecs import hookimpl
from mxbench.workloads.ledger import Block, genesis_hash, is_sealed, objection, seal
from mxbench.workloads.money import parse_money
from mxbench.workloads.transfers import Line, Share, accounts_of, deal, draw_share, parse_line, read_transfers

MAX_QUERIES = 100_000


class BankOptions(Options, frozen=True, kw_only=True):
    """What an experiment may say of its bank, with amounts in cents.

    opening_balance: one for every client, or a list by client. transfers: those of a file (see transfers.py), or of a
    list of [client, payee, amount] in the experiment itself, kept here so that a result needs no file; None to draw
    them. queries_per_node, largest_transfer: for drawn ones; the largest is half the mean opening balance unless
    given, so that some transfers overdraw.
    """

    opening_balance: int | tuple[int, ...] = 1000
    transfers: tuple[Line, ...] | None = None
    queries_per_node: int = 0
    largest_transfer: int | None = None


class Reading(msgspec.Struct, frozen=True):
    """What a client read when it could begin: the tip's height and hash, and its own balance there."""

    entry: Entry
    height: int
    tip: bytes
    balance: int


class Bank(Workload):
    """Transfers money between clients, one a node, on a hash-chained ledger; judged by the checker `ledger`."""

    name = "bank"
    option_type = BankOptions
    entries_key = "transfers_per_node"
    needs_mutual_exclusion = True
    assumes = Assumptions(no_duplicates=False)  # a crash loses what arrives meanwhile

    hashes: list[bytes] = []  # of this node's chain, by height; the first is the genesis
    balances: list[int] = []  # after the tip, in cents by account
    early: dict[int, Block] = {}  # blocks that came before the one below them, by height
    waiting: Entry | None = None  # inside, without the height that is known to exist
    reading: Reading | None = None  # inside, from the reading of the tip to the transfer
    forked: bool = False

    @classmethod
    def parse_options(cls, raw: dict[str, Any], n: int, base: Path) -> BankOptions:
        """Return the options of an experiment's keys; read the file of transfers, if there is one."""
        refuse_unknown_options(cls, raw)
        opening, lines, largest = raw.get("opening_balance", "10.00"), raw.get("transfers"), raw.get("largest_transfer")
        queries = convert_option("queries_per_node", raw.get("queries_per_node", 0), int)
        if not 0 <= queries <= MAX_QUERIES:
            raise OptionError("queries_per_node", f"{queries} is not allowed; from 0 to {MAX_QUERIES}")
        for key in ("queries_per_node", "largest_transfer") if lines is not None else ():
            if raw.get(key):
                raise OptionError(
                    key, "is for drawn transfers; those of a file come with their own queries and amounts"
                )
        return BankOptions(
            opening_balance=_opening(opening, n),
            transfers=None if lines is None else _lines(lines, n, base),
            queries_per_node=queries,
            largest_transfer=None if largest is None else _largest(largest),
        )

    @classmethod
    def shares(cls, options: BankOptions, n: int, entries: list[int | None], draw: Any) -> list[Share]:
        """Return each client's transfers and queries. A client with more entries than transfers starts over."""
        if options.transfers is None:
            opening = opening_balances(options, n)
            largest = options.largest_transfer or max(sum(opening) // n // 2, 1)
            return [
                draw_share(client, n, entries[client], options.queries_per_node, largest, draw) for client in range(n)
            ]
        shares = deal(options.transfers, n)
        for client, share in enumerate(shares):
            if not share[1] and entries[client] != 0:
                raise OptionError("transfers", f"no transfer of client {client}, and it is to make some")
        return shares

    @classmethod
    def entries_of(cls, options: BankOptions, n: int) -> list[int] | None:
        """Return the number of transfers of each client in the file, if there is one; queries are no entries."""
        if options.transfers is None:
            return None
        return [len(share[1]) for share in deal(options.transfers, n)]

    @property
    def version(self) -> int:
        """The height of this node's chain."""
        return len(self.hashes) - 1

    def on_start(self, out: WorkloadOut) -> None:
        self.balances = opening_balances(self.options, self.parameters.n)
        self.hashes = [genesis_hash(self.balances)]
        out.record(("opened", tuple(self.balances)))
        self._answer(self.share[0], out)

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        self.waiting = entry
        self._read_if_ready(out)

    def on_message(self, sender: int, message: Block, out: WorkloadOut) -> None:
        if message.height < 1 or not is_sealed(message):
            self._reject(message, "its fields do not hash to its hash", out)
        else:
            self._take(message, out)
        self._read_if_ready(out)

    def on_timer(self, name: str, out: WorkloadOut) -> None:
        self._transfer(out)

    def must_wait(self, entry: Entry) -> bool:
        """Return whether a block that is known to exist is still on its way here."""
        return self.version < entry.version and not self.forked

    def _read_if_ready(self, out: WorkloadOut) -> None:
        entry = self.waiting
        if entry is None or self.must_wait(entry):
            return
        self.waiting = None
        self.reading = Reading(entry, self.version, self.hashes[-1], self.balances[self.parameters.me])
        if self.dwell == ZERO:
            self._transfer(out)
        else:
            out.set_timer("dwell", self.dwell)

    def _transfer(self, out: WorkloadOut) -> None:
        """Append to the tip that was read, even if the chain has grown since: that is a fork, and must show as one."""
        reading = self.reading
        assert reading is not None, "a transfer begins with a reading"
        self.reading = None
        me, entry, transfers = self.parameters.me, reading.entry, self.share[1]
        payee, amount, queries = transfers[entry.id % len(transfers)]
        id = (me, entry.id)
        if amount > reading.balance:
            out.record(("aborted", id, payee, amount, reading.height, reading.balance))
        else:
            block = seal(reading.height + 1, reading.tip, id, me, payee, amount, entry.number, entry.stamp)
            self._take(block, out)
            out.broadcast(block)
        out.release()
        self._answer(queries, out)

    def _answer(self, queries: int, out: WorkloadOut) -> None:
        for _ in range(queries):
            out.record(("balance", self.version, self.balances[self.parameters.me]))

    def _take(self, block: Block, out: WorkloadOut) -> None:
        """Put a block on the chain, with the early ones that follow it; keep it if it is early itself."""
        if block.height <= self.version:
            if self.hashes[block.height] != block.hash:  # else: the same block once more
                self._reject(block, "this node holds another block of that height", out)
            return
        if block.height > self.version + 1:
            if self.early.setdefault(block.height, block).hash != block.hash:
                self._reject(block, "this node knows another block of that height", out)
            return
        following: Block | None = block
        while following is not None:
            if following.previous != self.hashes[-1]:
                return self._reject(following, "it follows another block than this node's tip", out)
            reason = objection(following, self.balances)
            if reason is not None:
                return self._reject(following, reason, out)
            self._append(following, out)
            following = self.early.pop(following.height + 1, None)

    def _append(self, block: Block, out: WorkloadOut) -> None:
        balances, payer, payee = self.balances, block.payer, block.payee
        balances[payer] -= block.amount
        balances[payee] += block.amount
        self.hashes.append(block.hash)
        out.record(("block", msgspec.structs.astuple(block), (balances[payer], balances[payee])))

    def _reject(self, block: Block, reason: str, out: WorkloadOut) -> None:
        self.forked = True
        out.record(("rejected", msgspec.structs.astuple(block), reason))


def opening_balances(options: BankOptions, n: int) -> list[int]:
    """Return the opening balance of each account, in cents; the second account of a single node opens with nothing."""
    given = options.opening_balance
    balances = [given] * n if isinstance(given, int) else list(given)
    return balances + [0] * (accounts_of(n) - n)


def _opening(value: object, n: int) -> int | tuple[int, ...]:
    try:
        if not isinstance(value, list):
            return parse_money(value)
        balances = tuple(map(parse_money, value))
    except ValueError as error:
        raise OptionError("opening_balance", str(error)) from None
    if len(balances) != n:
        raise OptionError("opening_balance", f"{len(balances)} balances for {n} clients; write one for each, or one")
    return balances


def _largest(value: object) -> int:
    try:
        cents = parse_money(value)
    except ValueError as error:
        raise OptionError("largest_transfer", str(error)) from None
    if cents == 0:
        raise OptionError("largest_transfer", f"'{value}' is nothing; write at least 0.01")
    return cents


def _lines(value: object, n: int, base: Path) -> tuple[Line, ...]:
    try:
        if isinstance(value, str):
            return read_transfers(value, n, base)
        if not isinstance(value, list) or not all(isinstance(row, list) and row for row in value):
            raise ValueError(f"{value!r} is neither the path of a CSV file nor a list of [client, payee, amount]")
    except ValueError as error:
        raise OptionError("transfers", str(error)) from None
    lines = []
    for number, row in enumerate(value, 1):
        try:
            lines.append(parse_line(row, n))
        except ValueError as error:
            raise OptionError("transfers", f"line {number}: {error}") from None
    return tuple(lines)


@hookimpl
def mxbench_workloads() -> list[type[Workload]]:
    return [Bank]
