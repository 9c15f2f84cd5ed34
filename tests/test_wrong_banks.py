"""The checker `ledger` against banks and algorithms that break its rules in real runs."""

import random
from typing import Any

import msgspec
import pytest
from plans import run
from wrong_banks import (
    AbortsAndPays,
    AbortsAtWill,
    AbortsTwice,
    AnswersLate,
    AnswersNothing,
    CannotCount,
    ForgetsNode2,
    InventsTransfers,
    LosesATransfer,
    MakesUpNumbers,
    PaysItself,
    PaysTooLittle,
    SwapsTransfers,
    TablesApart,
    TakesItBack,
    TransfersTwice,
    WithoutDebit,
    bank,
)

from mxbench import Entry, WorkloadOut
from mxbench.checkers.ledger import Ledger
from mxbench.core.algorithm import Out
from mxbench.workloads.bank import Bank, BankOptions
from mxbench_plugins.lamport import Lamport


@pytest.mark.parametrize(
    ("workload", "text"),
    [
        (WithoutDebit, "balances add up to"),
        (TablesApart, "the node says that account"),
        (ForgetsNode2, "the ledger forks at height"),
        (AbortsAtWill, "it read 0.00; at height"),
        (PaysTooLittle, "it moves 0.01 to"),
        (PaysItself, "it moves money from"),
        (AbortsTwice, "a transfer was aborted twice"),
        (LosesATransfer, "is neither on the ledger nor aborted"),
        (TransfersTwice, "already"),
        (MakesUpNumbers, "it says number 1, stamp (1, 0); it was entered as number 2"),
        (MakesUpNumbers, "block 2 has number 1, and the one below has 1"),
        (MakesUpNumbers, "block 2 has stamp (1, 0), and the one below has (1, 0)"),
        (SwapsTransfers, "a later transfer of this client is in a block below"),
        (InventsTransfers, "the client never entered for it"),
        (AbortsAndPays, "was aborted, and yet it is in block"),
        (AbortsAndPays, "was enough for"),
        (CannotCount, "aborted: it was 10000.00 to"),
        (AnswersLate, "its chain being at"),
        (AnswersNothing, "0 of 3 queries answered"),
    ],
    ids=lambda value: value.name if isinstance(value, type) else "",
)
def test_a_bank_that_is_wrong_is_found(workload: type, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxbench.checkers.ledger.MAX_EVIDENCE", 1000)  # to look for one line among many
    finding = Ledger().check(bank(workload, entries=20))
    assert finding.outcome == "violated", finding
    assert text in "\n".join(finding.evidence), finding


def test_the_account_without_a_node_pays_nobody() -> None:
    finding = Ledger().check(bank(TakesItBack, nodes=1, entries=1, queries=0))
    assert finding.outcome == "violated"
    assert finding.text == "block 2, transfer 0 of client 1: there is no such client"


def test_evidence_is_cut_short_and_says_so() -> None:
    finding = Ledger().check(bank(InventsTransfers, entries=20))
    assert len(finding.evidence) == 13
    assert finding.evidence[-1].startswith("... and ")


def test_a_block_that_never_came_is_missed_when_nothing_is_on_its_way() -> None:
    class Deaf(Bank):
        name = "deaf"

        def must_wait(self, entry: Entry) -> bool:
            return False

        def on_message(self, sender: int, message: Any, out: WorkloadOut) -> None:
            if self.parameters.me != 2:
                super().on_message(sender, message, out)

    options = BankOptions(transfers=((0, 1, 5), (1, 2, 5)))
    shares = tuple(Bank.shares(options, 3, [1, 1, 0], random.Random(1)))
    history = run(Lamport, 3, entries=[1, 1, 0], workload=Deaf, shares=shares, options=msgspec.to_builtins(options))
    finding = Ledger().check(history)
    assert finding.outcome == "violated"
    assert finding.text == "blocks are missing, and none is on its way (node 2: 0 blocks of 2)"
    history.nodes[2].totals.handled_by_type[-1] -= 1
    assert Ledger().check(history).outcome == "undecided"


def test_stamps_that_fall_are_found_in_an_algorithm_that_gives_them() -> None:
    class Unordered(Lamport):
        name = "unordered"

        def enter_if_first(self, out: Out) -> None:
            before = out.entering
            super().enter_if_first(out)
            if out.entering and not before and out.stamp is not None:
                out.stamp = (100 - out.stamp[0], out.stamp[1])

    finding = Ledger().check(bank(algorithm=Unordered))
    assert finding.outcome == "violated"
    assert "has stamp" in finding.text
