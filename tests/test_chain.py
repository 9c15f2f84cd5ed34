"""The chain's own rules: how a block is hashed, and what is refused when a chain is replayed."""

import hashlib
from typing import Any

import msgspec
import pytest
from altered import flip
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbench.workloads.ledger import Block, BrokenChain, genesis_hash, is_sealed, objection, replay, seal

OPENING = [500, 0, 120, 30]


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
