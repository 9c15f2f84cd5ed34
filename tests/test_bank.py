"""The bank on the heap loop: who may append, on what, and what the checker says when a rule is broken."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from broken.enters_at_once import EntersAtOnce
from heap_bank import MS, bank, slow_link
from hypothesis import given, settings
from hypothesis import strategies as st
from impatient_bank import ImpatientBank

from mxbench import Entry, WorkloadOut
from mxbench.checkers.ledger import Ledger
from mxbench.core.algorithm import Parameters
from mxbench.core.distributions import ZERO, Constant
from mxbench.core.history import History
from mxbench.core.messages import WorkloadMessage, message_types
from mxbench.core.workload import OptionError
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.hold import Hold
from mxbench.workloads.ledger import Block, genesis_hash, seal
from mxbench.workloads.ledger_records import Chain, NodeLedger
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

HERE = Path(__file__).parent


def ledgers(history: History) -> dict[int, NodeLedger]:
    return {node: NodeLedger(values) for node, values in history.values().items()}


@pytest.mark.parametrize("nodes", [1, 2, 3, 5])
@pytest.mark.parametrize("dwell", [ZERO, Constant(0.002)], ids=["dwell-0", "dwell-2ms"])
def test_every_node_ends_with_the_same_ledger(nodes: int, dwell: Constant) -> None:
    history = bank(Lamport, nodes, 20, dwell=dwell, options=BankOptions(queries_per_node=4))
    finding = Ledger().check(history)
    assert finding.outcome == "valid", finding
    assert len(history.entries) == 20 * nodes
    chains = [Chain(node, ledger) for node, ledger in ledgers(history).items()]
    assert len({tuple(chain.blocks) for chain in chains}) == 1
    aborted = sum(len(ledger.aborted) for ledger in ledgers(history).values())
    assert len(chains[0]) + aborted == 20 * nodes
    assert all(len(ledger.answers) == 4 for ledger in ledgers(history).values())


def test_the_seed_alone_decides_on_the_transfers() -> None:
    def draw(seed: int) -> list[Any]:
        return Bank.shares(BankOptions(queries_per_node=3), 4, [10, None, 10, 0], random.Random(seed))

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert len(draw(1)[0][1]) == 10
    assert draw(1)[3] == [3, []]
    for client, (_, transfers) in enumerate(draw(1)):
        assert all(payee in range(4) and payee != client and 1 <= cents <= 500 for payee, cents, _ in transfers)


def test_some_drawn_transfers_overdraw_and_are_aborted_without_a_block() -> None:
    history = bank(Lamport, 5, 40)
    aborted = [entry for ledger in ledgers(history).values() for entry in ledger.aborted]
    accepted = {block.id for block in Chain(0, ledgers(history)[0]).blocks}
    assert 5 < len(aborted) < 100
    assert all(entry.amount > entry.balance for entry in aborted)
    assert accepted.isdisjoint(entry.id for entry in aborted)
    assert [section.number for section in history.entries] == list(range(1, 201)), "an aborted transfer uses a number"


def test_a_correct_token_algorithm_forks_the_ledger_if_nobody_waits_for_the_height() -> None:
    history = bank(SuzukiKasami, 3, workload=ImpatientBank, delay=slow_link)
    assert [section.number for section in history.entries] == list(range(1, 16)), "mutual exclusion holds"
    assert history.ending.reason == "quiet"
    finding = Ledger().check(history)
    assert finding.outcome == "violated"
    first, *rivals = finding.evidence
    assert first.startswith("the ledger forks at height 1: blocks ")
    assert "held by nodes 0 and 1" in rivals[0]
    assert "held by node 2" in rivals[1]
    assert genesis_hash([1000] * 3).hex()[:12] in rivals[0]


def test_an_abort_decided_on_an_old_balance_is_found_though_no_block_forks() -> None:
    # Client 0 pays client 2, by a block that is slow to come; client 1 aborts, adds no block and hands the token on.
    options = BankOptions(opening_balance=(1000, 0, 0), transfers=((0, 2, 500), (1, 0, 1), (2, 1, 500)))
    history = bank(SuzukiKasami, 3, 1, ImpatientBank, options, delay=slow_link)
    finding = Ledger().check(history)
    assert finding.outcome == "violated"
    assert finding.text == "transfer 0 of client 2, aborted: decided at height 0, when height 1 was known"


@pytest.mark.parametrize("seed", range(5))
def test_the_wait_for_the_height_keeps_the_ledger_whole_on_the_same_slow_link(seed: int) -> None:
    history = bank(SuzukiKasami, 3, seed=seed, delay=slow_link)
    finding = Ledger().check(history)
    assert finding.outcome == "valid", finding
    assert [section.number for section in history.entries] == list(range(1, 16))
    late = [section for section in history.entries if section.node == 2 and section.released is not None]
    waited = max(section.released - section.entered for section in late if section.entered and section.released)
    assert waited > 500 * MS, "node 2 was inside while its block was on the way"


def test_two_clients_inside_at_once_fork_the_ledger_and_nobody_hangs() -> None:
    history = bank(EntersAtOnce, 3, dwell=Constant(0.005))
    finding = Ledger().check(history)
    assert history.ending.reason == "quiet"
    assert finding.outcome == "violated"
    assert "the ledger forks at height 1" in finding.text


def test_a_client_without_dwell_sets_no_timer() -> None:
    history = bank(Lamport, 3, dwell=ZERO)
    assert not [event for event in history if event.kind == "timer"]


def test_transfers_without_a_known_number_of_entries_go_round() -> None:
    options = BankOptions(transfers=((0, 1, 100), (0,), (1, 0, 1), (2,), (2, 0, 5)))
    history = bank(Lamport, 3, None, options=options, tickets=20)
    assert Ledger().check(history).outcome == "valid"
    blocks = Chain(0, ledgers(history)[0]).blocks
    assert {(block.payer, block.amount) for block in blocks} == {(0, 100), (1, 1), (2, 5)}
    assert len({block.id for block in blocks}) == len(blocks)


def test_a_client_without_transfers_cannot_be_given_entries() -> None:
    options = BankOptions(transfers=((0, 1, 100),))
    assert Bank.entries_of(options, 2) == [1, 0]
    assert Bank.shares(options, 2, [1, 0], random.Random(1)) == [[0, [[1, 100, 0]]], [0, []]]
    with pytest.raises(OptionError, match="no transfer of client 1") as caught:
        Bank.shares(options, 2, [None, None], random.Random(1))
    assert caught.value.key == "transfers"


# ---- one node, step by step ----------------------------------------------------------------------------------------


class Desk:
    """One client of a bank of three, and what its handlers record."""

    def __init__(
        self, me: int = 2, transfers: Sequence[Sequence[int]] = ((0, 150, 0),), dwell: Constant = ZERO
    ) -> None:
        self.out = WorkloadOut(me, range(3), message_types(Bank, WorkloadMessage))
        self.bank = Bank(Parameters(me, 3), dwell, BankOptions(), [0, [list(transfer) for transfer in transfers]])
        self.bank.on_start(self.out)
        self.effects()

    def effects(self) -> list[tuple[str, Any]]:
        found = [*self.out.effects]
        self.out.effects.clear()
        return found

    def enter(self, number: int, version: int, id: int = 0) -> list[tuple[str, Any]]:
        self.out.inside = True
        self.bank.on_entered(Entry(id, number, None, version), self.out)
        return self.effects()

    def receive(self, block: Block) -> list[tuple[str, Any]]:
        self.bank.on_message(block.payer, block, self.out)
        return self.effects()


def chain_of(*moves: tuple[int, int, int]) -> list[Block]:
    blocks: list[Block] = []
    tip = genesis_hash([1000] * 3)
    for height, (payer, payee, amount) in enumerate(moves, 1):
        blocks.append(seal(height, tip, (payer, height), payer, payee, amount, height, None))
        tip = blocks[-1].hash
    return blocks


def kinds(effects: list[tuple[str, Any]]) -> list[str]:
    return [what[0] if kind == "record" else kind for kind, what in effects]


def test_a_client_waits_inside_for_the_height_that_is_known() -> None:
    desk = Desk()
    first, second = chain_of((0, 1, 5), (1, 2, 7))
    assert desk.enter(3, version=2) == []
    assert desk.receive(second) == [], "it came early and is kept"
    assert kinds(desk.receive(first)) == ["block", "block", "block", "broadcast", "release"]
    assert desk.bank.version == 3


def test_the_dwell_begins_when_the_height_is_there() -> None:
    desk = Desk(dwell=Constant(0.002))
    (first,) = chain_of((0, 1, 5))
    assert desk.enter(2, version=1) == []
    assert kinds(desk.receive(first)) == ["block", "set_timer"]
    desk.bank.on_timer("dwell", desk.out)
    assert kinds(desk.effects()) == ["block", "broadcast", "release"]


def test_a_block_is_built_on_the_tip_that_was_read_before_the_dwell() -> None:
    desk = Desk(dwell=Constant(0.002))
    (intruder,) = chain_of((0, 1, 5))
    desk.enter(1, version=0)
    desk.receive(intruder)
    desk.bank.on_timer("dwell", desk.out)
    effects = desk.effects()
    assert kinds(effects) == ["rejected", "broadcast", "release"], "the evidence of a fork, and all others get it too"
    assert effects[1][1].previous == genesis_hash([1000] * 3)
    assert effects[1][1].height == 1


@pytest.mark.parametrize("place", ["taken", "early", "not-linked"])
def test_a_conflicting_block_is_kept_as_evidence_and_ends_the_wait(place: str) -> None:
    desk = Desk()
    first, second, third = chain_of((0, 1, 5), (1, 2, 7), (0, 1, 1))
    rival, follower = chain_of((0, 1, 6), (1, 2, 7))
    for block in {"taken": [first], "early": [second], "not-linked": [first]}[place]:
        desk.receive(block)
    assert desk.enter(4, version=3) == []
    effects = desk.receive(rival if place == "taken" else follower)
    assert kinds(effects)[0] == "rejected"
    assert kinds(effects)[-1] == "release"
    assert kinds(desk.enter(5, version=9))[-1] == "release", "and it never waits again"
    assert third.height == 3


def test_the_same_block_twice_is_no_fork() -> None:
    desk = Desk()
    (first,) = chain_of((0, 1, 5))
    assert kinds(desk.receive(first)) == ["block"]
    assert desk.receive(first) == []


def test_a_block_whose_hash_is_not_its_own_is_refused() -> None:
    desk = Desk()
    (first,) = chain_of((0, 1, 5))
    effects = desk.receive(msgspec.structs.replace(first, amount=50))
    assert kinds(effects) == ["rejected"]
    assert desk.bank.balances == [1000] * 3


def test_a_block_that_spends_what_is_not_there_is_refused() -> None:
    desk = Desk()
    (first,) = chain_of((0, 1, 1001))
    assert kinds(desk.receive(first)) == ["rejected"]
    assert desk.bank.version == 0


def test_a_query_reads_what_its_client_has_just_written() -> None:
    desk = Desk(transfers=[(0, 150, 2), (0, 2000, 1)])
    effects = desk.enter(1, version=0)
    assert kinds(effects) == ["block", "broadcast", "release", "balance", "balance"]
    assert effects[-1][1] == ("balance", 1, 850)
    assert [what for kind, what in desk.enter(2, version=1, id=1) if kind == "record"] == [
        ("aborted", (2, 1), 0, 2000, 1, 850),
        ("balance", 1, 850),
    ]


# ---- the options ---------------------------------------------------------------------------------------------------


def test_options_are_read_from_what_yaml_makes_of_them() -> None:
    assert Bank.parse_options({"opening_balance": 10.00}, 3, HERE) == BankOptions(opening_balance=1000)
    raw = {"opening_balance": [1, "2.5", 0.1], "queries_per_node": 2, "largest_transfer": "0.50"}
    expected = BankOptions(opening_balance=(100, 250, 10), queries_per_node=2, largest_transfer=50)
    assert Bank.parse_options(raw, 3, HERE) == expected


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("opening_balance", 10.005, "'10.005' has fractions of a cent"),
        ("opening_balance", -1, "'-1' is negative"),
        ("opening_balance", float("nan"), "'nan' is not an amount of money"),
        ("opening_balance", [1, 2], "2 balances for 3 clients"),
        ("opening_balance", None, "'None' is not an amount of money"),
        ("queries_per_node", -1, "-1 is not allowed; from 0"),
        ("queries_per_node", "many", "'many' is not allowed: expected `int`"),
        ("queries_per_node", True, "expected `int`, got `bool`"),
        ("largest_transfer", 0, "'0' is nothing"),
        ("transfers", "none.csv", "none.csv: cannot be read"),
        ("transfers", 7, "7 is neither the path of a CSV file nor a list"),
        ("transfers", [[0, 1, 5], [0, 0, 5]], "line 2: payee: client 0 transfers to itself"),
        ("opening_balanse", 1, "did you mean 'opening_balance'?"),
    ],
)
def test_an_option_that_cannot_be_is_named_with_its_value(key: str, value: Any, text: str) -> None:
    with pytest.raises(OptionError) as caught:
        Bank.parse_options({key: value}, 3, HERE)
    assert caught.value.key == key
    assert text in str(caught.value)


def test_options_for_drawn_transfers_do_not_go_with_a_file() -> None:
    with pytest.raises(OptionError, match="drawn transfers") as caught:
        Bank.parse_options({"transfers": [[0, 1, 5]], "queries_per_node": 3}, 3, HERE)
    assert caught.value.key == "queries_per_node"


def test_a_workload_without_options_refuses_every_key() -> None:
    assert Hold.parse_options({}, 3, HERE) == Hold.option_type()
    with pytest.raises(OptionError, match="did you mean 'entries_per_node'") as caught:
        Hold.parse_options({"entries_per_nod": 3}, 3, HERE)
    assert caught.value.key == "entries_per_nod"


cents = st.integers(0, 10**14 - 1)
accounts = st.integers(0, 3)
lines = st.lists(
    st.one_of(
        st.tuples(accounts),
        st.tuples(accounts, accounts, st.integers(1, 10**6)).filter(lambda line: line[0] != line[1]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(st.one_of(cents, st.tuples(cents, cents, cents, cents)), st.one_of(st.none(), lines))
def test_options_survive_a_plan_so_that_a_result_needs_no_file(opening: Any, given_lines: Any) -> None:
    transfers = None if given_lines is None else tuple(given_lines)
    options = BankOptions(opening_balance=opening, transfers=transfers)
    plan = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(options)))
    assert msgspec.convert(plan, BankOptions) == options


def test_transfers_may_stand_in_the_experiment_itself() -> None:
    options = Bank.parse_options({"transfers": [[0, 1, 1.5], [1], ["1", "0", "0.25"]]}, 2, HERE)
    assert options.transfers == ((0, 1, 150), (1,), (1, 0, 25))
