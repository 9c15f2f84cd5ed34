"""The report `ledger` on what the bank recorded on the heap loop, with messages of a millisecond."""

import msgspec
import plans
import pytest
from impatient_bank import ImpatientBank
from report_runs import MILLISECOND, Greedy, bank

from mxbench.core.history import History, NodeHistory
from mxbench.core.plan import Ending
from mxbench.report.ledger import Ledger
from mxbench.report.text import cells
from mxbench.workloads.ledger import Block
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

SIX_BLOCKS = """\
lamport, 3 nodes, bank on tcp, seed 1: 6 entries
all 3 nodes hold the same chain of 6 blocks

height  number  transfer  from  to  amount    stamp  hash          previous
------  ------  --------  ----  --  ------  -------  ------------  ------------
     0       -   opening     -   -       -        -  693fcfd108e0  -
     1       1       0:0     0   1    2.92   (1, 0)  821db03ad59a  693fcfd108e0
     2       2       1:0     1   0    2.54   (1, 1)  b0428ad2e5e2  821db03ad59a
     3       3       2:0     2   1    4.04   (1, 2)  3f81806ba571  b0428ad2e5e2
     4       4       0:1     0   1    1.31   (7, 0)  346d261ca1fb  3f81806ba571
     5       5       1:1     1   2    2.42  (10, 1)  d1423632b7c4  346d261ca1fb
     6       6       2:1     2   0    0.49  (13, 2)  0dae1dd452ae  d1423632b7c4

client  opening   paid  received    now  transfers  aborted  queries
------  -------  -----  --------  -----  ---------  -------  -------
     0    10.00   4.23      3.03   8.80          2        0        0
     1    10.00   4.96      8.27  13.31          2        0        0
     2    10.00   4.53      2.42   7.89          2        0        0
   all    30.00  13.72     13.72  30.00          6        0        0"""


def with_details(history: History, node: int, change: object) -> History:
    """The history with the records of one node changed by a function of its list of details."""

    def changed(recorded: NodeHistory) -> NodeHistory:
        return (
            recorded if recorded.node != node else msgspec.structs.replace(recorded, details=change(recorded.details))
        )

    return History(history.plan, history.ending, [changed(recorded) for recorded in history.nodes])


def slow_block(sender: int, to: int, message: object) -> int:
    """A millisecond, but a block takes twenty from node 0 to node 2."""
    return (20 if isinstance(message, Block) and (sender, to) == (0, 2) else 1) * MILLISECOND


def test_shows_the_chain_that_all_nodes_hold_and_the_balances_it_leads_to() -> None:
    assert Ledger().render(bank(entries=2)) == SIX_BLOCKS


def test_a_history_read_from_a_file_looks_the_same() -> None:
    history = bank(entries=2)
    stored = msgspec.msgpack.encode(history.nodes)
    read = History(history.plan, history.ending, msgspec.msgpack.decode(stored, type=list[NodeHistory]))
    assert Ledger().render(read) == SIX_BLOCKS


def test_a_fork_names_its_first_height_both_blocks_and_who_holds_them() -> None:
    history = bank(SuzukiKasami, workload=ImpatientBank, delay=slow_block)
    text = Ledger().render(history, width=400)
    assert "shown is the chain of nodes 0 and 1: 6 blocks" in text
    assert "node 2: another block at height 1, 0.15 from 2 to 1, number 4, hash " in text
    assert "; shown is 2.92 from 0 to 1, number 1, hash " in text
    assert "node 0 refused client 2's block of height 1, hash " in text
    assert "all 3 nodes" not in text


def test_one_nodes_side_of_a_fork_can_be_asked_for() -> None:
    history = bank(SuzukiKasami, workload=ImpatientBank, delay=slow_block)
    text = Ledger().render(history, node=2, width=400)
    assert "shown is the chain of node 2:" in text
    assert "nodes 0 and 1: another block at height 1, 2.92 from 0 to 1" in text
    assert "node 0 refused" not in text
    first_block = next(line.split() for line in text.splitlines() if line.strip().startswith("1  "))
    assert first_block[2:6] == ["2:0", "2", "1", "0.15"]


