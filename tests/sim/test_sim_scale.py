"""Large worlds finish, and a history of sections keeps nothing of a message."""

import gc
import tracemalloc

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
