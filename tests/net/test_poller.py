"""The loop of a node: timers in their order and not before their time, descriptors as they become ready."""

import os
import time
from collections.abc import Iterator

import pytest

from mxbench.net.poller import EARLIER_NS, LATER_NS, MOST_AHEAD_NS, READ, NamedTimers, Poller, learnt


@pytest.fixture
def poller() -> Iterator[Poller]:
    it = Poller()
    yield it
    it.close()


def step_until(poller: Poller, events: list[object], count: int) -> None:
    while len(events) < count:
        poller.step()


@pytest.mark.parametrize("punctual", [False, True], ids=["patient", "punctual"])
def test_timers_fire_in_the_order_of_their_times_and_none_too_early(punctual: bool, poller: Poller) -> None:
    if punctual:
        poller.be_punctual()
    fired: list[object] = []
    begin = time.monotonic_ns()
    for milliseconds in (3.0, 0.2, 1.7, 0.0):
        poller.at(begin + int(milliseconds * 1e6), lambda ms=milliseconds: fired.append((ms, time.monotonic_ns())))
    step_until(poller, fired, 4)
    assert [ms for ms, _ in fired] == [0.0, 0.2, 1.7, 3.0]
    assert all(at >= begin + int(ms * 1e6) for ms, at in fired)


@pytest.mark.parametrize("usual", [0, 60_000, 300_000, 2_000_000], ids=lambda ns: f"{ns // 1000}us")
def test_a_punctual_poller_learns_how_late_it_is_woken_and_hardly_minds_a_stall(usual: int) -> None:
    ahead = 0
    for count in range(1000):
        before, ahead = ahead, learnt(ahead, 50_000_000 if count % 20 == 19 else usual)
        assert 0 <= ahead <= MOST_AHEAD_NS
        assert abs(ahead - before) <= EARLIER_NS
    assert min(usual, MOST_AHEAD_NS) - LATER_NS <= ahead <= usual + 2 * EARLIER_NS


def test_a_cancelled_timer_does_not_fire_even_when_cancelled_by_one_of_the_same_instant(poller: Poller) -> None:
    fired: list[object] = []
    now = time.monotonic_ns()
    serials: list[int] = []
    poller.at(now, lambda: (fired.append("first"), poller.cancel(serials[0])))
    serials.append(poller.at(now, lambda: fired.append("second")))
    poller.at(now + 1_000_000, lambda: fired.append("third"))
    step_until(poller, fired, 2)
    assert fired == ["first", "third"]


def test_a_descriptor_that_one_callback_forgets_is_not_called_back_in_the_same_step(poller: Poller) -> None:
    called: list[object] = []
    pipes = [os.pipe() for _ in range(2)]
    for mine, (other, _) in ((pipes[0][0], pipes[1]), (pipes[1][0], pipes[0])):
        poller.register(mine, lambda events, mine=mine, other=other: (called.append(mine), poller.unregister(other)))
    for _, end in pipes:
        os.write(end, b"x")
    poller.step()
    assert len(called) == 1
    for ends in pipes:
        for end in ends:
            os.close(end)


def test_a_callback_hears_that_the_other_end_is_gone(poller: Poller) -> None:
    heard: list[object] = []
    read, write = os.pipe()
    poller.register(read, heard.append)
    os.write(write, b"x")
    poller.step()
    assert heard == [READ]
    os.close(write)
    poller.step()
    assert len(heard) == 2
    poller.unregister(read)
    os.close(read)


def test_a_named_timer_takes_the_place_of_its_namesake_and_is_live_until_it_fires(poller: Poller) -> None:
    fired: list[object] = []
    timers = NamedTimers(poller, lambda owner, name, due: fired.append((owner, name, due)))
    now = time.monotonic_ns()
    timers.set("workload", "dwell", now + 10_000_000_000)
    timers.set("workload", "dwell", now + 1_000)
    timers.set("algorithm", "dwell", now + 2_000)
    timers.set("arrivals", "arrival", now + 3_000)
    timers.cancel("arrivals", "arrival")
    assert (timers.live(), timers.live("algorithm")) == (2, 1)
    step_until(poller, fired, 2)
    assert fired == [("workload", "dwell", now + 1_000), ("algorithm", "dwell", now + 2_000)]
    assert timers.live() == 0


def test_timers_that_are_cleared_do_not_fire(poller: Poller) -> None:
    fired: list[object] = []
    timers = NamedTimers(poller, lambda owner, name, due: fired.append(name))
    timers.set("workload", "dwell", time.monotonic_ns())
    timers.clear()
    poller.later(0.001, lambda: fired.append("later"))
    step_until(poller, fired, 1)
    assert fired == ["later"]
