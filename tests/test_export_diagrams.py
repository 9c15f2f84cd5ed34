"""Runs as a trace for Chrome and as a diagram of Mermaid: an arrow a message, and what is lost or too much."""

import json
import re
from itertools import pairwise
from typing import Any

import plans
import pytest
from exported_results import LOSSY, ran
from report_runs import Greedy, Talker, bank

import mxbench
from mxbench.core.history import History
from mxbench.errors import ResultError
from mxbench.report.export import chrome, mermaid
from mxbench_plugins.lamport import Lamport


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> History:
    return mxbench.load_history(ran(tmp_path_factory.mktemp("lossy"), LOSSY))


# ---- a trace --------------------------------------------------------------------------------------------------------


def records(history: History) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(chrome.trace(history))["traceEvents"]
    return events


def slices(events: list[dict[str, Any]]) -> dict[int, list[tuple[int, int]]]:
    """The slices of each lane as (from, to) in ns, in their order."""
    found: dict[int, list[tuple[int, int]]] = {}
    for event in events:
        if event["ph"] == "X":
            start = round(event["ts"] * 1000)
            found.setdefault(event["tid"], []).append((start, start + round(event["dur"] * 1000)))
    return found


@pytest.mark.parametrize(
    "history",
    [bank(Lamport), bank(Greedy), plans.run(Lamport, 3, delay=lambda *_: 0), plans.run(Talker, 3, entries=[1, 0, 0])],
    ids=["bank", "violated", "no delay", "texts"],
)
def test_a_trace_has_an_arrow_for_each_message_between_the_steps_that_sent_and_received_it(history: History) -> None:
    check_flows(history)


def test_lost_messages_have_no_arrow_and_duplicated_ones_have_two(lossy: History) -> None:
    check_flows(lossy)
    delivered = [(event.peer, event.node, event.sequence) for event in lossy if event.kind == "delivered"]
    sent = [(event.node, event.peer, event.sequence) for event in lossy if event.kind == "sent"]
    assert len(set(delivered)) < len(delivered)  # duplicated
    assert set(sent) - set(delivered)  # lost


def check_flows(history: History) -> None:
    events = records(history)
    lanes = slices(events)
    for lane in lanes.values():
        assert all(after[0] >= before[1] for before, after in pairwise(lane)), "slices overlap"
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    deliveries = [event for event in history if event.kind == "delivered"]
    assert starts.keys() == ends.keys()
    assert len(ends) == len(deliveries)
    assert sorted((2 * e.peer + 2, 2 * e.node + 2, e.type) for e in deliveries) == sorted(
        (starts[i]["tid"], ends[i]["tid"], starts[i]["name"]) for i in starts
    )
    for flow, start in starts.items():
        end = ends[flow]
        assert (end["bp"], start["cat"], start["name"]) == ("e", end["cat"], end["name"])
        assert start["ts"] < end["ts"]
        for bound in (start, end):
            at = round(bound["ts"] * 1000)
            assert any(low <= at < high for low, high in lanes[bound["tid"]]), "an arrow is bound to no slice"
    times = [(event["ts"], event["ph"] != "X") for event in events if event["ph"] != "M"]
    assert times == sorted(times)  # a slice is there before the arrows that it holds


def test_a_trace_has_a_wait_and_a_stay_for_each_section_at_their_times() -> None:
    history = bank(Lamport)
    events, start = records(history), history.start()
    for node in range(3):
        own = [event for event in events if event["ph"] == "X" and event["tid"] == 2 * node + 1]
        stays = [(round(e["ts"] * 1000), round(e["dur"] * 1000)) for e in own if e["name"].startswith("inside")]
        entries = [e for e in history.entries if e.node == node]
        assert stays == [(e.entered - start, e.released - e.entered) for e in entries]  # type: ignore[operator]
        assert len(own) == 2 * len(entries)
    names = [event["args"]["name"] for event in events if event["name"] == "thread_name"]
    assert names[:3] == ["node 0 section", "node 0 steps", "node 1 section"]


# ---- a diagram ------------------------------------------------------------------------------------------------------

TEXT = r"([ .,:()=+*/_'\[\]a-zA-Z0-9-]|#\d+;)+"
LINE = re.compile(
    rf"    (participant n\d+ as (node|server) \d+|n\d+-[)x]n\d+: {TEXT}|Note over n\d+(,n\d+)?: {TEXT}"
    r"|(de)?activate n\d+)"
)


@pytest.mark.parametrize("algorithm", [Lamport, Greedy, Talker], ids=lambda algorithm: algorithm.name)
def test_a_diagram_has_an_arrow_a_message_and_nothing_that_mermaid_would_obey(algorithm: Any) -> None:
    history = plans.run(algorithm, 3, entries=[1, 0, 0])
    head, kind, *lines = mermaid.diagram(history).splitlines()
    assert head.startswith("%% ")
    assert kind == "sequenceDiagram"
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert sum("-)" in line for line in lines) == sum(event.kind == "delivered" for event in history)
    active = 0
    for line in lines:
        active += line.strip().startswith("activate") - line.strip().startswith("deactivate")
        assert active in (0, 1)


def test_a_message_that_was_never_delivered_ends_in_a_cross(lossy: History) -> None:
    text = mermaid.diagram(lossy)
    assert re.search(r"^    n\d-xn\d: \w+\(.*\), never delivered$", text, re.MULTILINE)


def test_a_long_run_ends_with_a_sentence_and_a_wide_one_is_refused() -> None:
    text = mermaid.diagram(plans.run(Lamport, 5, entries=10))
    last = text.splitlines()[-1]
    assert re.fullmatch(
        r"    Note over n0,n4: the first 200 of [\d#;,]+ events#59; 'mxbench export --to chrome' has all of them", last
    )
    assert len(text) < 50_000  # what Mermaid takes
    with pytest.raises(ResultError, match="room for 16 nodes, and this run has 17; export it with --to chrome"):
        mermaid.diagram(plans.run(Lamport, 17, entries=[1] + [0] * 16))
