"""The chain's own rules, and the checker `ledger` against banks that break them and histories that were altered."""

import hashlib
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import run

from mxbench import Entry, WorkloadOut
from mxbench.checkers.ledger import Ledger
from mxbench.core.algorithm import Out
from mxbench.core.history import History, NodeHistory
from mxbench.core.plan import Ending
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.hold import Hold
from mxbench.workloads.ledger import Block, BrokenChain, genesis_hash, is_sealed, objection, replay, seal
from mxbench_plugins.lamport import Lamport

OPENING = [500, 0, 120, 30]


def bank(
    workload: type = Bank, nodes: int = 3, entries: int = 8, algorithm: type = Lamport, queries: int = 3, **others: Any
) -> History:
    options = BankOptions(queries_per_node=queries)
    shares = tuple(Bank.shares(options, nodes, [entries] * nodes, random.Random(5)))
    return run(
        algorithm, nodes, entries=entries, workload=workload, shares=shares, options=msgspec.to_builtins(options),
        **others,
    )  # fmt: skip


def stored(history: History) -> History:
    """The same history, as it comes back from a file."""
    nodes = [msgspec.msgpack.decode(msgspec.msgpack.encode(node), type=NodeHistory) for node in history.nodes]
    plan = msgspec.json.decode(msgspec.json.encode(history.plan), type=type(history.plan))
    return History(plan, history.ending, nodes)


def alter(history: History, node: int, kind: str, change: Callable[[list[Any]], None], which: int = 0) -> History:
    """A stored history in which one record of one node was changed by hand."""
    history = stored(history)
    records = [detail for detail in history.nodes[node].details if isinstance(detail, list) and detail[0] == kind]
    change(records[which])
    return history


