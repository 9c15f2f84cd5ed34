"""Faults in the simulated world: crash and restart, pause, partitions, by schedule and from the seed."""

import random
from typing import Any

import msgspec
import pytest
from worlds import simulate, stored

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.checkers.mutual_exclusion import Fencing, Overlap
from mxbench.checkers.progress import Progress
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.faults import parse_faults
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.workloads.bank import Bank, BankOptions
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami

MS = 1_000_000


class Tick(Message):
    """The number-th tick."""

    number: int


class Clock(Algorithm):
    """Node 0 sends a tick to its peers each millisecond, twenty in all."""

    name = "clock"
    ticks: int = 0

    def on_start(self, out: Out) -> None:
        if self.me == 0:
            out.set_timer("tick", Constant(0.001))

    def on_timer(self, name: str, out: Out) -> None:
        out.broadcast(Tick(self.ticks))
        self.ticks += 1
        if self.ticks < 20:
            out.set_timer("tick", Constant(0.001))

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()


def ticking(faults: list[Any], nodes: int = 3, **settings: Any) -> History:
    """Return a run in which tick k is sent at k + 1 ms and takes half a millisecond."""
    return simulate(Clock, nodes, entries=0, network=Network(delay=Constant(0.0005)), faults=faults, **settings)


def heard(history: History, node: int) -> list[tuple[float, int]]:
    """Return (ms, number of the tick) of what was delivered to a node."""
    return [(event.time / MS, event.sequence) for event in history if event.kind == "delivered" and event.node == node]


def faults_of(history: History, node: int) -> list[tuple[float, str]]:
    return [(event.time / MS, event.detail) for event in history if event.kind == "fault" and event.node == node]


def ticks(*numbers: int) -> list[tuple[float, int]]:
    return [(number + 1.5, number) for number in numbers]


def test_what_reaches_a_crashed_node_is_lost_and_the_rest_is_not() -> None:
    history = ticking([{"at": "5ms", "crash": 1}, {"at": "8ms", "restart": 1}])
    assert heard(history, 1) == ticks(0, 1, 2, 3, *range(7, 20))
    assert heard(history, 2) == ticks(*range(20))
    assert faults_of(history, 1) == [(5.0, "crash"), (8.0, "restart")]
    assert faults_of(history, 0) == faults_of(history, 2) == []


def test_a_crashed_node_sends_nothing_and_its_timers_fire_at_the_restart() -> None:
    history = ticking([{"at": "5.2ms", "crash": 0, "for": "10ms"}])
    assert heard(history, 1)[:7] == [*ticks(0, 1, 2, 3, 4), (15.7, 5), (16.7, 6)]
    assert len(heard(history, 1)) == 20


def test_what_a_node_sent_before_its_crash_is_on_its_way() -> None:
    assert heard(ticking([{"at": "5.2ms", "crash": 0}]), 1) == ticks(0, 1, 2, 3, 4)


def test_a_paused_node_loses_nothing_and_keeps_the_order() -> None:
    history = ticking([{"at": "5ms", "pause": 1, "for": "3.5ms"}])
    assert heard(history, 1) == [*ticks(0, 1, 2, 3), (8.5, 4), (8.5, 5), (8.5, 6), *ticks(*range(7, 20))]
    assert faults_of(history, 1) == [(5.0, "pause"), (8.5, "resume")]


def test_a_crash_during_a_pause_loses_what_waited() -> None:
    faults = [{"at": "5ms", "pause": 1, "for": "5ms"}, {"at": "7ms", "crash": 1}, {"at": "12ms", "restart": 1}]
    assert heard(ticking(faults), 1) == ticks(0, 1, 2, 3, *range(11, 20))


def test_a_partition_loses_what_is_sent_or_arrives_while_it_lasts() -> None:
    faults = [{"at": "5.2ms", "partition": [[0, 1], [2]], "for": "3ms"}]
    history = ticking(faults)
    assert heard(history, 1) == ticks(*range(20))
    assert heard(history, 2) == ticks(0, 1, 2, 3, *range(8, 20))
    assert faults_of(history, 2) == [(5.2, "partition 0, 1 | 2"), (8.2, "heal")]


def test_a_one_way_partition_cuts_the_links_from_its_first_group_alone() -> None:
    for groups, missing in (([[0], [1, 2]], True), ([[1, 2], [0]], False)):
        history = ticking([{"at": "5.2ms", "partition": groups, "one_way": True}])
        assert (len(heard(history, 1)) < 20) == missing


