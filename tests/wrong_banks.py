"""Banks that break the ledger, each in a way of its own, and a short way to run one on the heap loop."""

import random
from typing import Any

import msgspec
from plans import run

from mxbench import Entry, WorkloadOut
from mxbench.core.history import History
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.ledger import Block, seal
from mxbench_plugins.lamport import Lamport


def bank(
    workload: type = Bank, nodes: int = 3, entries: int = 8, algorithm: type = Lamport, queries: int = 3, **others: Any
) -> History:
    options = BankOptions(queries_per_node=queries)
    shares = tuple(Bank.shares(options, nodes, [entries] * nodes, random.Random(5)))
    return run(
        algorithm, nodes, entries=entries, workload=workload, shares=shares, options=msgspec.to_builtins(options),
        **others,
    )  # fmt: skip


class WithoutDebit(Bank):
    name = "without-debit"

    def _append(self, block: Block, out: WorkloadOut) -> None:
        self.balances[block.payer] += block.amount
        super()._append(block, out)


class TablesApart(Bank):
    name = "tables-apart"

    def _append(self, block: Block, out: WorkloadOut) -> None:
        self.balances[block.payer] -= 1
        self.balances[block.payee] += 1
        super()._append(block, out)


class ForgetsNode2(Bank):
    name = "forgets-node-2"

    def must_wait(self, entry: Entry) -> bool:
        return False

    def on_message(self, sender: int, message: Any, out: WorkloadOut) -> None:
        if self.parameters.me != 2:
            super().on_message(sender, message, out)


class AbortsAtWill(Bank):
    name = "aborts-at-will"

    def _transfer(self, out: WorkloadOut) -> None:
        assert self.reading is not None
        if self.reading.entry.id == 2:
            self.reading = msgspec.structs.replace(self.reading, balance=0)
        super()._transfer(out)


class PaysTooLittle(Bank):
    name = "pays-too-little"

    def on_start(self, out: WorkloadOut) -> None:
        self.share = [self.share[0], [[payee, 1, queries] for payee, _, queries in self.share[1]]]
        super().on_start(out)


class PaysItself(Bank):
    name = "pays-itself"

    def on_start(self, out: WorkloadOut) -> None:
        self.share = [self.share[0], [[self.parameters.me, cents, queries] for _, cents, queries in self.share[1]]]
        super().on_start(out)


class AbortsTwice(Bank):
    name = "aborts-twice"

    def _transfer(self, out: WorkloadOut) -> None:
        super()._transfer(out)
        for kind, what in [*out.effects]:
            if kind == "record" and what[0] == "aborted":
                out.record(what)


class TakesItBack(Bank):
    name = "takes-it-back"

    def _append(self, block: Block, out: WorkloadOut) -> None:
        super()._append(block, out)
        if block.height == 1:
            number, stamp = block.number + 1, None if block.stamp is None else (block.stamp[0] + 1, block.stamp[1])
            super()._append(seal(2, block.hash, (block.payee, 0), block.payee, block.payer, 1, number, stamp), out)


class LosesATransfer(Bank):
    name = "loses-a-transfer"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        if entry.id == 3:
            out.release()
        else:
            super().on_entered(entry, out)


class TransfersTwice(Bank):
    name = "transfers-twice"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        super().on_entered(msgspec.structs.replace(entry, id=entry.id // 2), out)


class MakesUpNumbers(Bank):
    name = "makes-up-numbers"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        super().on_entered(msgspec.structs.replace(entry, number=1, stamp=(1, 0)), out)


class SwapsTransfers(Bank):
    name = "swaps-transfers"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        super().on_entered(msgspec.structs.replace(entry, id=entry.id ^ 1), out)


class InventsTransfers(Bank):
    name = "invents-transfers"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        super().on_entered(msgspec.structs.replace(entry, id=entry.id + 100), out)


class AbortsAndPays(Bank):
    name = "aborts-and-pays"

    def _append(self, block: Block, out: WorkloadOut) -> None:
        super()._append(block, out)
        if block.payer == self.parameters.me:
            out.record(("aborted", block.id, block.payee, block.amount, block.height, self.balances[block.payer]))


class CannotCount(Bank):
    name = "cannot-count"

    def _transfer(self, out: WorkloadOut) -> None:
        before = self.share
        assert self.reading is not None
        if self.reading.entry.id == 1:  # asks for what nobody has, and then says that it was the order
            self.share = [before[0], [[payee, 10**6, queries] for payee, _, queries in before[1]]]
        super()._transfer(out)
        self.share = before


class AnswersLate(Bank):
    name = "answers-late"

    def _answer(self, queries: int, out: WorkloadOut) -> None:
        for _ in range(queries):
            out.record(("balance", 0, self.options.opening_balance))


class AnswersNothing(Bank):
    name = "answers-nothing"

    def _answer(self, queries: int, out: WorkloadOut) -> None:
        pass
