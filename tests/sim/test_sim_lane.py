"""The lane of a simulation in Python and compiled: the same histories, endings and complaints."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, ClassVar

import pytest
from msgspec import defstruct
from worlds import simulate, stored, world

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.core.distributions import ZERO, Constant, Exponential, Uniform
from mxbench.core.history import History
from mxbench.core.messages import encode
from mxbench.core.network import Matrix, Network
from mxbench.registry import Registry
from mxbench.sim import compiled, sending
from mxbench.workloads.bank import Bank, BankOptions

ALGORITHMS = {name: known.cls for name, known in Registry().all("algorithms").items()}
pytestmark = pytest.mark.skipif(not compiled.COMPILED, reason="mxbench was installed without a C compiler")


def both(run: Callable[[], History]) -> tuple[History, History]:
    """Return what a run comes to in C and in Python."""
    in_c = run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mxbench.sim.world.Lane", sending.Lane)
        patch.setattr("mxbench.sim.place.Column", list)
        return in_c, run()


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
@pytest.mark.parametrize("level", ["full", "sections"])
def test_every_shipped_algorithm_has_the_same_history(algorithm: type[Algorithm], level: str) -> None:
    in_c, in_python = both(lambda: simulate(algorithm, 4, entries=4, think=Exponential(0.003), history=level))
    assert in_c.ending == in_python.ending
    assert in_c.ending.reason == "quiet"
    assert stored(in_c) == stored(in_python)


def test_messages_of_a_workload_keep_their_place_in_the_lane() -> None:
    shares = tuple(Bank.shares(BankOptions(), 3, [6] * 3, Random(1)))
    in_c, in_python = both(lambda: simulate(ALGORITHMS["lamport"], 3, entries=6, workload=Bank, shares=shares))
    assert stored(in_c) == stored(in_python)


@pytest.mark.parametrize("limits", [{"time_limit": 0.0205}, {"stall_limit": 0.5}], ids=["time", "stall"])
def test_a_run_that_is_cut_ends_at_the_same_event(limits: dict[str, Any]) -> None:
    algorithm = ALGORITHMS["lamport"] if "time_limit" in limits else Chatty
    in_c, in_python = both(lambda: simulate(algorithm, 3, entries=50, dwell=ZERO, **limits))
    assert in_c.ending == in_python.ending
    assert in_c.ending.failed == ("time-limit" if "time_limit" in limits else "stalled")
    assert stored(in_c) == stored(in_python)


class Ping(Message):
    again: bool


class Chatty(Algorithm):
    """Sends for ever, and lets nobody in."""

    name = "chatty"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Ping(True))

    def on_message(self, sender: int, message: Ping, out: Out) -> None:
        out.send(sender, message)


class Fails(Algorithm):
    """Raises an exception at the third message that one of its nodes receives."""

    name = "fails"
    at: ClassVar[int]
    heard: int = 0

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Ping(False))
        out.enter()

    def on_message(self, sender: int, message: Ping, out: Out) -> None:
        self.heard += 1
        if self.me == self.at and self.heard == 3:
            raise ZeroDivisionError("of the algorithm")


@pytest.mark.parametrize("node", [0, 1, 2])
def test_the_node_at_which_a_handler_raised_is_named(node: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fails, "at", node, raising=False)
    in_c, in_python = both(lambda: simulate(Fails, 3, entries=5))
    assert in_c.ending == in_python.ending
    assert in_c.ending.failed == "contract"
    assert f"node {node}" in in_c.ending.text
    assert "of the algorithm" in in_c.ending.text
    assert stored(in_c) == stored(in_python)


class Patient(Algorithm):
    """Sets a timer that is due in three hundred years, and cancels it when it is answered."""

    name = "patient"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.set_timer("never", Constant(1e10))
        out.broadcast(Ping(True))

    def on_message(self, sender: int, message: Ping, out: Out) -> None:
        if message.again:
            out.send(sender, Ping(False))
        elif out.may_enter:
            out.cancel_timer("never")
            out.enter()


def test_a_timer_may_be_due_after_more_than_two_to_the_sixty_third_nanoseconds() -> None:
    in_c, in_python = both(lambda: simulate(Patient, 2, entries=[3, 0]))
    assert in_c.ending.reason == in_python.ending.reason == "quiet"
    assert stored(in_c) == stored(in_python)


class Asleep(Patient):
    """Waits for that timer and for nothing else."""

    name = "asleep"

    def on_message(self, sender: int, message: Ping, out: Out) -> None: ...


@pytest.mark.parametrize("limit", [None, 1e6])
def test_a_run_in_which_only_such_a_timer_is_left_ends(limit: float | None) -> None:
    in_c, in_python = both(lambda: simulate(Asleep, 2, entries=[1, 0], time_limit=limit, stall_limit=1e12))
    assert in_c.ending.failed == in_python.ending.failed == ("stalled" if limit is None else "time-limit")
    assert "nodes [0] waited" in in_c.ending.text or limit is not None


def test_a_class_of_messages_that_is_defined_anew_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, when the cell of the messages is run again and that of the algorithm is not."""

    def entered() -> int:
        return len(simulate(Patient, 2, entries=[3, 0]).entries)

    assert entered() == 3
    monkeypatch.setitem(globals(), "Ping", defstruct("Ping", [("again", bool)], bases=(Message,)))
    assert entered() == 3


