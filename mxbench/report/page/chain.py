"""The ledger of a run as the page draws it: every block that any node holds or was offered, and who holds it.

A fork is two blocks at one height. The balances are those of the chain that most nodes hold, as far as any
has got on it; the page recomputes them block by block. Whether they are right is the checker's to say.
"""

from itertools import pairwise
from typing import Any

from mxbench.core.history import History
from mxbench.report.ledger import groups_of
from mxbench.workloads.ledger import Block, BrokenChain, genesis_hash
from mxbench.workloads.ledger_records import NodeLedger, read_block

DIGITS = 12  # of a hash
MOST_BLOCKS = 20_000


def chain(history: History) -> dict[str, Any] | None:
    """Return the blocks in the order of their heights, and the aborted transfers; None if no node kept a ledger.

    blocks: columns of one item a block. holders: for each, an index into `groups`, lists of nodes. fork: the first
    height with two blocks, or null.
    """
    ledgers = {node: NodeLedger(values) for node, values in history.values().items()}
    ledgers = {node: ledger for node, ledger in ledgers.items() if ledger.opening is not None}
    if not ledgers:
        return None
    first, *others = groups_of(ledgers)
    # Those that hold the same and more have only got further.
    further = [o for o in others if o.opening == first.opening and o.recorded[: len(first.recorded)] == first.recorded]
    longest = max([first, *further], key=lambda group: len(group.recorded))
    found = _blocks(ledgers, longest.recorded)
    blocks = sorted(found, key=lambda place: (place[0].height, not place[2], place[0].number, place[0].id, place[1]))
    shown = blocks[:MOST_BLOCKS]
    heights = [block.height for block, _, _ in blocks]
    fork = next((low for low, high in pairwise(heights) if low == high), None)
    groups = list(dict.fromkeys(holders for _, holders, _ in blocks))
    return {
        "opening": first.opening,
        "genesis": genesis_hash(first.opening).hex()[:DIGITS],
        "blocks": _columns([block for block, _, _ in shown]),
        "holders": [groups.index(holders) for _, holders, _ in shown],
        "main": [int(main) for _, _, main in shown],
        "groups": groups,
        "nodes": sorted(ledgers),
        "fork": fork,
        "total": len(blocks),
        "aborted": [
            [one.id[0], one.id[1], one.payee, one.amount, one.height, one.balance]
            for ledger in ledgers.values()
            for one in ledger.aborted
        ],
        "refused": [
            [node, block.hash.hex()[:DIGITS], reason] for node, led in ledgers.items() for block, reason in led.rejected
        ],
    }


def _blocks(
    ledgers: dict[int, NodeLedger], recorded: list[tuple[Any, Any]]
) -> list[tuple[Block, tuple[int, ...], bool]]:
    """Return each different block, who holds it, and whether it is in the main chain, as it was `recorded`."""
    read: dict[tuple[int, bytes], Block] = {}
    holders: dict[tuple[int, bytes], list[int]] = {}
    for node, ledger in sorted(ledgers.items()):
        for height, (fields, _) in enumerate(ledger.chain, 1):
            key = _key(height, fields)
            if key not in read:
                try:
                    read[key] = read_block(fields, height)
                except BrokenChain:
                    continue  # the findings above say which one cannot be read
            holders.setdefault(key, []).append(node)
        for block, _ in ledger.rejected:
            read.setdefault((block.height, block.hash), block)
            holders.setdefault((block.height, block.hash), [])
    main = {_key(height, fields) for height, (fields, _) in enumerate(recorded, 1)}
    return [(block, tuple(holders[key]), key in main) for key, block in read.items()]


def _key(height: int, fields: Any) -> tuple[int, bytes]:
    """Return what two records of one block share, without reading it: each node recorded each block."""
    last = fields[-1]
    return height, last if isinstance(last, bytes) else repr(last).encode()


def _columns(blocks: list[Block]) -> dict[str, list[Any]]:
    return {
        "height": [block.height for block in blocks],
        "hash": [block.hash.hex()[:DIGITS] for block in blocks],
        "previous": [block.previous.hex()[:DIGITS] for block in blocks],
        "transfer": [block.id[1] for block in blocks],
        "payer": [block.payer for block in blocks],
        "payee": [block.payee for block in blocks],
        "amount": [block.amount for block in blocks],
        "number": [block.number for block in blocks],
        "stamp": [block.stamp for block in blocks],
    }