def test_one_heal_ends_every_partition_and_overlapping_ones_end_each_on_its_own() -> None:
    both = [{"at": "2.2ms", "partition": [[0], [1]]}, {"at": "3.2ms", "partition": [[0], [1, 2]]}]
    assert heard(ticking([*both, {"at": "6.2ms", "heal": "all"}]), 1) == ticks(0, *range(6, 20))
    timed = [
        {"at": "2.2ms", "partition": [[0], [1]], "for": "1ms"},
        {"at": "2.7ms", "partition": [[0], [1, 2]], "for": "5ms"},
    ]
    assert heard(ticking(timed), 1) == ticks(0, *range(7, 20))


def test_a_crash_inside_keeps_the_node_inside_until_it_is_back() -> None:
    history = simulate(
        RicartAgrawala, 2, entries=[1, 0], dwell=Constant(0.005), faults=[{"at": "4ms", "crash": 0, "for": "10ms"}]
    )
    [entry] = history.entries
    assert (entry.entered, entry.released) == (2 * MS, 14 * MS)


def test_lamport_waits_for_ever_for_a_node_that_crashed() -> None:
    history = simulate(Lamport, 3, entries=2, faults=[{"at": "0.5ms", "crash": 2}])
    assert history.ending.reason == "stuck"
    assert [line.partition(";")[0] for line in history.ending.stuck] == ["node 0 waits", "node 1 waits"]


def test_a_crash_of_one_who_wants_nothing_leaves_the_others_their_token() -> None:
    history = simulate(SuzukiKasami, 3, entries=[2, 2, 0], faults=[{"at": "0.5ms", "crash": 2}])
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 4


def test_one_who_crashes_for_good_while_waiting_is_not_called_stuck() -> None:
    history = simulate(SuzukiKasami, 3, entries=[0, 1, 0], faults=[{"at": "0.5ms", "crash": 1}])
    assert history.ending.reason == "quiet"
    assert history.entries == []


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala, SuzukiKasami], ids=lambda a: a.name)
def test_pauses_from_the_seed_delay_every_algorithm_and_break_none(algorithm: type[Algorithm]) -> None:
    pauses = [{"random": "pause", "count": 20, "between": ["0ms", "100ms"], "for": {"exponential": "5ms"}}]
    settings: dict[str, Any] = {"entries": 6, "think": Exponential(0.004)}
    paused = simulate(algorithm, 4, faults=pauses, **settings)
    assert paused.ending.reason == "quiet"
    assert [entry.number for entry in paused.entries] == list(range(1, 25))
    undisturbed = simulate(algorithm, 4, **settings)
    assert paused.entries[-1].released > undisturbed.entries[-1].released  # type: ignore[operator]


def test_faults_from_the_seed_are_the_same_for_the_same_seed() -> None:
    faults = [
        {"random": "crash", "count": 3, "between": ["0ms", "20ms"], "for": "2ms"},
        {"random": "partition", "count": 3, "between": ["0ms", "20ms"], "for": "2ms"},
    ]
    runs = [ticking(faults, seed=seed) for seed in (5, 5, 6)]
    assert stored(runs[0]) == stored(runs[1])
    assert stored(runs[0]) != stored(runs[2])
    kinds = [detail.split()[0] for node in range(3) for _, detail in faults_of(runs[0], node)]
    assert kinds.count("crash") == kinds.count("restart") >= 1
    assert "partition" in kinds


def test_requests_that_come_during_a_pause_are_counted_from_when_they_were_meant_to_come() -> None:
    settings: dict[str, Any] = {"entries": 20, "rate": 100.0, "dwell": ZERO}
    pauses = [{"at": "50ms", "pause": 0, "for": "80ms"}]
    paused, undisturbed = simulate(Clock, 1, faults=pauses, **settings), simulate(Clock, 1, **settings)
    assert [section.arrival for section in paused.sections] == [section.arrival for section in undisturbed.sections]
    assert any(section.requested == 130 * MS > section.arrival for section in paused.sections)


class Chatter(Clock):
    """Node 0 ticks for ever."""

    name = "chatter"
    falls_quiet = False
    ticks: int = -1_000_000_000


