"""Runs of the simulator: the same seed stores the same bytes, and what is recorded, counted and handed out."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from plans import plan
from worlds import RANDOM, counts, simulate, stored, world

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.checkers.register import RegisterChecker
from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import NodeHistory
from mxbench.sim.engine import SimEngine
from mxbench.workloads.counter import Counter
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

HERE = Path(__file__).parent


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, second, other = (
        simulate(Maekawa, 9, entries=4, think=Exponential(0.005), network=RANDOM, seed=seed) for seed in (3, 3, 4)
    )
    assert stored(first) == stored(second)
    assert stored(first) != stored(other)


ELSEWHERE = """
import hashlib, sys
sys.path[:0] = [{tests!r}, {sim!r}]
from mxbench_plugins.maekawa import Maekawa
from mxbench.core.distributions import Exponential, Normal
from mxbench.core.network import Network
from mxbench.workloads.bank import Bank, BankOptions
from worlds import simulate, stored
history = simulate(
    Maekawa, 7, entries=4, think=Exponential(0.005),
    network=Network(delay=Normal(0.002, 0.001), jitter=Exponential(0.001), fifo=False),
    faults=[dict(random="pause", count=4, between=["0ms", "50ms"], **{{"for": "5ms"}})],
)
print(hashlib.sha256(b"".join(stored(history))).hexdigest(), len(history.entries))
"""


@pytest.mark.slow
def test_another_process_with_another_hash_seed_stores_the_same_bytes() -> None:
    code = ELSEWHERE.format(tests=str(HERE.parent), sim=str(HERE))
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    ]  # fmt: skip
    assert said[0].split()[1] == "28"
    assert said[0] == said[1] == said[2]


def test_the_engine_stores_each_node_and_measures_only_the_wall(tmp_path: Path) -> None:
    planned = plan(Lamport, 3, entries=2, workload=Counter, servers=1, engine="sim")
    history = SimEngine().run(planned, tmp_path)
    files = sorted((tmp_path / "nodes").iterdir())
    assert [file.name for file in files] == ["0.msgpack", "1.msgpack", "2.msgpack", "3.msgpack"]
    assert [msgspec.msgpack.decode(file.read_bytes(), type=NodeHistory).node for file in files] == [0, 1, 2, 3]
    assert history.wall_s > 0
    assert {node.totals.wire_bytes for node in history.nodes} == {0}
    assert all(node.totals.cpu_s == 0 and node.totals.peak_bytes == 0 for node in history.nodes)


def test_a_server_guards_the_counter_and_runs_no_algorithm() -> None:
    history = simulate(Lamport, 3, entries=4, workload=Counter, servers=1, network=RANDOM)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 12
    assert history.nodes[3].algorithm_types == 0
    assert sum(history.nodes[3].totals.handled_by_type) > 0
    assert RegisterChecker().check(history).outcome == "valid"


def test_the_default_delay_is_one_millisecond_each_way() -> None:
    history = simulate(RicartAgrawala, 2, entries=[1, 0], dwell=ZERO)
    [entry] = history.entries
    assert (entry.requested, entry.entered) == (0, 2_000_000)


def test_tickets_are_handed_out_to_the_last_and_no_more() -> None:
    history = simulate(Lamport, 4, tickets=11)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 11
    assert {entry.node for entry in history.entries} == {0, 1, 2, 3}


def test_tickets_go_first_to_nodes_that_the_seed_draws() -> None:
    order = list(range(8))
    random.Random("5/turns").shuffle(order)
    history = simulate(Lamport, 8, tickets=3, seed=5)
    assert {entry.node for entry in history.entries} == set(order[:3])


def test_payload_bytes_are_those_of_each_copy_that_was_sent() -> None:
    for algorithm in (Lamport, Maekawa):
        history = simulate(algorithm, 4, entries=3)
        sizes = dict.fromkeys(range(4), 0)
        for event in history:
            sizes[event.node] += len(event.payload) * (event.kind == "sent")
        assert {node.node: node.totals.payload_bytes for node in history.nodes} == sizes


class Numbers(Message):
    """A list on its way."""

    numbers: list[int]


class Collector(Algorithm):
    """Alters what it sent and what it received."""

    name = "collector"
    seen: list[list[int]] = []
    mine: list[int] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.mine = [7]
        out.broadcast(Numbers(self.mine))
        out.send((self.me + 1) % self.n, Numbers(self.mine))
        out.enter()

    def on_message(self, sender: int, message: Numbers, out: Out) -> None:
        message.numbers.append(self.me)
        self.seen.append(message.numbers)

    def on_release(self, out: Out) -> None:
        self.mine.append(8)


def test_a_node_that_alters_what_it_sent_or_received_alters_nobody_elses_copy() -> None:
    made = world(Collector, 3, entries=[1, 0, 0], dwell=ZERO)
    made.run()
    seen = [place.node.algorithm.seen for place in made.places]  # type: ignore[attr-defined]
    assert seen == [[], [[7, 1], [7, 1]], [[7, 2]]]


def test_a_history_of_sections_leaves_messages_out_and_counts_them_all_the_same() -> None:
    full, sections, off = (
        simulate(Lamport, 4, entries=3, history=level, network=RANDOM) for level in ("full", "sections", "off")
    )
    assert counts(full) == counts(sections) == counts(off)
    assert full.sections == sections.sections
    assert {event.kind for event in sections} == {"requested", "entered", "released"}
    assert not list(off)
