"""Waits explained: four parts that sum to each wait exactly, and that are what a person would work out by hand."""

from random import Random

import msgspec
import pytest
from plans import run

from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import Constant
from mxbench.core.history import History, Section
from mxbench.core.plan import PluginRef
from mxbench.loading import load_class
from mxbench.metrics.waits import Occupied, Waits, explain
from mxbench.report.waits import WaitReport

MS = 1_000_000
CLASSES = ("lamport.Lamport", "ricart_agrawala.RicartAgrawala", "maekawa.Maekawa")


def algorithm(name: str) -> type[Algorithm]:
    module, _, cls = name.partition(".")
    return load_class(PluginRef(module, f"mxbench_plugins.{module}", cls))  # type: ignore[no-any-return]


def constant(sender: int, to: int, message: object) -> int:
    return MS


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    "settings", [{}, {"think": Constant(0.004)}, {"rate": 200.0}, {"one_at_a_time": True}], ids=str
)
def test_the_parts_of_every_wait_sum_to_it(name: str, settings: dict) -> None:
    waits = explain(run(algorithm(name), 5, entries=5, seed=3, **settings))
    assert len(waits) == 25
    for wait in waits:
        parts = (wait.queueing, wait.dwell, wait.network, wait.handlers)
        assert None not in parts
        assert sum(parts) == wait.section.entered - wait.section.arrival
        assert min(parts) >= 0


def test_an_uncontended_wait_is_two_messages_on_their_way() -> None:
    waits = explain(run(algorithm("ricart_agrawala.RicartAgrawala"), 3, one_at_a_time=True, delay=constant))
    assert {(w.queueing, w.dwell, w.network, w.handlers) for w in waits} == {(0, 0, 2 * MS, 0)}


def test_a_contended_wait_is_the_stays_and_the_hand_overs_of_those_before() -> None:
    # All three ask at time 0. Node 0 enters at 2 ms, stays 1 ms, and its reply takes 1 ms; then node 1; then node 2.
    waits = explain(run(algorithm("ricart_agrawala.RicartAgrawala"), 3, entries=1, delay=constant))
    assert [(w.queueing, w.dwell, w.network, w.handlers) for w in waits] == [
        (0, 0, 2 * MS, 0),
        (2 * MS, MS, MS, 0),
        (3 * MS, 2 * MS, MS, 0),
    ]


def test_a_message_sent_before_the_last_exit_counts_from_that_exit() -> None:
    slow = 10 * MS  # node 2's reply to node 1 is still on its way when node 0 leaves

    def delay(sender: int, to: int, message: object) -> int:
        return slow if (sender, to) == (2, 1) else MS

    waits = explain(run(algorithm("ricart_agrawala.RicartAgrawala"), 3, entries=[1, 1, 0], delay=delay))
    second = waits[1]
    assert (second.section.node, second.section.entered) == (1, 11 * MS)
    assert (second.queueing, second.dwell, second.network, second.handlers) == (2 * MS, MS, 8 * MS, 0)


def test_where_two_may_be_inside_the_third_waits_for_the_first_to_leave() -> None:
    # All three ask at time 0; nodes 0 and 1 enter at 2 ms and stay 1 ms; node 0's reply takes 1 ms to node 2.
    waits = explain(run(algorithm("raymond_k_entry.RaymondKEntry"), 3, entries=1, delay=constant, k=2))
    found = {w.section.node: (w.queueing, w.dwell, w.network, w.handlers) for w in waits}
    assert found == {0: (0, 0, 2 * MS, 0), 1: (0, 0, 2 * MS, 0), 2: (2 * MS, MS, MS, 0)}


@pytest.mark.parametrize("k", [1, 2, 3])
def test_all_places_are_taken_for_as_long_as_a_look_at_every_instant_finds(k: int) -> None:
    draw = Random(k)
    for _ in range(50):
        stays = [(start, start + draw.randint(0, 6)) for start in draw.choices(range(20), k=draw.randint(0, 8))]
        taken = [sum(a <= instant < b for a, b in stays) >= k for instant in range(30)]
        occupied = Occupied(sections(stays), k)
        assert [occupied.until(time) for time in range(30)] == [sum(taken[:time]) for time in range(30)]


def test_a_place_is_free_again_at_an_exit_even_if_it_is_taken_at_once() -> None:
    occupied = Occupied(sections([(0, 5), (2, 4), (4, 6)]), 2)
    assert [occupied.last_end(time) for time in (3, 4, 5, 9)] == [None, 4, 5, 5]
    instants = Occupied(sections([(3, 3), (3, 3), (7, 7)]), 2)
    assert [instants.last_end(time) for time in (2, 3, 9)] == [None, 3, 3], "two were inside, if for no time"


def sections(stays: list[tuple[int, int]]) -> list[Section]:
    return [Section(0, number, 0, 0, entered=a, released=b) for number, (a, b) in enumerate(stays)]


def test_a_single_node_waits_for_nothing() -> None:
    history = run(algorithm("lamport.Lamport"), 1)
    assert {(w.queueing, w.dwell, w.network, w.handlers) for w in explain(history)} == {(0, 0, 0, 0)}


def test_the_means_sum_to_the_mean_wait() -> None:
    history = run(algorithm("maekawa.Maekawa"), 4, entries=6)
    parts = Waits().measure(history)["wait_parts_ms"]
    waits = [(entry.entered - entry.arrival) / 1e6 for entry in history.entries]
    assert sum(parts.values()) == pytest.approx(sum(waits) / len(waits))


def test_without_messages_the_hand_over_is_not_cut_further() -> None:
    history = run(algorithm("lamport.Lamport"), 3)
    history.plan = msgspec.structs.replace(history.plan, history="sections")
    parts = Waits().measure(history)["wait_parts_ms"]
    assert parts["network"] is None
    assert parts["handlers"] is None
    assert parts["dwell"] > 0
    assert "not recorded" in WaitReport().render(history)


def test_entries_that_were_not_recorded_are_not_said_to_be_none() -> None:
    history = run(algorithm("lamport.Lamport"), 3)
    off = History(msgspec.structs.replace(history.plan, history="off"), history.ending, [])
    first, *rest = WaitReport().render(off).splitlines()
    assert first.endswith(": entries were not recorded")
    assert rest == ["no events were recorded (history: off); run it with --set history=full"]
    nobody = run(algorithm("lamport.Lamport"), 3, entries=0)
    assert WaitReport().render(nobody).endswith(": 0 entries\nno entry, and so no wait to explain")


def test_the_report_shows_the_longest_waits_and_the_shares_of_all() -> None:
    text = WaitReport().render(run(algorithm("lamport.Lamport"), 5, entries=20))
    assert "the 40 longest of 100 waits, by number" in text
    assert text.splitlines()[-1].startswith("of 100 waits: queueing ")