def flip(value: Any) -> Any:
    """The value with one bit of its last byte flipped."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, list):
        return [*value[:-1], flip(value[-1])]
    return value ^ 1


# ---- the chain -----------------------------------------------------------------------------------------------------


def test_a_block_is_checked_by_hand_with_nothing_but_sha256() -> None:
    tip = hashlib.sha256(b"genesis 500 0 120 30").hexdigest()
    assert genesis_hash(OPENING).hex() == tip
    block = seal(1, bytes.fromhex(tip), (0, 7), 0, 2, 150, 9, (4, 0))
    assert block.hash == hashlib.sha256(f"1 {tip} 0 7 0 2 150 9 4 0".encode()).digest()
    unstamped = seal(1, bytes.fromhex(tip), (0, 7), 0, 2, 150, 9, None)
    assert unstamped.hash == hashlib.sha256(f"1 {tip} 0 7 0 2 150 9 -".encode()).digest()


moves = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 200)), max_size=30)


def chain_of(wishes: list[tuple[int, int, int]]) -> list[Block]:
    """The blocks of those wishes that the balances allow."""
    balances, blocks, tip = [*OPENING], [], genesis_hash(OPENING)
    for k, (payer, payee, amount) in enumerate(wishes):
        block = seal(len(blocks) + 1, tip, (payer, k), payer, payee, amount, k + 1, (k, payer))
        if objection(block, balances) is None:
            balances[payer] -= amount
            balances[payee] += amount
            blocks.append(block)
            tip = block.hash
    return blocks


@settings(max_examples=100)
@given(moves)
def test_replay_conserves_the_sum_and_never_goes_below_zero(wishes: list[tuple[int, int, int]]) -> None:
    blocks = chain_of(wishes)
    expected = [*OPENING]
    heights = []
    for block, balances in replay(OPENING, blocks):
        expected[block.payer] -= block.amount
        expected[block.payee] += block.amount
        assert balances == expected
        assert sum(balances) == sum(OPENING)
        assert min(balances) >= 0
        heights.append(block.height)
    assert heights == [*range(1, len(blocks) + 1)]


@settings(max_examples=100)
@given(moves.filter(chain_of), st.data())
def test_replay_finds_any_change_of_any_block_at_its_height(wishes: list[tuple[int, int, int]], data: Any) -> None:
    blocks = chain_of(wishes)
    at = data.draw(st.integers(0, len(blocks) - 1))
    field = data.draw(st.sampled_from(Block.__struct_fields__))
    value = getattr(blocks[at], field)
    wrong = tuple(flip([*value])) if isinstance(value, tuple) else flip(value)
    blocks[at] = msgspec.structs.replace(blocks[at], **{field: wrong})
    assert not is_sealed(blocks[at])
    with pytest.raises(BrokenChain) as caught:
        list(replay(OPENING, blocks))
    assert caught.value.height == at + 1


@pytest.mark.parametrize(
    ("move", "text"),
    [
        ((1, 0, 1), "account 1 holds 0 cents and pays 1"),
        ((0, 0, 1), "it moves money from 0 to 0"),
        ((0, 4, 1), "it moves money from 0 to 4"),
        ((0, -1, 1), "it moves money from 0 to -1"),
        ((0, 1, 0), "its amount is 0 cents"),
        ((0, 1, -5), "its amount is -5 cents"),
        ((0, 1, 501), "account 0 holds 500 cents and pays 501"),
    ],
)
def test_replay_refuses_a_sealed_block_that_the_balances_do_not_allow(move: tuple[int, int, int], text: str) -> None:
    block = seal(1, genesis_hash(OPENING), (move[0], 0), *move, 1, None)
    with pytest.raises(BrokenChain, match=text):
        list(replay(OPENING, [block]))


def test_replay_refuses_a_chain_with_a_block_left_out() -> None:
    blocks = chain_of([(0, 1, 5), (0, 2, 5), (0, 3, 5)])
    with pytest.raises(BrokenChain, match="its height is 3") as caught:
        list(replay(OPENING, [blocks[0], blocks[2]]))
    assert caught.value.height == 2


def test_replay_refuses_a_block_that_follows_another_one() -> None:
    first = chain_of([(0, 1, 5)])[0]
    second = seal(2, genesis_hash([500]), (0, 1), 0, 1, 5, 2, None)
    with pytest.raises(BrokenChain, match=f"and the block before it is {first.hash.hex()[:12]}") as caught:
        list(replay(OPENING, [first, second]))
    assert caught.value.height == 2


def test_replay_refuses_a_transfer_from_the_account_of_somebody_else() -> None:
    block = seal(1, genesis_hash(OPENING), (1, 0), 0, 1, 5, 1, None)
    with pytest.raises(BrokenChain, match="client 1 takes money from account 0"):
        list(replay(OPENING, [block]))


# ---- the checker: what is altered ----------------------------------------------------------------------------------


def test_a_history_from_a_file_is_judged_like_the_one_in_memory() -> None:
    history = bank()
    finding = Ledger().check(history)
    assert finding.outcome == "valid"
    assert Ledger().check(stored(history)) == finding
    assert finding.text.startswith("all 3 nodes hold the same ")
    assert finding.text.endswith("; 30.00 in all at every height")


@pytest.mark.parametrize("field", range(9), ids=Block.__struct_fields__)
@pytest.mark.parametrize("node", [0, 2])
def test_a_flipped_byte_is_found_with_its_node_and_height(field: int, node: int) -> None:
    def change(record: list[Any]) -> None:
        record[1][field] = flip(record[1][field])

    finding = Ledger().check(alter(bank(), node, "block", change, which=4))
    assert finding.outcome == "violated"
    assert finding.text.startswith(f"node {node}, block 5: its fields do not hash to its hash")


def test_a_block_that_is_no_block_is_found_with_its_height() -> None:
    def change(record: list[Any]) -> None:
        record[1][5] = "much"

    finding = Ledger().check(alter(bank(), 1, "block", change, which=2))
    assert finding.text.startswith("node 1, block 3: it cannot be read")


def test_a_record_that_is_none_is_shown() -> None:
    def change(record: list[Any]) -> None:
        record[0] = "blocj"

    finding = Ledger().check(alter(bank(), 1, "block", change))
    assert finding.outcome == "violated"
    assert "node 1 recorded what cannot be read" in finding.text


def test_a_node_that_opened_with_other_balances_is_found() -> None:
    def change(record: list[Any]) -> None:
        record[1][2] += 1

    finding = Ledger().check(alter(bank(entries=0, queries=0), 0, "opened", change))
    assert finding.outcome == "violated"
    assert finding.text == (
        "the nodes opened with different balances: node 0 with 3001 cents in all; nodes 1, 2 with 3000 cents in all"
    )


@pytest.mark.parametrize(
    ("kind", "place", "text"),
    [
        ("balance", 2, "was answered"),
        ("balance", 1, "its chain being at"),
        ("aborted", 5, "it read"),
        ("aborted", 3, "the plan says"),
    ],
)
def test_an_altered_answer_or_abort_is_found(kind: str, place: int, text: str) -> None:
    def change(record: list[Any]) -> None:
        record[place] += 1

    history = bank(entries=20)
    node = next(n.node for n in history.nodes if any(isinstance(d, tuple) and d[0] == kind for d in n.details))
    finding = Ledger().check(alter(history, node, kind, change))
    assert finding.outcome == "violated"
    assert text in finding.text


def test_an_abort_in_the_name_of_another_client_is_found() -> None:
    def change(record: list[Any]) -> None:
        record[1][0] = (record[1][0] + 1) % 3

    history = bank(entries=20)
    node = next(n.node for n in history.nodes if any(isinstance(d, tuple) and d[0] == "aborted" for d in n.details))
    finding = Ledger().check(alter(history, node, "aborted", change))
    assert any(line.endswith(f"aborted at node {node}: the client never entered for it") for line in finding.evidence)


# ---- the checker: what is missing ----------------------------------------------------------------------------------


def test_a_missing_node_leaves_the_ledger_undecided() -> None:
    history = bank()
    lost = History(history.plan, history.ending, history.nodes[:2])
    finding = Ledger().check(lost)
    assert finding.outcome == "undecided"
    assert "node 2" in finding.text


def test_a_run_that_did_not_end_leaves_it_undecided() -> None:
    history = bank()
    finding = Ledger().check(History(history.plan, Ending("stuck"), history.nodes))
    assert finding.outcome == "undecided"


def test_a_violation_is_told_even_if_a_node_is_missing() -> None:
    def change(record: list[Any]) -> None:
        record[1][5] += 1

    history = alter(bank(), 0, "block", change)
    finding = Ledger().check(History(history.plan, Ending("failed"), history.nodes[:2]))
    assert finding.outcome == "violated"


def test_what_was_not_recorded_is_not_called_valid() -> None:
    history = bank()
    empty = [msgspec.structs.replace(node, times=b"", codes=b"", details=[], payloads=b"") for node in history.nodes]
    plan = msgspec.structs.replace(history.plan, history="off")
    finding = Ledger().check(History(plan, history.ending, empty))
    assert finding.outcome == "not recorded"
    assert "history: off" in finding.text


def test_a_run_without_an_entry_is_undecided() -> None:
    assert Ledger().check(bank(entries=0)).outcome == "undecided"


def test_the_checker_keeps_to_runs_that_have_a_ledger() -> None:
    assert Ledger().applies(bank())
    assert Ledger().applies(bank(WithoutDebit)), "a variant of another name has a ledger too"
    assert not Ledger().applies(run(Lamport, 3, workload=Hold))


# ---- the checker: banks that are wrong -----------------------------------------------------------------------------


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
