"""What nodes wrote down comes back whole, and in an order in which every message was sent before it was delivered."""

from collections import Counter

import msgspec
import pytest
from by_hand import MS, Note, delivered, entered, history, released, requested, sent, stay
from heap_loop import HeapLoop
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plan, run

from mxbench.core.distributions import ZERO, Exponential, Uniform
from mxbench.core.history import Event, History, NodeHistory
from mxbench.core.plan import Ending, RunPlan
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.ricart_agrawala import RicartAgrawala


def without_payload(event: Event) -> Event:
    return event if event.kind == "sent" else msgspec.structs.replace(event, payload=b"")


def without_tuples(event: Event) -> Event:
    return msgspec.structs.replace(event, detail=msgspec.msgpack.decode(msgspec.msgpack.encode(event.detail)))


def assert_in_causal_order(found: History, lost: frozenset[int] = frozenset()) -> list[Event]:
    """Assert that iterating gives each node's events in order, each delivery after its sending and with its payload."""
    events = list(found)
    for node in found.nodes:
        of_node = [without_payload(event) for event in events if event.node == node.node]
        assert of_node == list(found.of_node(node))
    carried: dict[tuple[int, int, int], bytes] = {}
    for event in events:
        if event.kind == "sent":
            carried[event.node, event.peer, event.sequence] = event.payload
        elif event.kind == "delivered" and event.peer not in lost:
            assert carried[event.peer, event.node, event.sequence] == event.payload
    return events


def shifted(found: History, node: int, ns: int) -> History:
    """Return the history as it were if the clock of a node were wrong by so much."""
    times, _ = found.nodes[node].columns()
    for position, time in enumerate(times):
        times[position] = time + ns
    other = msgspec.structs.replace(found.nodes[node], times=times.tobytes())
    return History(found.plan, found.ending, [n if n.node != node else other for n in found.nodes])


# ---- what is stored -------------------------------------------------------------------------------------------------


def test_a_node_history_survives_being_stored() -> None:
    found = run(Lamport, 3, dwell=Uniform(0.001, 0.002))
    stored = [msgspec.msgpack.encode(node) for node in found.nodes]
    read = History(found.plan, found.ending, [msgspec.msgpack.decode(node, type=NodeHistory) for node in stored])
    assert [msgspec.msgpack.encode(node) for node in read.nodes] == stored
    assert read.sections == found.sections
    assert [node.totals for node in read.nodes] == [node.totals for node in found.nodes]
    assert [without_tuples(event) for event in read] == [without_tuples(event) for event in found]
    assert msgspec.msgpack.decode(stored[0])["format"] == 1, "a program without this class reads a map"


