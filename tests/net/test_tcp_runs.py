"""Undisturbed runs over TCP: what is counted, what is written down, and when it ends."""

import os
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from clusters import PLUGINS, assert_whole, counts_by_node, file_ref, lamport, of_file
from heap_loop import HeapLoop
from oracles import assert_right
from plans import plan

from mxbench.compiled import PURE
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History
from mxbench.core.plan import Progress, RunPlan, turns
from mxbench.errors import MachineError
from mxbench.net.cluster import Cluster
from mxbench.net.wire import MAX_FRAME
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ring import Ring
from mxbench_plugins.suzuki_kasami import SuzukiKasami


def run(run_plan: RunPlan, folder: Path) -> History:
    return Cluster(run_plan, folder).run()


def test_a_plan_may_be_longer_than_any_message(tmp_path: Path) -> None:
    to_do = {"unread": "x" * (MAX_FRAME + 1)}
    history = run(msgspec.structs.replace(lamport(2, entries=[1, 0]), options=to_do), tmp_path)
    assert (history.ending.reason, len(history.entries)) == ("quiet", 1)


@pytest.mark.slow
@pytest.mark.parametrize(("nodes", "entries"), [(1, 20), (2, 20), (3, 20), (10, 10), (50, 2)])
def test_lamport_takes_exactly_three_messages_a_peer_for_any_number_of_nodes(
    nodes: int, entries: int, tmp_path: Path
) -> None:
    history = run(lamport(nodes, entries=entries), tmp_path)
    assert_right(history, entries * nodes)
    assert_whole(history)
    for sent, handled in counts_by_node(history):
        others = (nodes - 1) * entries
        assert sent == handled == {"Request": others, "Reply": others, "Release": others}


SAME = [
    pytest.param(Lamport, {}, id="lamport-saturated"),
    pytest.param(Lamport, {"one_at_a_time": True}, id="lamport-one-at-a-time"),
    pytest.param(RicartAgrawala, {}, id="ricart-agrawala-saturated"),
    pytest.param(RicartAgrawala, {"one_at_a_time": True}, id="ricart-agrawala-one-at-a-time"),
    pytest.param(Maekawa, {"one_at_a_time": True}, id="maekawa-one-at-a-time"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "settings"), SAME)
def test_counts_are_those_of_the_heap_loop_by_type_and_node(
    algorithm: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    the_plan = plan(algorithm, 5, entries=[3, 1, 4, 0, 2], dwell=ZERO, seed=7, **settings)
    over_tcp = run(the_plan, tmp_path)
    assert_right(over_tcp, 10)
    assert_whole(over_tcp)
    assert counts_by_node(over_tcp) == counts_by_node(HeapLoop(the_plan, algorithm, Hold).run())


def test_a_run_without_the_compiled_pump_counts_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PURE, "1")
    history = run(lamport(3, entries=10), tmp_path)
    assert_right(history, 30)
    assert_whole(history)
    assert {tuple(sent.items()) for sent, _ in counts_by_node(history)} == {
        (("Request", 20), ("Reply", 20), ("Release", 20))
    }


def test_one_at_a_time_follows_the_seeded_order_and_nobody_waits_for_another(tmp_path: Path) -> None:
    the_plan = lamport(3, entries=4, one_at_a_time=True, seed=3)
    history = run(the_plan, tmp_path)
    assert_right(history, 12)
    assert [section.node for section in history.entries] == turns(the_plan, Random("3/turns"))
    by_time = sorted(history.sections, key=lambda section: section.requested)
    for before, after in pairwise(by_time):
        assert before.released is not None
        assert before.released < after.requested


@pytest.mark.parametrize("nodes", [1, 3])
def test_a_total_of_entries_is_handed_out_to_the_last_and_no_further(nodes: int, tmp_path: Path) -> None:
    history = run(lamport(nodes, tickets=25), tmp_path)
    assert_right(history, 25)
    assert_whole(history)


@pytest.mark.parametrize("tickets", [1, 2])
def test_a_total_smaller_than_the_number_of_nodes_leaves_some_out(tickets: int, tmp_path: Path) -> None:
    assert_right(run(lamport(3, tickets=tickets), tmp_path), tickets)


