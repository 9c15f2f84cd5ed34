"""What a page carries of a run or a trace, step by step: packed events, read back and held against the history."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_runs import bank
from result_pages import ran

import mxbench
from mxbench.core.records import DELIVERED, ENTERED, EVERY_PEER, RELEASED, REQUESTED, SENT
from mxbench.report.page.packed import pack
from mxbench.report.page.steps import steps_run
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

BROKEN = Path(__file__).parent / "broken"


def numbers(stream: bytes) -> Iterator[int]:
    """The numbers of a packed stream, read back."""
    rest = shift = 0
    for byte in stream:
        rest |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield -(rest + 1) // 2 if rest & 1 else rest // 2
            rest = shift = 0


def unpacked(packed: dict[str, Any]) -> list[tuple[int, ...]]:
    """The events of a packed run: node, time since the event before, kind, type, and what else there is."""
    found, stream = [], numbers(base64.b64decode(packed["events"]))
    for node in stream:
        time, head = next(stream), next(stream)
        rest = {SENT: 2, DELIVERED: 2, REQUESTED: 2, RELEASED: 0, ENTERED: 3}.get(head % 8, 1)
        more = [next(stream) for _ in range(rest)]
        if head % 8 == ENTERED and more[2]:
            more += [next(stream), next(stream)]
        found.append((node, time, head % 8, head // 8, *more))
    return found


# ---- the packed events ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [Lamport, SuzukiKasami], ids=["lamport", "suzuki-kasami"])
def test_every_record_is_packed_in_the_order_of_causes(algorithm: type) -> None:
    history = bank(algorithm, nodes=4, entries=4)
    events = unpacked(pack(history))
    records = list(history.records())
    times = [history.start(), *(time for _, time, _ in records)]
    assert [(node, time, kind) for node, time, kind, *_ in events] == [
        (node, time - before, code & 15) for (node, time, code), before in zip(records, times, strict=False)
    ]
    receivers = [(code >> 12) & EVERY_PEER for _, _, code in records if code & 15 == SENT]
    assert [event[4] for event in events if event[2] == SENT] == [0 if to == EVERY_PEER else to + 1 for to in receivers]


def test_a_message_delivered_twice_or_late_keeps_its_number() -> None:
    history = bank(Lamport, nodes=3, entries=2)
    for node in history.nodes:  # the second delivery of each channel once more, before the others
        times, codes = node.columns()
        place = next(i for i, code in enumerate(codes) if code & 15 == DELIVERED and code >> 32 == 1)
        times.insert(place + 1, times[place])
        codes.insert(place + 1, codes[place])
        node.times, node.codes = times.tobytes(), codes.tobytes()
    expected: dict[tuple[int, int], int] = {}
    found = []
    for node, _, kind, _, *rest in unpacked(pack(history)):
        if kind == DELIVERED:
            sequence = expected.get((rest[0], node), 0) + rest[1]
            expected[rest[0], node] = sequence + 1
            found.append((rest[0], node, sequence))
    told = [
        ((code >> 12) & EVERY_PEER, node, code >> 32) for node, _, code in history.records() if code & 15 == DELIVERED
    ]
    assert found == told
    assert len(set(found)) == len(found) - 3


def test_stays_and_what_the_workload_recorded_are_packed() -> None:
    history = bank(Lamport, nodes=3, entries=2)
    packed = pack(history)
    events = unpacked(packed)
    entered = sorted((rest[0], node, tuple(rest[3:])) for node, _, kind, _, *rest in events if kind == ENTERED)
    assert entered == sorted((entry.number, entry.node, entry.stamp) for entry in history.entries)
    assert any(one.startswith("['block'") for one in packed["texts"])
    assert [name for name, *_ in packed["types"]] == ["Request", "Reply", "Release", "Block"]


def test_a_history_beyond_the_bound_is_cut_in_its_order_and_says_so() -> None:
    history = bank(Lamport)
    whole, cut = pack(history), pack(history, most=20)
    assert unpacked(cut) == unpacked(whole)[:20]
    assert (whole["cut"], cut["cut"], cut["count"]) == (None, len(unpacked(whole)), 20)


@pytest.mark.slow
def test_a_hundred_thousand_messages_of_ten_nodes_make_a_page_under_six_megabytes(tmp_path: Path) -> None:
    settings = ["nodes=10", "workload.entries_per_node=370", "workload.think={exponential: 50ms}"]
    page = mxbench.report(ran(tmp_path, set=settings))
    assert json.loads((page.parent / "summary.json").read_text())["runs"][0]["messages"] == 99_900
    assert page.stat().st_size < 6_000_000


# ---- traces ---------------------------------------------------------------------------------------------------------


def test_a_trace_becomes_events_whose_time_is_the_step() -> None:
    answer = mxbench.check(BROKEN / "current_clock.py")
    run = steps_run(answer["trace"], answer["nodes"])
    events = unpacked(run)
    entered = [node for node, _, kind, *_ in events if kind == ENTERED]
    assert len(entered) == sum(bool(step.get("enters")) for step in answer["trace"])
    assert sum(time for _, time, *_ in events) == len(answer["trace"]) == len(run["steps"])
    sends = sum(len(step.get("sends", ())) for step in answer["trace"])
    assert sum(kind == SENT for _, _, kind, *_ in events) == sends


def test_a_lost_and_a_repeated_message_are_told_apart_from_those_on_their_way() -> None:
    def step(event: str, node: int, **more: Any) -> dict[str, Any]:
        return {"event": event, "node": node, "text": event, **more}

    trace = [
        step("request", 0, sends=[[1, "Ask(1)"], [1, "Ask(2)"], [1, "Ask(3)"]]),
        step("duplicate", 1, sender=0, message="Ask(1)"),
        step("deliver", 1, sender=0, message="Ask(1)"),
        step("lose", 1, sender=0, message="Ask(1)"),  # the copy: the message has arrived
        step("lose", 1, sender=0, message="Ask(3)"),
    ]
    run = steps_run(trace, 2)
    assert run["lost"] == [(0, 1, 0), (0, 1, 2)]
    assert [rest for _, _, kind, _, *rest in unpacked(run) if kind == DELIVERED] == [[0, 0]]


def test_states_grow_from_the_changes_that_each_step_tells() -> None:
    trace = [
        {"event": "request", "node": 0, "state": {"clock": ["0", "1"]}},
        {"event": "request", "node": 1, "state": {"clock": ["0", "2"], "queue": ["[]", "[1]"]}},
        {"event": "release", "node": 0, "state": {"clock": ["1", "5"]}},
    ]
    run = steps_run(trace, 2)
    assert run["states"] == {0: "clock = 0", 1: "clock = 0\nqueue = []"}
    assert [step["state"] for step in run["steps"]] == ["clock = 1", "clock = 2\nqueue = [1]", "clock = 5"]
