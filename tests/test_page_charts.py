"""What the charts and the ledger of a page are drawn from, against counts by hand."""

import itertools
import statistics
from typing import Any

import plans
import pytest
from impatient_bank import ImpatientBank
from report_runs import MILLISECOND, Greedy, Selfish, bank, one_ms

from mxbench.core.distributions import Uniform
from mxbench.core.history import History
from mxbench.core.records import DELIVERED, RELEASED, SENT
from mxbench.report.page.chain import chain
from mxbench.report.page.charts import charts
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

# ---- what the charts take from the metrics ---------------------------------------------------------------------------


def overtaken_by_hand(history: History) -> dict[int, list[int]]:
    """For each node how many entries of others fell between each of its requests and its entry, pair by pair."""
    found: dict[int, list[int]] = {}
    for own in history.sections:
        end = own.entered if own.entered is not None else history.end()
        others = [one for one in history.entries if one.node != own.node]
        between = [one for one in others if own.requested < (one.entered or 0) <= end]
        found.setdefault(own.node, []).append(len(between))
    return found


@pytest.mark.parametrize("algorithm", [Lamport, Selfish], ids=["all enter", "node 0 alone enters"])
def test_overtaking_is_averaged_over_the_requests_of_each_node(algorithm: type) -> None:
    history = plans.run(algorithm, 3, entries=[5, 3, 0], think=Uniform(0.0, 0.004), delay=one_ms)
    by_hand = overtaken_by_hand(history)
    shown = charts(history)["overtaking"]
    means = [round(sum(by_hand[node]) / len(by_hand[node]), 3) for node in (0, 1)]
    assert shown == {"means": [*means, None], "most": max(by_hand[0] + by_hand[1])}
    assert means[0] != means[1]


def test_the_synchronisation_delays_are_the_times_from_an_exit_to_the_next_entry() -> None:
    def further_is_slower(sender: int, to: int, message: Any) -> int:
        return (sender + to) * MILLISECOND

    history = plans.run(Lamport, 3, entries=4, delay=further_is_slower)  # without think time somebody always waits
    shown = charts(history)["sync_delay"]
    pairs = itertools.pairwise(history.entries)
    delays = sorted(((after.entered or 0) - (before.released or 0)) / MILLISECOND for before, after in pairs)
    assert len(set(delays)) > 2
    points = shown["points"]
    assert points[:2] == [(0, 0), (delays[0], 0)]
    assert [x for x, _ in points[2:]] == delays
    assert [share for _, share in points[2:]] == [(place + 1) / len(delays) for place in range(len(delays))]
    assert (shown["p50"], shown["p99"], shown["max"]) == (statistics.median_low(delays), delays[-1], delays[-1])


def test_the_response_times_last_from_the_arrival_to_the_release_and_the_waits_to_the_entry() -> None:
    history = plans.run(Lamport, 3, entries=4, think=Uniform(0.0, 0.004), dwell=Uniform(0.0, 0.003), delay=one_ms)
    shown = charts(history)
    for name, until in (("wait", "entered"), ("response", "released")):
        times = sorted((getattr(entry, until) - entry.arrival) / MILLISECOND for entry in history.entries)
        assert [x for x, _ in shown[name]["points"]] == [0, times[0], *times]
        ranks = {"p50": 6, "p90": 11, "p99": 12, "max": 12}  # of twelve, by nearest rank
        assert {key: shown[name][key] for key in ranks} == {key: times[rank - 1] for key, rank in ranks.items()}
    assert shown["wait"]["points"] != shown["response"]["points"]


def test_a_stay_that_never_ends_has_a_wait_and_no_response() -> None:
    history = bank(Lamport, nodes=2, entries=1)
    node = history.entries[-1].node
    times, codes = history.nodes[node].columns()
    cut = next(place for place, code in enumerate(codes) if code & 15 == RELEASED)
    history.nodes[node].times, history.nodes[node].codes = times[:cut].tobytes(), codes[:cut].tobytes()
    shown = charts(History(history.plan, history.ending, history.nodes))
    assert (len(shown["wait"]["points"]), len(shown["response"]["points"])) == (2 + 2, 2 + 1)


def test_the_charts_leave_the_warm_up_out_and_say_so() -> None:
    whole, cut = (charts(bank(Lamport, entries=4, warmup_entries=warmup)) for warmup in (0, 5))
    assert (whole["warmed_up"], cut["warmed_up"]) == (False, True)
    for name in ("wait", "response", "sync_delay"):
        assert len(cut[name]["points"]) == 2 + 12 - 5 < len(whole[name]["points"])


def test_without_an_entry_there_is_nothing_for_the_charts() -> None:
    history = bank(Lamport, nodes=3, entries=0)
    nothing = dict.fromkeys(("wait", "response", "sync_delay", "overtaking"))
    assert charts(history) == {"warmed_up": False, **nothing}


# ---- the ledger -----------------------------------------------------------------------------------------------------


def test_a_chain_links_by_its_hashes_from_the_opening() -> None:
    found = chain(bank(Lamport))
    assert found is not None
    blocks = found["blocks"]
    assert blocks["previous"] == [found["genesis"], *blocks["hash"][:-1]]
    assert (found["fork"], set(found["main"]), found["groups"]) == (None, {1}, [(0, 1, 2)])


def test_a_fork_has_two_blocks_at_the_height_where_it_begins() -> None:
    found = chain(bank(Greedy, nodes=3, entries=2))
    assert found is not None
    heights = found["blocks"]["height"]
    assert found["fork"] == min(height for height in heights if heights.count(height) > 1)
    rivals = [b for b, height in enumerate(heights) if height == found["fork"]]
    assert sum(found["main"][b] for b in rivals) == 1
    assert all(height >= found["fork"] for b, height in enumerate(heights) if not found["main"][b])


def test_a_node_that_has_got_further_on_the_same_chain_makes_the_main_chain() -> None:
    history = bank(Lamport)
    for node in history.nodes[1:]:  # all but one have lost all blocks but the first
        kept = [d for d in node.details if not (isinstance(d, list | tuple) and d[0] == "block" and d[1][0] > 1)]
        _replace_values(node, kept)
    found = chain(history)
    assert found is not None
    assert (set(found["main"]), found["fork"]) == ({1}, None)
    assert found["groups"] == [(0, 1, 2), (0,)]


def _replace_values(node: Any, kept: list[Any]) -> None:
    """Take the records of values that are not in `kept` out of a node's history."""
    times, codes = node.columns()
    drop = [i for i, c in enumerate(codes) if c & 15 not in (SENT, DELIVERED) and node.details[c >> 32] not in kept]
    for place in reversed(drop):
        del times[place], codes[place]
    node.times, node.codes = times.tobytes(), codes.tobytes()


def test_a_workload_without_a_ledger_has_no_chain() -> None:
    assert chain(plans.run(Lamport, 2, workload=Hold, entries=1)) is None


def test_a_block_that_nobody_holds_is_shown_with_who_refused_it_and_why() -> None:
    def slow_block(sender: int, to: int, message: Any) -> int:
        return (20 if type(message).__name__ == "Block" and (sender, to) == (0, 2) else 1) * MILLISECOND

    found = chain(bank(SuzukiKasami, workload=ImpatientBank, delay=slow_block))
    assert found is not None
    assert found["fork"] == 1
    hashes = [found["blocks"]["hash"][b] for b, group in enumerate(found["holders"]) if len(found["groups"][group]) < 3]
    refused = [(node, hash_) for node, hash_, reason in found["refused"] if reason]
    assert refused
    assert {hash_ for _, hash_ in refused} <= set(hashes)
