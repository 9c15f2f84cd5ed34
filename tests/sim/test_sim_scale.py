"""Large worlds finish, and a history of sections keeps nothing of a message."""

import gc
import sys
import tracemalloc
from types import FrameType
from typing import Any

import pytest
from oracles import assert_right, messages, messages_per_entry
from worlds import simulate, world

from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.network import Network
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.suzuki_kasami import SuzukiKasami


@pytest.mark.slow
def test_a_thousand_nodes_pass_a_token_that_is_asked_for_by_broadcast() -> None:
    history = simulate(SuzukiKasami, 1000, tickets=40, history="sections")
    assert_right(history, 40)
    assert messages(history).total() in (39 * 1000, 40 * 1000)


@pytest.mark.slow
def test_a_thousand_nodes_pass_a_token_along_reversed_paths() -> None:
    history = simulate(NaimiTrehel, 1000, entries=10, history="sections")
    assert_right(history, 10_000)
    assert 3.8 < messages_per_entry(history) < 4


@pytest.mark.slow
def test_two_hundred_nodes_run_lamport() -> None:
    history = simulate(Lamport, 200, tickets=60, history="sections", network=Network(delay=Exponential(0.002)))
    assert history.ending.reason == "quiet"
    assert [entry.number for entry in history.entries] == list(range(1, 61))
    assert sum(sum(node.totals.sent_by_type) for node in history.nodes) == 60 * 3 * 199


def kept(entries: int, history: str) -> int:
    """Return the bytes that are alive after a run, which were not before it."""
    made = world(Lamport, 6, entries=entries, dwell=ZERO, history=history)
    gc.collect()
    tracemalloc.start()
    made.run()
    gc.collect()  # what a handler left in cycles is no history
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


@pytest.mark.slow
def test_a_history_of_sections_keeps_a_few_bytes_an_entry_and_none_a_message() -> None:
    entries, messages = 6 * 80, 6 * 80 * 15
    sections, full, off = (kept(100, level) - kept(20, level) for level in ("sections", "full", "off"))
    assert sections / entries < 800
    assert full - sections > 10 * messages  # a time and a code of each delivery, but for room that was there already
    assert off / messages < 4


def work(nodes: int, entries: int, one_at_a_time: bool) -> tuple[int, int]:
    """Return how many functions a run called, and the steps that its nodes took: what no other process changes."""
    made = world(
        NaimiTrehel, nodes, tickets=entries, one_at_a_time=one_at_a_time, dwell=ZERO, history="sections"
    )  # fmt: skip
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        ending = made.run()
    finally:
        sys.setprofile(None)
    assert ending.reason == "quiet"
    assert made.entries == entries
    return calls, sum(place.node.steps for place in made.places)


@pytest.mark.slow
@pytest.mark.parametrize("one_at_a_time", [False, True], ids=["closed-loop", "one-at-a-time"])
def test_a_step_costs_as_much_among_ten_thousand_nodes_as_among_a_hundred(one_at_a_time: bool) -> None:
    costs = []
    for nodes in (100, 10_000):
        (calls, steps), (more_calls, more_steps) = (work(nodes, entries, one_at_a_time) for entries in (300, 900))
        costs.append((more_calls - calls) / (more_steps - steps))  # without the start, which all nodes take part in
    assert costs[1] < 1.2 * costs[0]


@pytest.mark.slow
def test_a_node_takes_as_much_memory_among_four_thousand_as_among_five_hundred() -> None:
    sizes = []
    for nodes in (500, 4_000):
        gc.collect()
        tracemalloc.start()
        made = world(NaimiTrehel, nodes, tickets=100, dwell=ZERO, history="sections")
        made.run()
        sizes.append(tracemalloc.get_traced_memory()[0] / nodes)
        tracemalloc.stop()
    assert sizes[1] < 1.5 * sizes[0]
