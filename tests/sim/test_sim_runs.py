"""Runs of the simulator: what holds of every algorithm, every workload and every way to end."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from heap_loop import HeapLoop
from plans import plan
from worlds import counts, simulate, stored, world

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.checkers.ledger import Ledger
from mxbench.checkers.mutual_exclusion import Fencing, Overlap
from mxbench.checkers.progress import Progress
from mxbench.checkers.register import RegisterChecker
from mxbench.core.distributions import ZERO, Constant, Exponential, Pareto
from mxbench.core.history import History, NodeHistory
from mxbench.core.network import Network
from mxbench.sim.engine import SimEngine
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.counter import Counter
from mxbench.workloads.hold import Hold
from mxbench_plugins.carvalho_roucairol import CarvalhoRoucairol
from mxbench_plugins.chandy_misra import ChandyMisra
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.lamport_suppressed import LamportSuppressed
from mxbench_plugins.lodha_kshemkalyani import LodhaKshemkalyani
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ricart_agrawala_token import RicartAgrawalaToken
from mxbench_plugins.ring import Ring
from mxbench_plugins.singhal import Singhal
from mxbench_plugins.suzuki_kasami import SuzukiKasami

HERE = Path(__file__).parent
ALGORITHMS = [Lamport, RicartAgrawala, Maekawa, SuzukiKasami, RicartAgrawalaToken, Singhal, NaimiTrehel, Ring]
ALGORITHMS += [LamportSuppressed, CarvalhoRoucairol, LodhaKshemkalyani, ChandyMisra, RaymondKEntry]
RANDOM = Network(delay=Exponential(0.002))


def ids(algorithm: type[Algorithm]) -> str:
    return algorithm.name


def valid(history: History) -> bool:
    return all(checker().check(history).outcome == "valid" for checker in (Fencing, Overlap, Progress))


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
@pytest.mark.parametrize("think", [ZERO, Exponential(0.01)], ids=["saturated", "thinking"])
def test_every_algorithm_serves_all_and_keeps_them_apart(algorithm: type[Algorithm], think: Any) -> None:
    history = simulate(algorithm, 7, entries=5, think=think, network=RANDOM)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 35
    assert valid(history)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
def test_counts_are_those_of_the_independent_heap_loop_where_one_requests_at_a_time(
    algorithm: type[Algorithm],
) -> None:
    settings: dict[str, Any] = {"entries": 4, "one_at_a_time": True}
    ours = simulate(algorithm, 6, network=RANDOM, **settings)
    theirs = HeapLoop(plan(algorithm, 6, **settings), algorithm, Hold).run()
    assert counts(ours) == counts(theirs)
    assert [entry.node for entry in ours.entries] == [entry.node for entry in theirs.entries]


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala], ids=ids)
def test_counts_are_those_of_the_independent_heap_loop_under_load(algorithm: type[Algorithm]) -> None:
    ours = simulate(algorithm, 5, entries=8, network=RANDOM)
    assert counts(ours) == counts(HeapLoop(plan(algorithm, 5, entries=8), algorithm, Hold).run())


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


def test_nodes_that_wait_for_ever_are_told_with_their_state() -> None:
    class Deaf(Algorithm):
        name = "deaf"
        asked: int = 0

        def on_request(self, request: EntryRequest, out: Out) -> None:
            self.asked += 1

    history = simulate(Deaf, 2, entries=1)
    assert history.ending.reason == "stuck"
    assert history.ending.text == "nothing can happen any more, and node 0, node 1 wait or are inside"
    assert history.ending.stuck == (
        "node 0 waits; its state: asked=1",
        "node 1 waits; its state: asked=1",
    )


class Ping(Message):
    """Nothing is meant by it."""


class Chatter(Algorithm):
    """Two nodes that send to and fro for ever, and enter at their own leave."""

    name = "chatter"
    falls_quiet = False
    grants: bool = True

    def on_start(self, out: Out) -> None:
        if self.me == 0:
            out.broadcast(Ping())

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.grants and self.me == 0:
            out.enter()

    def on_message(self, sender: int, message: Ping, out: Out) -> None:
        out.send(sender, Ping())


def test_a_run_that_never_falls_quiet_is_cut_at_the_last_release() -> None:
    history = simulate(Chatter, 2, entries=[3, 0], dwell=Constant(0.005))
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3
    assert history.end() == history.entries[-1].released == 15_000_000


def test_one_at_a_time_goes_on_among_messages_that_never_end() -> None:
    history = simulate(Chatter, 2, entries=[3, 0], one_at_a_time=True)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3


def test_a_run_in_which_messages_flow_and_nobody_enters_stalls_in_virtual_time() -> None:
    history = simulate(Chatter, 2, entries=[0, 1], stall_limit=2.0)
    assert history.ending.failed == "stalled"
    assert history.ending.text == "nobody entered while nodes [1] waited for 2 s; messages still flow"
    assert 2e9 - 2e6 <= history.end() <= 2e9


def test_messages_that_flow_in_no_time_are_bounded_by_their_number() -> None:
    made = world(Chatter, 2, entries=[2, 1], dwell=ZERO, network=Network(delay=ZERO), history="sections")
    made._max_standstill = 50_000
    ending = made.run()
    assert (ending.failed, made.entries) == ("stalled", 2)
    assert "nobody entered while nodes [1] waited in 60000 events, the last at 0 s" in ending.text


def test_the_time_limit_is_one_of_virtual_time() -> None:
    history = simulate(Lamport, 3, entries=1000, time_limit=0.5)
    assert history.ending.failed == "time-limit"
    assert history.ending.text == "the run reached its time limit of 0.5 s"
    assert 4.9e8 < history.end() <= 5e8


def test_a_cancelled_timer_neither_moves_the_clock_nor_stalls_the_run() -> None:
    settings: dict[str, Any] = {"entries": 2, "think": Constant(0.001)}
    made = world(RicartAgrawala, 3, **settings, stall_limit=1.0, time_limit=5.0)
    for place in made.places:
        place.set_timer("arrivals", "never", Constant(60.0), False)
        place.cancel_timer("arrivals", "never")
    assert made.run().reason == "quiet"
    assert made.now < 1e9


def test_a_breach_of_the_contract_ends_the_run_and_names_the_line() -> None:
    class Rash(Algorithm):
        name = "rash"

        def on_request(self, request: EntryRequest, out: Out) -> None:
            out.enter()
            out.enter()

    history = simulate(Rash, 2, entries=1)
    assert (history.ending.reason, history.ending.failed) == ("failed", "contract")
    assert Path(__file__).name in history.ending.text
    assert (
        "it entered without a pending request, or while inside (in on_request, node 0, step 2)" in history.ending.text
    )


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


def test_a_run_in_which_somebody_enters_now_and_then_neither_stalls_nor_hits_the_bound_on_events() -> None:
    made = world(Lamport, 3, entries=700, dwell=ZERO, stall_limit=0.1)
    made._max_standstill = 10_000
    assert made.run().reason == "quiet"
    assert made.now > 10 * 0.1e9
    assert made.events > 10_000


def test_payload_bytes_are_those_of_each_copy_that_was_sent() -> None:
    for algorithm in (Lamport, Maekawa):
        history = simulate(algorithm, 4, entries=3)
        sizes = dict.fromkeys(range(4), 0)
        for event in history:
            sizes[event.node] += len(event.payload) * (event.kind == "sent")
        assert {node.node: node.totals.payload_bytes for node in history.nodes} == sizes


class Hoarder(Algorithm):
    """Keeps what is no plain data, from its start or after so many entries."""

    name = "hoarder"
    after: int = 40
    kept: Any = None

    def on_start(self, out: Out) -> None:
        self.keep()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()

    def on_release(self, out: Out) -> None:
        self.after -= 1
        self.keep()

    def keep(self) -> None:
        if self.after == 0:
            self.kept = iter(())


class Starter(Hoarder):
    """Does so at once."""

    name = "starter"
    after: int = 0


def test_state_that_is_not_plain_data_is_found_at_the_start_and_at_the_end() -> None:
    late, early = simulate(Hoarder, 1, entries=40), simulate(Starter, 1, entries=40)
    for history, entries in ((late, 40), (early, 0)):
        assert history.ending.failed == "contract"
        assert "the state 'kept' holds" in history.ending.text
        assert len(history.entries) == entries


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


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
def test_the_bank_ends_with_one_ledger_over_links_of_any_length(algorithm: type[Algorithm]) -> None:
    options = BankOptions(queries_per_node=2)
    shares = tuple(Bank.shares(options, 5, [6] * 5, random.Random(1)))
    history = simulate(
        algorithm, 5, entries=6, workload=Bank, shares=shares, options=msgspec.to_builtins(options),
        network=Network(delay=Pareto(0.0005, 1.2)),
    )  # fmt: skip
    assert valid(history)
    assert Ledger().check(history).outcome == "valid"