def test_a_total_may_be_handed_out_one_at_a_time(tmp_path: Path) -> None:
    the_plan = lamport(3, tickets=9, one_at_a_time=True)
    history = run(the_plan, tmp_path)
    assert_right(history, 9)
    assert [section.node for section in history.entries] == turns(the_plan, Random("1/turns"))


def test_a_total_with_an_open_loop_ends_although_requests_would_go_on_arriving(tmp_path: Path) -> None:
    assert_right(run(lamport(3, tickets=20, rate=2000.0), tmp_path), 20)


def test_an_open_loop_arrives_as_drawn_and_waits_count_from_the_time_that_was_meant(tmp_path: Path) -> None:
    history = run(lamport(2, entries=25, rate=1000.0, dwell=Constant(0.002)), tmp_path)  # four times what it can take
    assert_right(history, 50)
    for node in range(2):
        sections = sorted((s for s in history.sections if s.node == node), key=lambda section: section.id)
        stream = Random(f"1/{node}/arrivals.arrival")
        gaps = [int(Exponential(0.001).draw(stream.random) * 1e9) for _ in range(25)]
        arrivals = [section.arrival for section in sections]
        assert [b - a for a, b in pairwise(arrivals)] == gaps[1:]
        assert all(section.arrival <= section.requested for section in sections)
        assert sections[-1].requested - sections[-1].arrival > 20_000_000, "the last one waited behind the others"


def test_thinking_takes_at_least_the_time_that_was_drawn(tmp_path: Path) -> None:
    history = run(lamport(2, entries=10, think=Exponential(0.003)), tmp_path)
    assert_right(history, 20)
    for node in range(2):
        sections = sorted((s for s in history.sections if s.node == node), key=lambda section: section.id)
        stream = Random(f"1/{node}/arrivals.arrival")
        thinks = [int(Exponential(0.003).draw(stream.random) * 1e9) for _ in range(10)]
        for (before, after), drawn in zip(pairwise(sections), thinks[1:], strict=True):
            assert before.released is not None
            assert after.requested - before.released >= drawn


def test_no_request_arrives_after_the_duration_and_all_that_came_are_served(tmp_path: Path) -> None:
    duration = msgspec.structs.replace(
        lamport(3), arrivals=tuple(ArrivalPlan(think=Constant(0.002), duration=0.15) for _ in range(3))
    )
    history = run(duration, tmp_path)
    assert_right(history, len(history.sections))
    assert len(history.entries) > 10
    for node in history.nodes:
        kinds = [(event.kind, event.detail) for event in history.of_node(node)]
        end = kinds.index(("timer", ["arrivals", "end"]))
        assert not [kind for kind, _ in kinds[end:] if kind == "requested"]


