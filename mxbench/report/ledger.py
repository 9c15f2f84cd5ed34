"""The report `ledger`: the chain of blocks and the balances that it leads to, as tables.

Shown is the chain that most nodes hold, or that of one node; who holds another one, and from which height on, stands
above it. This report shows; whether the ledger is right is the checker's to say (mxbench/checkers/ledger.py).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mxbench.core.history import History
from mxbench.core.report import Report
from mxbench.core.trace import nodes_text
from mxbench.hookspecs import hookimpl
from mxbench.report.text import cautions, cells, folded, headline, no_such_node, printable, several, table
from mxbench.workloads.ledger import Block, BrokenChain, genesis_hash
from mxbench.workloads.ledger_records import Chain, NodeLedger, read_block
from mxbench.workloads.money import format_money

COLUMNS = (
    ("height", "r"), ("number", "r"), ("transfer", "r"), ("from", "r"), ("to", "r"), ("amount", "r"), ("stamp", "r"),
    ("hash", "l"), ("previous", "l"),
)  # fmt: skip
HASHES: tuple[tuple[int, tuple[str, ...]], ...] = (  # digits of a hash and columns to leave out, by falling width
    (12, ()), (8, ()), (8, ("previous",)), (8, ("previous", "transfer")),
)  # fmt: skip


class Group(NamedTuple):
    """The nodes that hold one and the same chain; `recorded` is a (fields, balances) pair for each block."""

    nodes: list[int]
    opening: list[int]
    recorded: list[tuple[Any, Any]]


class Ledger(Report):
    """The chain of blocks, the balances at its end, the aborted transfers, and which nodes agree on it."""

    name = "ledger"

    def render(self, history: History, node: int | None = None, width: int = 100) -> str:
        """Return the tables of the chain that most nodes hold, or of `node`'s; one sentence if there is no ledger."""
        known = {recorded.node for recorded in history.nodes}
        if node is not None and known and node not in known:
            return no_such_node(history, node)
        top = [line for text in (headline(history), *cautions(history)) for line in folded(text, width, 2)]
        ledgers = {of: NodeLedger(values) for of, values in history.values().items()}
        ledgers = {of: ledger for of, ledger in ledgers.items() if ledger.opening is not None}
        if not ledgers or (node is not None and node not in ledgers):
            return "\n".join(top + folded(_no_ledger(history, node), width, 2))
        groups = groups_of(ledgers)
        shown = next(group for group in groups if node is None or node in group.nodes)
        opening = shown.opening
        blocks, broken = _blocks(shown, ledgers[shown.nodes[0]])
        agreement = [*_agreement(shown, groups, history.plan.nodes), *broken, *_rejections(ledgers, node)]
        top += [line for text in agreement for line in folded(text, width, 2)]
        parts = ["\n".join(top), _chain(opening, blocks, width), _balances(opening, blocks, ledgers, width)]
        aborted = _aborted(ledgers, node)
        return "\n\n".join([*parts, *([aborted] if aborted else [])])


def _no_ledger(history: History, node: int | None) -> str:
    if history.plan.history == "off":
        return "whether it kept a ledger is not recorded"
    if node is not None:
        return f"node {node} recorded no ledger"
    workload = printable(history.plan.workload.name)
    return f"this run has no ledger: its workload '{workload}' keeps none (the workload 'bank' does)"


def groups_of(ledgers: dict[int, NodeLedger]) -> list[Group]:
    """Return who holds which chain, the one of most nodes first, of equally many the longest."""
    groups: list[Group] = []
    for node, ledger in sorted(ledgers.items()):
        opening = ledger.opening or []
        same = next((group for group in groups if (group.opening, group.recorded) == (opening, ledger.chain)), None)
        if same is None:
            groups.append(Group([node], opening, ledger.chain))
        else:
            same.nodes.append(node)
    return sorted(groups, key=lambda group: (-len(group.nodes), -len(group.recorded), group.nodes))


def _blocks(shown: Group, ledger: NodeLedger) -> tuple[list[Block], list[str]]:
    """Return the blocks that can be read, and a sentence on the first that does not belong there."""
    blocks: list[Block] = []
    try:
        for height, (fields, _) in enumerate(shown.recorded, 1):
            blocks.append(read_block(fields, height))
        Chain(shown.nodes[0], ledger)
    except BrokenChain as error:
        return blocks, [f"the block at height {error.height} does not belong there: {printable(error)}"]
    return blocks, []


def _agreement(shown: Group, groups: list[Group], nodes: int) -> list[str]:
    """Return a sentence for the shown chain and one for each other: who holds it, and where it parts."""
    length = several(len(shown.recorded), "block")
    if len(groups) == 1 and len(shown.nodes) == nodes:
        return [f"{f'all {nodes} nodes hold the same' if nodes > 1 else 'the only node holds a'} chain of {length}"]
    others = [f"{nodes_text(other.nodes)}: {_relation(other, shown)}" for other in groups if other is not shown]
    return [f"shown is the chain of {nodes_text(shown.nodes)}: {length}", *others]