@given(
    nodes=st.integers(1, 4), seed=st.integers(0, 2**62), tickets=st.none() | st.integers(0, 9),
    dwell=st.sampled_from([ZERO, Exponential(0.1), Uniform(0.0, 2.0)]), rate=st.none() | st.floats(0.1, 1e4),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_a_plan_survives_being_stored(nodes: int, seed: int, tickets: int | None, dwell: object, rate: float) -> None:
    given_plan = plan(Lamport, nodes, seed=seed, tickets=tickets, dwell=dwell, rate=rate, plugin_files=("a.py",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(given_plan), type=RunPlan) == given_plan
    assert msgspec.json.decode(msgspec.json.encode(given_plan), type=RunPlan) == given_plan


def test_an_ending_survives_being_stored() -> None:
    ending = Ending("stuck", text="nodes 1 and 2 wait", stuck=("node 1 waits", "node 2 waits"))
    assert msgspec.json.decode(msgspec.json.encode(ending), type=Ending) == ending


# ---- iteration ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fifo", [True, False], ids=["fifo", "reordering"])
def test_every_event_comes_once_and_each_message_is_sent_before_it_is_delivered(fifo: bool, seed: int) -> None:
    found = run(RicartAgrawala, 4, entries=5, fifo=fifo, seed=seed)
    events = assert_in_causal_order(found)
    assert [event.time for event in events] == sorted(event.time for event in events), "one clock: the order of time"
    kinds = Counter(event.kind for event in events)
    assert (kinds["sent"], kinds["delivered"], kinds["entered"]) == (120, 120, 20)


def test_a_wrong_clock_does_not_deliver_what_was_not_sent() -> None:
    found = run(Lamport, 3, entries=4)
    for node in range(3):
        for ns in (-5 * MS, -MS // 2, MS // 2, 10**12):
            assert_in_causal_order(shifted(found, node, ns))


def test_a_node_that_had_to_wait_for_a_sending_goes_on_in_the_order_of_time() -> None:
    found = history([sent(5, to=1), requested(100)], [delivered(4, 0, 0), requested(6)], [requested(200)])
    assert [event.time // MS for event in found] == [5, 4, 6, 100, 200]


def test_messages_that_take_no_time_are_sent_first() -> None:
    found = run(Lamport, 4, dwell=ZERO, delay=lambda sender, to, message: 0)
    assert {event.time for event in found} == {0}
    assert_in_causal_order(found)


@given(st.lists(st.integers(-3 * MS, 3 * MS), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_clocks_that_all_differ_keep_the_causal_order(offsets: list[int]) -> None:
    found = FOUR
    for node, ns in enumerate(offsets):
        found = shifted(found, node, ns)
    assert_in_causal_order(found)


def test_the_messages_of_a_lost_node_are_delivered_without_what_they_carried() -> None:
    whole = run(Lamport, 3)
    found = History(whole.plan, whole.ending, [node for node in whole.nodes if node.node != 1])
    assert not found.complete
    assert not found.whole
    events = assert_in_causal_order(found, lost=frozenset({1}))
    assert {event.payload for event in events if event.kind == "delivered" and event.peer == 1} == {b""}
    assert len(events) == sum(1 for node in found.nodes for _ in found.of_node(node))


def test_a_history_that_was_cut_off_is_still_shown_to_its_end() -> None:
    whole = run(Lamport, 3)
    for node in range(3):
        for kept in (0, 1, 7, 20):
            short = msgspec.structs.replace(
                whole.nodes[node], times=whole.nodes[node].times[: 8 * kept], codes=whole.nodes[node].codes[: 8 * kept]
            )
            found = History(whole.plan, whole.ending, [n if n.node != node else short for n in whole.nodes])
            assert_in_causal_order(found, lost=frozenset({node}))


def test_a_message_that_arrives_twice_carries_the_same_twice() -> None:
    found = history(
        [sent(1, to=1, text="a"), sent(2, to=1, text="b")], [delivered(t, 0, s) for t, s in ((3, 1), (4, 1), (5, 0))]
    )
    carried = [msgspec.msgpack.decode(event.payload, type=Note).text for event in found if event.kind == "delivered"]
    assert carried == ["b", "b", "a"]


def test_a_message_to_all_is_one_of_each_channel_with_its_own_number_there() -> None:
    found = history([sent(1, to=1, text="first"), sent(2, text="all"), sent(3, to=2, text="last")], [], [])
    assert [(e.peer, e.sequence, e.type) for e in found] == [
        (1, 0, "Note"),
        (1, 1, "Note"),
        (2, 0, "Note"),
        (2, 1, "Note"),
    ]


def test_a_workload_message_counts_on_the_channel_and_is_told_apart() -> None:
    found = history(
        [sent(1, to=1, workload=True), sent(2, to=1, text="x")], [delivered(3, 0, 0, workload=True), delivered(4, 0, 1)]
    )
    assert [(e.kind, e.workload, e.type) for e in assert_in_causal_order(found)] == [
        ("sent", True, "Block"), ("sent", False, "Note"), ("delivered", True, "Block"), ("delivered", False, "Note"),
    ]  # fmt: skip


# ---- what is read off -----------------------------------------------------------------------------------------------


def test_sections_stand_in_the_order_of_their_numbers_and_unserved_ones_last() -> None:
    found = history(
        [*stay(1, 2, 3, 1), requested(4, 1)],
        [requested(1.5, arrival=0.5), entered(5, 2, stamp=(7, 1))],
        ending=Ending("stuck"),
    )
    assert [(s.node, s.id, s.number) for s in found.sections] == [(0, 0, 1), (1, 0, 2), (0, 1, 0)]
    first, second, third = found.sections
    assert (first.arrival, first.requested, first.entered, first.released) == (MS, MS, 2 * MS, 3 * MS)
    assert (second.arrival, second.requested, second.released, second.stamp) == (MS // 2, 3 * MS // 2, None, (7, 1))
    assert (third.entered, third.released) == (None, None)
    assert found.entries == [first, second]


def test_the_first_and_the_last_event_are_those_of_any_node() -> None:
    found = history([requested(3), entered(4, 1), released(9, 1)], [sent(-2), sent(5)], [])
    assert (found.start(), found.end()) == (-2 * MS, 9 * MS)
    assert (history([], []).start(), history([]).end()) == (0, 0)


def test_values_are_those_of_the_workload_by_node() -> None:
    class Counts(Hold):
        name = "counts"

        def on_entered(self, entry, out):  # type: ignore[no-untyped-def]
            out.record([entry.id, entry.number])
            super().on_entered(entry, out)

    found = HeapLoop(plan(Lamport, 2, workload=Hold), Lamport, Counts).run()
    assert {node: len(values) for node, values in found.values().items()} == {0: 3, 1: 3}
    assert sorted(number for values in found.values().values() for _, number in values) == [1, 2, 3, 4, 5, 6]


FOUR = run(Lamport, 4, entries=3)
