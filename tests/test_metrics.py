"""What the metrics share: percentiles and means, the fields of resources, and runs that have little to measure."""

import json
import random

import pytest
from by_hand import entered, history, requested, sent, stay
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import FAILED, measured
from plans import run
from wrong_algorithms import Greedy, Silent

from mxbench.core.distributions import ZERO
from mxbench.core.history import History, Totals
from mxbench.core.metric import Metric
from mxbench.core.plan import Ending
from mxbench.metrics.cost import Cost
from mxbench.metrics.delay import Delay
from mxbench.metrics.fairness import Fairness
from mxbench.metrics.resources import Resources
from mxbench.metrics.series import jain, percentile, summary
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa

METRICS: list[type[Metric]] = [Cost, Delay, Fairness, Resources]


# ---- series and resources -------------------------------------------------------------------------------------------


def test_a_percentile_is_the_nearest_rank() -> None:
    assert [percentile([10, 20, 30, 40], p) for p in (1, 25, 26, 50, 75, 99, 100)] == [10, 10, 20, 20, 30, 40, 40]
    assert percentile([7], 50) == 7


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 100))
@settings(max_examples=50, deadline=None)
def test_a_percentile_is_the_smallest_that_enough_do_not_exceed(values: list[int], percent: int) -> None:
    rising = sorted(values)
    found = percentile(rising, percent)
    needed = percent * len(values) / 100
    assert sum(value <= found for value in values) >= needed - 1e-9
    assert all(sum(other <= value for other in values) < needed for value in values if value < found)


def test_a_summary_of_nothing_is_nothing() -> None:
    assert summary([], 50, greatest=True) is None
    assert summary([3.0, 1.0], 50, 99, greatest=True) == {"mean": 2.0, "p50": 1.0, "p99": 3.0, "max": 3.0}
    assert summary([3.0], 50) == {"mean": 3.0, "p50": 3.0}


def test_jains_index_is_one_for_equal_shares_and_one_over_n_if_one_has_all() -> None:
    assert [jain([5, 5, 5]), jain([0, 0, 4, 0]), jain([1, 3]), jain([0, 0]), jain([])] == [1.0, 0.25, 0.8, 1.0, None]


def test_resources_are_lists_by_node_without_what_was_not_measured() -> None:
    checked = history([], None, [])
    for node in checked.nodes:
        node.totals.cpu_s, node.totals.peak_bytes = 0.25, 30_000_000
    assert measured(Resources, checked) == {"cpu_s_by_node": [0.25, None, 0.25], "peak_mb_by_node": [30.0, None, 30.0]}
    assert measured(Resources, run(Lamport, 2)) == {"cpu_s_by_node": [None] * 2, "peak_mb_by_node": [None] * 2}


# ---- runs that have little to measure -------------------------------------------------------------------------------

LITTLE = {
    "one-node": run(Lamport, 1),
    "one-node-no-dwell": run(Lamport, 1, dwell=ZERO, delay=lambda sender, to, message: 0),
    "nobody-enters": run(Silent, 3),
    "nobody-asks": run(Lamport, 3, entries=0),
    "greedy": run(Greedy, 3),
    "all-warm-up": run(Lamport, 2, warmup_entries=50),
    "failed": history([*stay(1, 2, 3, 1), requested(4, 1), sent(5)], [], ending=FAILED),
    "cut-off": history([requested(1), entered(2, 1)], [], ending=FAILED),
    "node-lost": history(stay(1, 2, 3, 1), None, ending=FAILED),
    "all-lost": history(None, None, ending=FAILED),
    "off": history([], [], history="off"),
}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("name", LITTLE)
def test_every_field_is_there_and_plain_for_a_run_that_has_little(name: str, metric: type[Metric]) -> None:
    found = measured(metric, LITTLE[name])
    assert set(found) == set(metric.fields)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_has_no_value_is_null() -> None:
    def nulls(name: str) -> set[str]:
        return {field for metric in METRICS for field, value in measured(metric, LITTLE[name]).items() if value is None}

    per_entry = {"messages_per_entry", "payload_bytes_per_entry", "wire_bytes_per_entry"}
    times = {"wait_ms", "response_ms", "sync_delay_ms", "entries_per_s"}
    fairness = set(Fairness.fields)
    window = {"saturated_messages_per_entry"}
    ratio = {"claim_ratio"}
    assert nulls("one-node") == {"sync_delay_ms"} | ratio
    assert nulls("one-node-no-dwell") == {"sync_delay_ms", "entries_per_s"} | window | ratio
    assert nulls("nobody-asks") == {"duration_ms"} | per_entry | times | fairness | window | ratio | {"claim_holds"}
    assert nulls("all-warm-up") == times | fairness | window | {"wire_bytes_per_entry"}
    assert nulls("node-lost") == per_entry | window | ratio | {
        "messages", "messages_by_type", "workload_messages", "claim_holds", "fcfs_inversions", "sync_delay_ms",
    }  # fmt: skip
    assert nulls("off") >= {"entries", "contended"} | per_entry | times | fairness
    assert measured(Cost, LITTLE["off"])["messages"] == 0


def test_totals_are_told_without_any_event() -> None:
    checked = history([], [], history="off")
    checked.nodes[0].totals = Totals([4, 0], [1, 0])
    cost = measured(Cost, checked)
    assert (cost["messages"], cost["sent_by_node"], cost["received_by_node"]) == (4, [4, 0], [1, 0])


def test_a_run_that_failed_has_counts_but_no_cost_per_entry() -> None:
    cost = measured(Cost, LITTLE["failed"])
    assert (cost["messages"], cost["entries"], cost["messages_per_entry"], cost["claim_holds"]) == (1, 1, None, None)


def test_a_claim_is_not_held_against_a_run_that_stands_still() -> None:
    stuck = history([*stay(1, 2, 3, 1), requested(4, 1), sent(5), sent(5)], [], ending=Ending("stuck"))
    cost = measured(Cost, stuck)
    assert (cost["messages_per_entry"], cost["claimed_messages_per_entry"], cost["claim_holds"]) == (2.0, 1, None)


def test_metrics_read_a_history_in_any_order_of_nodes() -> None:
    checked = run(Maekawa, 4, seed=3)
    shuffled = list(checked.nodes)
    random.Random(1).shuffle(shuffled)
    again = History(checked.plan, checked.ending, shuffled)
    assert [measured(metric, again) for metric in METRICS] == [measured(metric, checked) for metric in METRICS]