def _relation(other: Group, shown: Group) -> str:
    if other.opening != shown.opening:
        return f"opened with other balances, {', '.join(map(format_money, other.opening))}"
    pairs = zip(shown.recorded, other.recorded, strict=False)
    parts_at = next((height for height, (a, b) in enumerate(pairs, 1) if a != b), None)
    if parts_at is None:
        length = several(len(other.recorded), "block")
        return f"the first {length}" if len(other.recorded) < len(shown.recorded) else f"the same and more, {length}"
    here, there = (_named_block(group.recorded[parts_at - 1]) for group in (shown, other))
    return f"another block at height {parts_at}, {there}; shown is {here}"


def _named_block(recorded: tuple[Any, Any]) -> str:
    try:
        block = read_block(recorded[0])
    except BrokenChain:
        return "one that cannot be read"
    return (
        f"{format_money(block.amount)} from {block.payer} to {block.payee}, number {block.number}, "
        f"hash {block.hash.hex()[:12]}"
    )


def _rejections(ledgers: dict[int, NodeLedger], only: int | None) -> list[str]:
    """Return a sentence for the first block that each node refused: the later ones mostly follow from it."""
    lines = []
    for node, ledger in sorted(ledgers.items()):
        if ledger.unreadable and only in (None, node):
            lines.append(f"node {node} recorded what cannot be read: {printable(ledger.unreadable[0])}")
        if ledger.rejected and only in (None, node):
            block, reason = ledger.rejected[0]
            more = f" (and {len(ledger.rejected) - 1} more later)" if len(ledger.rejected) > 1 else ""
            lines.append(
                f"node {node} refused client {block.id[0]}'s block of height {block.height}, "
                f"hash {block.hash.hex()[:12]}: {printable(reason)}{more}"
            )
    return lines


def _chain(opening: Sequence[int], blocks: list[Block], width: int) -> str:
    """Return the table of blocks, with as much of the hashes as the width allows."""
    text = ""
    for digits, left_out in HASHES:
        rows: list[list[object]] = [
            [0, None, "opening", None, None, None, None, genesis_hash(opening).hex()[:digits], None]
        ]
        for block in blocks:
            stamp = None if block.stamp is None else f"({block.stamp[0]}, {block.stamp[1]})"
            rows.append([
                block.height, block.number, _id(block.id), block.payer, block.payee, format_money(block.amount), stamp,
                block.hash.hex()[:digits], block.previous.hex()[:digits],
            ])  # fmt: skip
        shown = [place for place, (header, _) in enumerate(COLUMNS) if header not in left_out]
        headers, sides = zip(*(COLUMNS[place] for place in shown), strict=True)
        text = table(headers, ([row[place] for place in shown] for row in rows), "".join(sides))
        if max(map(cells, text.splitlines())) <= width:
            break
    return text


def _id(transfer: tuple[int, int]) -> str:
    """Return the name of a transfer: its client and which of the client's transfers it is, from 0."""
    return f"{transfer[0]}:{transfer[1]}"


def _balances(opening: Sequence[int], blocks: list[Block], ledgers: dict[int, NodeLedger], width: int) -> str:
    """Return the table of accounts: opened with, paid, received, and now; the middle two only if they fit."""
    paid, received, made = ([0] * len(opening) for _ in range(3))
    for block in blocks:
        if 0 <= block.payer < len(opening) and 0 <= block.payee < len(opening):
            paid[block.payer] += block.amount
            received[block.payee] += block.amount
            made[block.payer] += 1
    aborted = [len(ledgers[account].aborted) if account in ledgers else 0 for account in range(len(opening))]
    queries = [len(ledgers[account].answers) if account in ledgers else 0 for account in range(len(opening))]
    now = [had - out + into for had, out, into in zip(opening, paid, received, strict=True)]
    columns = {
        "client": [*map(str, range(len(opening))), "all"],
        **{
            name: [format_money(cents) for cents in (*column, sum(column))]
            for name, column in (("opening", opening), ("paid", paid), ("received", received), ("now", now))
        },
        **{
            name: [str(count) for count in (*column, sum(column))]
            for name, column in (("transfers", made), ("aborted", aborted), ("queries", queries))
        },
    }
    for left_out in ((), ("paid", "received")):
        shown = {name: column for name, column in columns.items() if name not in left_out}
        text = table(list(shown), zip(*shown.values(), strict=True), "r" * len(shown))
        if max(map(cells, text.splitlines())) <= width:
            break
    return text


def _aborted(ledgers: dict[int, NodeLedger], only: int | None) -> str:
    rows = [
        [_id(one.id), one.id[0], one.payee, format_money(one.amount), format_money(one.balance), one.height]
        for node, ledger in sorted(ledgers.items())
        if only in (None, node)
        for one in ledger.aborted
    ]
    if not rows:
        return ""
    title = f"{several(len(rows), 'transfer')} aborted, for want of money:\n\n"
    return title + table(["transfer", "from", "to", "amount", "balance", "at height"], rows, "r" * 6)


@hookimpl
def mxbench_reports() -> list[type[Any]]:
    return [Ledger]