@pytest.mark.parametrize("pure", [False, True], ids=["as-installed", "python"])
def test_a_node_that_need_ask_nobody_hears_the_others_between_its_entries(
    pure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without think time and dwell the holder of the token is never at rest: it must look up all the same, for the
    requests of the others and for the end of the time."""
    if pure:
        monkeypatch.setenv(PURE, "1")
    history = run(plan(SuzukiKasami, 3, entries=None, duration=0.6, dwell=ZERO, history="sections"), tmp_path)
    assert history.ending.reason == "quiet", history.ending
    assert {entry.node for entry in history.entries} == {0, 1, 2}


def test_a_duration_passes_for_a_node_alone(tmp_path: Path) -> None:
    history = run(plan(Lamport, 1, entries=None, duration=0.1, dwell=ZERO), tmp_path)
    assert history.ending.reason == "quiet", history.ending
    assert len(history.entries) > 10
    assert_right(history, len(history.entries))


def test_nodes_that_never_ask_take_part(tmp_path: Path) -> None:
    history = run(lamport(3, entries=[0, 5, 0]), tmp_path)
    assert_right(history, 5)
    assert_whole(history)


def test_a_run_in_which_nobody_asks_ends(tmp_path: Path) -> None:
    assert_right(run(lamport(3, entries=0), tmp_path), 0)


@pytest.mark.parametrize("level", ["sections", "off"])
def test_a_shorter_history_counts_the_same(level: Any, tmp_path: Path) -> None:
    history = run(lamport(3, entries=5, history=level), tmp_path)
    assert history.ending.reason == "quiet"
    assert [sent for sent, _ in counts_by_node(history)] == [{"Request": 10, "Reply": 10, "Release": 10}] * 3
    assert len(history.entries) == (15 if level == "sections" else 0)


LOADS: dict[str, dict[str, Any]] = {"saturated": {}, "turns": {"one_at_a_time": True}, "total": {"tickets": 12}}


@pytest.mark.parametrize("settings", LOADS.values(), ids=LOADS)
def test_an_algorithm_that_sends_for_ever_is_cut_at_the_last_release(settings: dict[str, Any], tmp_path: Path) -> None:
    ring = plan(Ring, 3, entries=4, dwell=ZERO, **settings)
    assert_right(run(ring, tmp_path), 12)


@pytest.mark.slow
def test_no_message_of_the_workload_is_cut_off_with_an_algorithm_that_sends_for_ever(tmp_path: Path) -> None:
    ring = plan(Ring, 4, entries=2, dwell=ZERO, history="sections")
    history = run(msgspec.structs.replace(ring, workload=file_ref(PLUGINS / "announces.py", "Announces")), tmp_path)
    assert_right(history, 8)
    by_node = {node: {s.number for s in history.entries if s.node == node} for node in range(4)}
    for node, heard in history.values().items():
        assert set(heard) == set(range(1, 9)) - by_node[node]


def test_each_node_tells_what_it_cost(tmp_path: Path) -> None:
    history = run(lamport(2, entries=5), tmp_path)
    for node in history.nodes:
        payloads = sum(len(event.payload) for event in history.of_node(node) if event.kind == "sent")
        assert node.totals.payload_bytes == payloads > 0
        assert node.totals.wire_bytes > payloads
        assert node.totals.cpu_s > 0
        assert node.totals.peak_bytes > 1 << 20


def test_progress_is_told_and_never_goes_back(tmp_path: Path) -> None:
    told: list[Progress] = []
    Cluster(lamport(3, entries=10, dwell=Constant(0.01)), tmp_path, told.append).run()
    assert len(told) >= 3
    assert [p.entries for p in told] == sorted(p.entries for p in told)
    assert told[-1].entries == 30
    assert told[-1].messages == 180
    assert any(p.inside for p in told)
    assert any(p.waiting for p in told)


def test_an_exception_in_the_progress_callback_ends_the_run_and_comes_through(tmp_path: Path) -> None:
    def burst(progress: Progress) -> None:
        raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError, match="the screen is gone"):
        Cluster(lamport(3, entries=10, dwell=Constant(0.01)), tmp_path, burst).run()


@pytest.mark.slow
def test_a_run_leaves_no_descriptor_open(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    run(lamport(2), tmp_path / "first")
    before = descriptors()
    run(lamport(3), tmp_path / "second")
    run(of_file(PLUGINS / "babbles.py", "Quits"), tmp_path / "third")
    run(of_file(tmp_path / "missing.py", "Nothing"), tmp_path / "fourth")
    assert descriptors() == before


def test_a_machine_that_starts_no_process_is_blamed_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(MachineError, match="no process for the nodes could be started"):
        run(lamport(2), tmp_path)


def test_a_node_process_loads_no_library_that_it_does_not_need_and_reads_no_input(tmp_path: Path) -> None:
    talks = msgspec.structs.replace(lamport(2, entries=1), workload=file_ref(PLUGINS / "talks.py", "Talks"))
    history = run(talks, tmp_path)
    assert_right(history, 2)
    for modules, read in history.values().values():
        assert "mxbench.net.process" in modules
        loaded = {name.partition(".")[0] for name in modules}
        assert not loaded & {"typer", "rich", "pydantic", "yaml", "tabulate", "asyncio", "multiprocessing"}
        assert read == ""
