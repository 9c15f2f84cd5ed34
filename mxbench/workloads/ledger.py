"""A hash-chained ledger of transfers: its blocks, their rules, and what a node records of them.

Pure functions over plain data. Amounts are whole cents. The canonical encoding of a block is one line of ASCII: its
fields but the hash, as decimal numbers or hexadecimal digits, in the order of the class, one space between two; a
pair is two numbers, and a missing stamp is one '-'. So anybody can check a chain by hand:

    $ printf '1 6c1f...e9 0 0 0 2 150 1 1 0' | sha256sum      # height 1, client 0's transfer 0, 1.50 from 0 to 2

The chain starts from the SHA-256 of the line 'genesis' and the opening balances by account, which is height 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

import msgspec

from mxbench.core.entry import Stamp
from mxbench.core.messages import WorkloadMessage


class Block(WorkloadMessage):
    """One accepted transfer. id: (client, its k-th transfer, from 0). number, stamp: those of the entry it was made in.

    previous and hash are SHA-256 digests; amount is in cents.
    """

    height: int
    previous: bytes
    id: tuple[int, int]
    payer: int
    payee: int
    amount: int
    number: int
    stamp: Stamp | None
    hash: bytes


class BrokenChain(ValueError):
    """A chain that is none: `height` is that of the first block which does not belong there."""

    def __init__(self, height: int, text: str) -> None:
        super().__init__(text)
        self.height = height


def genesis_hash(opening: Sequence[int]) -> bytes:
    """Return the hash at height 0, over the opening balances by account."""
    return sha256(" ".join(["genesis", *map(str, opening)]).encode()).digest()


def hash_of(
    height: int, previous: bytes, id: tuple[int, int], payer: int, payee: int, amount: int, number: int,
    stamp: Stamp | None,
) -> bytes:  # fmt: skip
    """Return the SHA-256 of the canonical encoding of a block with these fields."""
    order = "-" if stamp is None else f"{stamp[0]} {stamp[1]}"
    line = f"{height} {previous.hex()} {id[0]} {id[1]} {payer} {payee} {amount} {number} {order}"
    return sha256(line.encode()).digest()


def seal(
    height: int, previous: bytes, id: tuple[int, int], payer: int, payee: int, amount: int, number: int,
    stamp: Stamp | None,
) -> Block:  # fmt: skip
    """Return the block of these fields, with its hash."""
    digest = hash_of(height, previous, id, payer, payee, amount, number, stamp)
    return Block(height, previous, id, payer, payee, amount, number, stamp, digest)


def is_sealed(block: Block) -> bool:
    """Return whether the block's hash is that of its fields."""
    return hash_of(*msgspec.structs.astuple(block)[:-1]) == block.hash


def objection(block: Block, balances: Sequence[int]) -> str | None:
    """Return why these balances do not allow the block's transfer, or None."""
    payer, payee, amount = block.payer, block.payee, block.amount
    accounts = len(balances)
    if not (0 <= payer < accounts and 0 <= payee < accounts) or payer == payee:
        return f"it moves money from {payer} to {payee}"
    if block.id[0] != payer:
        return f"client {block.id[0]} takes money from account {payer}"
    if amount <= 0:
        return f"its amount is {amount} cents"
    if balances[payer] < amount:
        return f"account {payer} holds {balances[payer]} cents and pays {amount}"
    return None


def replay(opening: Sequence[int], blocks: Iterable[Block]) -> Iterator[tuple[Block, list[int]]]:
    """Yield each block with the balances after it (one list, changed in place); raise BrokenChain at the first that
    does not link to the one before, does not hash to its hash, or makes a transfer that the balances do not allow."""
    balances = list(opening)
    tip = genesis_hash(opening)
    for height, block in enumerate(blocks, 1):
        if not is_sealed(block):
            raise BrokenChain(height, f"its fields do not hash to its hash {block.hash.hex()[:12]}")
        if block.height != height:
            raise BrokenChain(height, f"it says that its height is {block.height}")
        if block.previous != tip:
            raise BrokenChain(
                height, f"it follows {block.previous.hex()[:12]}, and the block before it is {tip.hex()[:12]}"
            )
        reason = objection(block, balances)
        if reason is not None:
            raise BrokenChain(height, reason)
        balances[block.payer] -= block.amount
        balances[block.payee] += block.amount
        tip = block.hash
        yield block, balances
