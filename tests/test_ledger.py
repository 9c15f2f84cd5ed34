"""The checker `ledger` against histories that were altered, and against those of which something is missing."""

import random
from typing import Any

import msgspec
import pytest
from altered import alter, flip, stored
from broken.enters_at_once import EntersAtOnce
from plans import run
from worlds import simulate
from wrong_banks import WithoutDebit, bank

from mxbench.checkers.ledger import Ledger
from mxbench.core.algorithm import Algorithm
from mxbench.core.history import History
from mxbench.core.plan import Ending
from mxbench.core.verdict import Finding
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.hold import Hold
from mxbench.workloads.ledger import Block
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

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
        "the nodes opened with different balances: node 0 with 3001 cents in all; nodes 1 and 2 with 3000 cents in all"
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


# ---- the checker: who is gone ---------------------------------------------------------------------------------------


def judged_with(faults: list[Any], entries: list[int], algorithm: type[Algorithm] = SuzukiKasami) -> Finding:
    """Return what is said of a simulated bank of three, in whose transfers (each of 0.01) no client runs out of funds.

    Node 0 has the token of Suzuki and Kasami, links take 1 ms and a section 2 ms.
    """
    options = BankOptions(largest_transfer=1)
    history = simulate(
        algorithm, 3, entries=entries, workload=Bank, options=msgspec.to_builtins(options), faults=faults,
        shares=tuple(Bank.shares(options, 3, list(entries), random.Random(1))),
    )  # fmt: skip
    assert history.ending.reason == "quiet"
    return Ledger().check(history)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("0s", "nodes 0 and 1 hold the same 8 blocks; node 2 crashed for good with none of them; "),
        ("9ms", "nodes 0 and 1 hold the same 8 blocks; node 2 crashed for good with the first 4 of them; "),
        ("1s", "all 3 nodes hold the same 8 blocks; "),
    ],
    ids=["before-all", "midway", "after-all"],
)
def test_who_crashed_for_good_may_hold_the_beginning_of_the_ledger(at: str, told: str) -> None:
    finding = judged_with([{"at": at, "crash": 2}], [4, 4, 0])
    assert (finding.outcome, finding.text) == (
        "valid", f"{told}0 transfers aborted, 0 queries answered; 30.00 in all at every height",
    )  # fmt: skip


def test_one_is_enough_to_hold_the_whole_ledger() -> None:
    finding = judged_with([{"at": "3ms", "crash": 1}, {"at": "5ms", "crash": 2}], [4, 0, 0])
    assert finding.outcome == "valid"
    assert finding.text.startswith(
        "node 0 holds 4 blocks; node 2 crashed for good with the first 3 of them; "
        "node 1 crashed for good with the first 1 of them; "
    )


def test_who_came_back_ought_to_hold_all_of_it() -> None:
    finding = judged_with([{"at": "9ms", "crash": 2, "for": "1s"}], [4, 4, 0])
    late = "blocks have not arrived: they are on their way, or lost"
    assert (finding.outcome, finding.text) == ("undecided", f"{late} (node 2: 4 blocks of 8)")


def test_who_is_gone_excuses_nobody_else() -> None:
    """Node 1 is cut off from the others: it gets no block, and node 2 gets some before it crashes."""
    finding = judged_with([{"at": "0s", "partition": [[0, 2], [1]]}, {"at": "5ms", "crash": 2}], [4, 0, 0])
    late = "blocks have not arrived: they are on their way, or lost"
    assert (finding.outcome, finding.text) == ("undecided", f"{late} (node 1: 0 blocks of 4)")


def test_what_the_others_do_not_continue_is_a_fork_even_at_a_node_that_is_gone() -> None:
    finding = judged_with([{"at": "5ms", "crash": 2}], [4, 0, 4], EntersAtOnce)
    assert finding.outcome == "violated"
    assert finding.text.startswith("the ledger forks at height 1: ")
    assert any(line.endswith("held by node 2") for line in finding.evidence)


# ---- the checker: what is missing -----------------------------------------------------------------------------------


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