def test_a_node_that_lags_holds_the_first_blocks_of_the_chain() -> None:
    history = bank(entries=2)

    def without_the_last_block(details: list) -> list:
        last = max(index for index, detail in enumerate(details) if detail[0] == "block")
        return [*details[:last], ("balance", 5, 789), *details[last + 1 :]]

    text = Ledger().render(with_details(history, 2, without_the_last_block))
    assert "shown is the chain of nodes 0 and 1: 6 blocks\nnode 2: the first 5 blocks\n" in text


def test_a_changed_amount_is_named_with_its_height() -> None:
    def robbed(details: list) -> list:
        return [
            ("block", (*detail[1][:5], detail[1][5] + 1, *detail[1][6:]), detail[2])
            if detail[0] == "block" and detail[1][0] == 4
            else detail
            for detail in details
        ]

    text = Ledger().render(with_details(bank(entries=2), 1, robbed), node=1, width=200)
    assert "the block at height 4 does not belong there: its fields do not hash to its hash" in text
    assert "nodes 0 and 2: another block at height 4" in text
    assert "does not belong" not in Ledger().render(bank(entries=2), node=1)


def test_what_cannot_be_read_as_a_block_ends_the_table_and_is_told() -> None:
    def broken(details: list) -> list:
        return [("block", ["\x1b[31m"], (0, 0)) if d[0] == "block" and d[1][0] == 3 else d for d in details]

    text = Ledger().render(with_details(bank(entries=2), 0, broken), node=0, width=200)
    assert "the block at height 3 does not belong there: it cannot be read" in text
    assert "one that cannot be read" in text
    assert "\x1b" not in text


def test_aborted_transfers_are_listed_with_what_was_there() -> None:
    history = bank(entries=8, options={"opening_balance": 300, "largest_transfer": 290})
    aborted = [value for values in history.values().values() for value in values if value[0] == "aborted"]
    text = Ledger().render(history)
    assert len(aborted) > 1
    assert f"{len(aborted)} transfers aborted, for want of money:" in text
    table = text.split("for want of money:\n\n")[1].splitlines()[2:]
    assert len(table) == len(aborted)
    assert all(float(line.split()[3]) > float(line.split()[4]) for line in table)
    assert "aborted, for want" not in Ledger().render(bank(entries=2))


def test_no_money_appears_or_vanishes_in_the_sums() -> None:
    text = Ledger().render(bank(entries=9, nodes=5, options={"queries_per_node": 4}))
    total = next(line.split() for line in text.splitlines() if line.startswith("   all "))
    assert total[1] == total[4] == "50.00"
    assert total[-1] == "20"


def test_a_run_without_a_ledger_says_so_in_a_sentence() -> None:
    text = Ledger().render(plans.run(Lamport, 3, entries=1))
    assert text.splitlines()[1:] == [
        "this run has no ledger: its workload 'hold' keeps none (the workload 'bank' does)"
    ]
    assert Ledger().render(bank(), node=9) == "there is no node 9 in this run; its nodes are 0, 1, 2"


def test_a_history_that_is_off_does_not_claim_that_there_was_no_ledger() -> None:
    history = bank()
    off = History(msgspec.structs.replace(history.plan, history="off"), history.ending, [])
    assert Ledger().render(off).endswith("whether it kept a ledger is not recorded")


def test_a_lost_node_is_not_counted_among_those_that_agree() -> None:
    history = bank()
    text = Ledger().render(History(history.plan, Ending("failed", "died", "node 2 died"), history.nodes[:2]))
    assert "nothing is left of what node 2 recorded" in text
    assert "shown is the chain of nodes 0 and 1: 9 blocks" in text


def test_an_empty_run_and_a_single_node_have_a_ledger_too() -> None:
    assert "all 3 nodes hold the same chain of 0 blocks" in Ledger().render(bank(entries=0))
    assert "the only node holds a chain of 1 block\n" in Ledger().render(bank(nodes=1, entries=1))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for history in (bank(entries=9), bank(Greedy, entries=4, nodes=10), bank(nodes=1, entries=12)):
        assert max(map(cells, Ledger().render(history, width=width).splitlines())) <= width