def test_a_block_lost_at_a_crashed_node_keeps_no_restless_run_from_its_end() -> None:
    options = BankOptions()
    shares = tuple(Bank.shares(options, 2, [2, 0], random.Random(1)))
    history = simulate(
        Chatter, 2, entries=[2, 0], workload=Bank, shares=shares, options=msgspec.to_builtins(options),
        faults=[{"at": "0.1ms", "crash": 1}], time_limit=1.0,
    )  # fmt: skip
    assert history.ending.reason == "quiet", history.ending
    assert len(history.entries) == 2


WRONG: dict[str, tuple[Any, str]] = {
    "no-list": ({"at": "1ms"}, "faults are a list, of {at: 5ms, crash: 1}"),
    "no-time": ([{"crash": 1}], "{crash: 1}: write {at: 5ms, crash: 1}"),
    "no-unit": ([{"at": 5, "crash": 1}], "{at: 5, crash: 1}: a duration needs a unit"),
    "two-kinds": ([{"at": "1ms", "crash": 1, "pause": 1}], "write {at: 5ms, crash: 1}"),
    "no-node": ([{"at": "1ms", "crash": 7}], "7 is no node; there are 0 to 2"),
    "endless-pause": ([{"at": "1ms", "pause": 1}], "a pause needs to know how long: for: 10ms"),
    "long-restart": ([{"at": "1ms", "restart": 1, "for": "1ms"}], "its keys can be at, restart"),
    "one-group": ([{"at": "1ms", "partition": [[0, 1, 2]]}], "a partition is two or more groups of nodes"),
    "twice": ([{"at": "1ms", "partition": [[0, 1], [1, 2]]}], "a node stands in two groups"),
    "random-what": ([{"random": "flood", "between": ["0s", "1s"], "for": "1ms"}], "write {random: crash, pause"),
    "random-order": ([{"random": "crash", "between": ["2s", "1s"], "for": "1ms"}], "needs its earlier time first"),
    "random-count": ([{"random": "crash", "count": 0, "between": ["0s", "1s"], "for": "1ms"}], "from 1 to 10000"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_fault_that_cannot_be_is_refused_with_what_is_allowed(case: str) -> None:
    given, said = WRONG[case]
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parse_faults(given, 3)
    assert said in str(caught.value)


def test_a_node_that_pauses_at_the_start_keeps_all_waiting_who_need_its_reply() -> None:
    history = simulate(RicartAgrawala, 3, entries=1, dwell=ZERO, faults=[{"at": "0s", "pause": 1, "for": "1s"}])
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3
    assert all(entry.entered >= 1_000 * MS for entry in history.entries if entry.entered is not None)


def test_faults_meet_entries_where_one_node_at_a_time_wants_to_enter() -> None:
    pause = [{"at": "4ms", "pause": 1, "for": "10ms"}, {"at": "1s", "crash": 0}]
    history = simulate(
        Lamport, 3, entries=2, dwell=ZERO, one_at_a_time=True, faults=pause, network=Network(delay=Constant(0.001))
    )
    assert (history.ending.reason, len(history.entries)) == ("quiet", 6)
    waits = [(entry.entered - entry.requested) // MS for entry in history.entries if entry.entered is not None]
    assert sorted(waits) == [2] * 5 + [12]
    assert max(entry.released or 0 for entry in history.entries) < 100 * MS


def judge(history: History) -> list[str]:
    return [checker().check(history).outcome for checker in (Fencing, Overlap, Progress)]


def test_who_crashed_for_good_inside_or_waiting_is_held_against_nobody() -> None:
    waiting = simulate(SuzukiKasami, 3, entries=[2, 1, 0], faults=[{"at": "0.5ms", "crash": 1}])
    assert [(section.node, section.released is None) for section in waiting.sections][-1] == (1, True)
    assert judge(waiting) == ["valid"] * 3
    inside = simulate(Clock, 2, entries=[1, 1], dwell=Constant(0.005), faults=[{"at": "2ms", "crash": 1}])
    assert [(entry.node, entry.number) for entry in inside.entries] == [(0, 1), (1, 1)]
    assert Fencing().check(inside).outcome == "valid"


def test_who_came_back_is_judged_like_anybody() -> None:
    back = [{"at": "2ms", "crash": 1, "for": "1ms"}]
    history = simulate(Clock, 2, entries=[1, 1], dwell=Constant(0.005), faults=back)
    assert judge(history) == ["violated", "violated", "valid"]
    stuck = simulate(RicartAgrawala, 2, entries=[0, 1], faults=[{"at": "1.5ms", "crash": 1, "for": "1ms"}])
    assert stuck.ending.reason == "stuck"  # the reply came while it was down
    assert judge(stuck)[2] == "violated"