@pytest.mark.parametrize("Lane", [sending.Lane, compiled.Lane], ids=["python", "compiled"])
def test_a_lane_is_a_queue_of_events(Lane: Any) -> None:
    lane = Lane([], count(1).__next__, 2, True, 1)
    assert not lane
    events = [(number // 5, number // 2, None, -1, "a", None, encode, 7 << 40) for number in range(1000)]
    taken = []
    for number, event in enumerate(events):
        lane.append(event)
        if number % 3 == 0:
            assert lane[0] == events[len(taken)]
            taken.append(lane.popleft())
    assert len(lane) == len(events) - len(taken)
    while lane:
        taken.append(lane.popleft())
    assert taken == events
    with pytest.raises(IndexError):
        lane.popleft()


def test_the_clock_of_a_world_stands_at_the_message_that_ended_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fails, "at", 1, raising=False)
    in_c = world(Fails, 3, entries=5)
    in_c.run()
    monkeypatch.setattr("mxbench.sim.world.Lane", sending.Lane)
    monkeypatch.setattr("mxbench.sim.place.Column", list)
    in_python = world(Fails, 3, entries=5)
    in_python.run()
    assert in_c.now == in_python.now == in_c.places[1].now


def test_in_the_compiled_lane_messages_overtake_each_other() -> None:
    draw, lane = Random(3), compiled.Lane([], count(1).__next__, 2, True, 1)
    waiting: list[tuple[int, int, int]] = []
    for number in range(3000):
        event = (draw.randrange(50), draw.randrange(3), number)
        heappush(waiting, event)
        lane.append((*event[:2], None, -1, number, None, None, 0))
        if draw.random() < 0.45:
            assert lane.popleft()[4] == heappop(waiting)[2]
    while waiting:
        assert lane.popleft()[4] == heappop(waiting)[2]
    assert not lane


@pytest.mark.parametrize(
    "network",
    [Network(delay=Exponential(0.002)), Network(delay=Matrix(((0.0001, 0.03), (0.02, 0.0001)))),
     Network(jitter=Uniform(0.0, 0.004), fifo=False), Network(loss=0.01, duplicate=0.2)],
    ids=["exponential", "matrix", "reordering", "duplicating"],
)  # fmt: skip
@pytest.mark.parametrize("algorithm", [ALGORITHMS["maekawa"], ALGORITHMS["naimi-trehel"]], ids=lambda a: a.name)
def test_links_that_do_more_than_delay_give_the_same_history(algorithm: type[Algorithm], network: Network) -> None:
    in_c, in_python = both(lambda: simulate(algorithm, 5, entries=5, network=network))
    assert in_c.ending == in_python.ending
    assert stored(in_c) == stored(in_python)


def test_a_column_holds_integers_of_eight_bytes() -> None:
    column = compiled.Column()
    numbers = [0, -1, 1 << 62, -(1 << 63), (1 << 63) - 1] * 100
    for number in numbers:
        column.append(number)
    assert len(column) == len(numbers)
    assert list(memoryview(column.tobytes()).cast("q")) == numbers
    column.clear()
    assert column.tobytes() == b""
    with pytest.raises(OverflowError):
        column.append(1 << 63)
