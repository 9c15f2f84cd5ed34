"""What the ledger costs: sealing blocks, and replaying a chain as the checker does. Times are advisory."""

from typing import Any

import pytest

from mxbench.workloads.ledger import Block, genesis_hash, replay, seal

BLOCKS = 2_000
OPENING = [100_000, 100_000]


def chain() -> list[Block]:
    """Two clients that pay each other one cent in turn."""
    blocks: list[Block] = []
    tip = genesis_hash(OPENING)
    for height in range(1, BLOCKS + 1):
        payer = height % 2
        blocks.append(seal(height, tip, (payer, height // 2), payer, 1 - payer, 1, height, (height, payer)))
        tip = blocks[-1].hash
    return blocks


@pytest.mark.benchmark(group="ledger")
def test_seal_a_chain(benchmark: Any) -> None:
    blocks = benchmark(chain)
    benchmark.extra_info["blocks"] = len(blocks)
    assert [block.height for block in blocks] == list(range(1, BLOCKS + 1))


@pytest.mark.benchmark(group="ledger")
def test_replay_a_chain(benchmark: Any) -> None:
    blocks = chain()
    replayed = benchmark(lambda: list(replay(OPENING, blocks)))
    benchmark.extra_info["blocks"] = len(replayed)
    assert [block for block, _ in replayed] == blocks
    assert replayed[-1][1] == OPENING  # an even number of payments to and fro
