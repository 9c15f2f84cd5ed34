"""Safety first, then liveness: an algorithm that claims to survive goes on once the last fault is over."""

from typing import Any

import pytest
from oracles import assert_right, overlaps, repeated_numbers
from persistent import Persistent
from worlds import simulate

from mxbench.checkers.progress import Progress
from mxbench.core.distributions import Constant, Exponential
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami

HOSTILE = Network(delay=Exponential(0.001), fifo=False, loss=0.2, duplicate=0.2)
FAULTS: dict[str, list[Any]] = {
    "loss-and-duplicates": [],
    "partitions": [
        {"at": "5ms", "partition": [[0, 1], [2, 3]], "for": "60ms"},
        {"at": "90ms", "partition": [[0], [1, 2, 3]], "for": "60ms", "one_way": True},
    ],
    "crashes": [
        {"at": "5ms", "crash": 1, "for": "60ms"},
        {"random": "crash", "count": 6, "between": ["0s", "300ms"], "for": {"exponential": "20ms"}},
    ],
    "random": [
        {"random": "partition", "count": 6, "between": ["0s", "300ms"], "for": {"exponential": "20ms"}},
        {"random": "pause", "count": 6, "between": ["0s", "300ms"], "for": {"exponential": "20ms"}},
    ],
}


def survived(algorithm: Any, faults: list[Any], seed: int) -> History:
    return simulate(
        algorithm, 4, entries=6, think=Exponential(0.005), dwell=Constant(0.002), network=HOSTILE, faults=faults,
        seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_after_the_last_heal_every_waiter_enters(faults: list[Any], seed: int) -> None:
    history = survived(Persistent, faults, seed)
    assert_right(history, 24)
    assert history.ending.reason == "quiet"


def test_who_waits_behind_a_partition_enters_after_the_heal() -> None:
    waited = 0
    for seed in range(10):
        history = survived(Persistent, FAULTS["partitions"], seed)
        heal = max(event.time for event in history if event.kind == "fault" and event.detail == "heal")
        waited += sum(entry.requested < heal < (entry.entered or 0) for entry in history.entries)
    assert waited >= 10


def test_without_asking_again_the_same_network_stops_it_but_lets_no_two_in() -> None:
    stuck = 0
    for seed in range(10):
        history = survived(RicartAgrawala, FAULTS["loss-and-duplicates"], seed)
        stuck += history.ending.reason == "stuck"
        assert repeated_numbers(history) == overlaps(history) == []
    assert stuck == 10


def test_who_crashed_for_good_owes_no_further_request() -> None:
    crash = [{"at": "4ms", "crash": 2}]
    history = simulate(SuzukiKasami, 3, entries=[4, 4, 9], think=Constant(0.005), faults=crash)
    assert history.ending.reason == "quiet"
    assert len([section for section in history.sections if section.node == 2]) < 9
    finding = Progress().check(history)
    assert finding.outcome == "valid", finding.text
    assert "of those who did not crash (node 2)" in finding.text
