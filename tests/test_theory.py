"""Claims beside measurements: what holds, what does not, and like what a cost grows."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plans import plan, run

from mxbench.core.algorithm import Algorithm
from mxbench.core.claims import Claimed
from mxbench.core.distributions import Constant, Exponential
from mxbench.core.history import History
from mxbench.experiment.sources import Source
from mxbench.experiment.theory import fit, theory
from mxbench.metrics.cost import compare_messages
from mxbench.metrics.load import claimed_capacity
from mxbench.metrics.theory import Theory, compare_delays, holds, message_delay
from mxbench.report.theory import render
from mxbench.sim.engine import SimEngine
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.raymond import Raymond
from mxbench_plugins.raymond_k_entry import RaymondKEntry

NETWORK = {"delay": {"type": "constant", "seconds": 0.001}}


def row(seed: int, messages: float, claimed: Any, kind: str, nodes: int = 4, **fields: Any) -> dict[str, Any]:
    return {
        "algorithm": "lamport", "nodes": nodes, "engine": "sim", "workload": "hold", "seed": seed, "setting": {},
        "messages_per_entry": messages, "claimed_messages_per_entry": claimed, "claim_kind": kind,
        "claim_regime": "uncontended", "claim_holds": None, **fields,
    }  # fmt: skip


def simulated(folder: Path, *what: Any, **settings: Any) -> History:
    return SimEngine().run(plan(*what, engine="sim", **settings), folder)


def judged(*rows: dict[str, Any]) -> dict[str, Any]:
    (line,) = theory([Source("results/x", "x", list(rows), {}, [])])["lines"]
    return dict(line)


def test_an_exact_claim_holds_if_every_run_says_so() -> None:
    assert judged(*[row(seed, 9.0, 9.0, "exact", claim_holds=True) for seed in range(3)])["holds"] is True
    assert (
        judged(row(1, 9.0, 9.0, "exact", claim_holds=True), row(2, 9.1, 9.0, "exact", claim_holds=False))["holds"]
        is False
    )


def test_a_mean_holds_if_it_lies_in_the_interval_of_the_repeats() -> None:
    values = [2.9, 3.1, 3.0, 3.05, 2.95]
    assert judged(*[row(seed, value, 3.0, "mean") for seed, value in enumerate(values)])["holds"] is True
    assert judged(*[row(seed, value, 3.4, "mean") for seed, value in enumerate(values)])["holds"] is False


def test_results_that_differ_in_the_algorithms_own_keys_are_lines_of_their_own() -> None:
    def result(**fields: Any) -> Source:
        held = {"algorithm.holder": fields.pop("holder")} if "holder" in fields else {}
        return Source("results/x", "x", [row(1, 9.0, 9.0, "exact", claim_holds=True, **fields)], {}, [({}, held)])

    quorums = theory([result(quorum_system="grid"), result(quorum_system="majority")])["lines"]
    assert [line["algorithm"] for line in quorums] == ["lamport (grid)", "lamport (majority)"]
    holders = theory([result(topology="line"), result(topology="line", holder=2)])["lines"]
    assert [line["algorithm"] for line in holders] == ["lamport (line)", "lamport (line, holder 2)"]


@pytest.mark.parametrize("order", [1, -1])
def test_results_of_other_experiments_are_lines_of_their_own(order: int) -> None:
    """One claims a number of what it measures, the other a range."""
    results = [
        Source("results/x", "x", [row(1, 9.0, 9.0, "exact", claim_holds=True)], {}, [({}, {"workload.think": "1s"})]),
        Source("results/y", "y", [row(1, 5.0, [4.0, 6.0], "range")], {}, [({}, {"workload.think": "0s"})]),
    ]
    lines = theory(results[::order])["lines"][::order]
    assert [line["setting"] for line in lines] == [{"workload.think": "1s"}, {"workload.think": "0s"}]
    assert [line["claimed"] for line in lines] == [9.0, [4.0, 6.0]]


def test_a_mean_that_differs_from_run_to_run_is_compared_run_by_run() -> None:
    """Distances of requesters differ by seed: values and claims go up and down together, and differ by a fixed bit."""
    pairs = [(2.0, 2.0), (4.0, 4.0), (6.0, 6.0)]
    assert judged(*[row(seed, value, claim, "mean") for seed, (value, claim) in enumerate(pairs)])["holds"] is True
    off = [row(seed, value + 0.1 + seed / 1000, claim, "mean") for seed, (value, claim) in enumerate(pairs)]
    assert judged(*off)["holds"] is False


def test_where_chance_plays_no_part_the_runs_judge_the_mean() -> None:
    assert judged(*[row(seed, 3.24, 3.25, "mean", claim_holds=True) for seed in range(3)])["holds"] is True
    assert judged(*[row(seed, 3.24, 3.25, "mean", claim_holds=False) for seed in range(3)])["holds"] is False


def test_more_claims_of_a_mean_make_each_interval_wider() -> None:
    values = [3.02, 3.1, 3.06, 3.03, 3.08]

    def lines(count: int) -> list[dict[str, Any]]:
        rows = [
            row(seed, value, 3.0, "mean", nodes=n) for n in range(2, 2 + count) for seed, value in enumerate(values)
        ]
        return list(theory([Source("results/x", "x", rows, {}, [])])["lines"])

    assert [line["holds"] for line in lines(1)] == [False]
    assert [line["holds"] for line in lines(40)] == [True] * 40


@pytest.mark.parametrize(
    ("best", "cost"),
    [
        ("1", lambda n: 3.0),
        ("1", lambda n: 3 * (n - 1) / n),
        ("log n", lambda n: 2 * math.log2(n) + 1),
        ("sqrt n", lambda n: 3 * (2 * math.sqrt(n) - 2)),
        ("n", lambda n: 3 * (n - 1)),
    ],
)
def test_the_shape_of_a_cost_is_found(best: str, cost: Callable[[float], float]) -> None:
    for noise in (0.0, 0.001):
        points = [(float(n), cost(n) * (1 + noise * (-1) ** place)) for place, n in enumerate((4, 8, 16, 32, 64))]
        assert fit(points)[0] == best
    assert fit([(4, 9.0), (8, 21.0), (16, 45.0), (32, 93.0)])[1] == "3 n - 3"


def test_delays_are_told_in_message_delays_and_a_claim_is_held_against_them(tmp_path: Path) -> None:
    load = {"dwell": Constant(0.002), "network": NETWORK}
    one_by_one = simulated(tmp_path / "one", Lamport, 5, entries=4, one_at_a_time=True, **load)
    assert Theory().measure(one_by_one)["response_time"] == {
        "measured": 2.0, "claimed": 2.0, "kind": "exact", "regime": "uncontended", "holds": True,
    }  # fmt: skip
    saturated = simulated(tmp_path / "all", Raymond, 5, entries=30, **load)
    found = Theory().measure(saturated)["synchronisation_delay"]
    assert found["claimed"] == pytest.approx(2 * 4 / 5)
    assert found["measured"] == pytest.approx(found["claimed"], rel=0.02)
    assert found["holds"] is True


def test_a_run_is_compared_with_what_the_given_class_claims(tmp_path: Path) -> None:
    class Hasty(Lamport):
        response_time = {"uncontended": "1"}
        messages_per_entry = "2 * (n - 1)"

    found = simulated(tmp_path, Lamport, 5, entries=4, one_at_a_time=True, network=NETWORK)
    for algorithm, claimed, holding in ((Lamport, 2.0, True), (Hasty, 1.0, False)):
        compared = compare_delays(algorithm, found)["response_time"]
        assert (compared.claimed.value, compared.figure, compared.holds) == (claimed, 2.0, holding)
    for algorithm, claimed, holding in ((Lamport, 12.0, True), (Hasty, 8.0, False)):
        compared = compare_messages(algorithm, found, None, 12.0)
        assert (compared.claimed.value, compared.figure, compared.holds) == (claimed, 12.0, holding)
    bare = simulated(tmp_path / "bare", Lamport, 5, entries=4, one_at_a_time=True)
    assert compare_delays(Hasty, bare) == {}


@pytest.mark.parametrize(
    ("algorithm", "nodes", "settings"), [(Lamport, 1, {}), (RaymondKEntry, 1, {}), (RaymondKEntry, 4, {"k": 4})]
)
@pytest.mark.parametrize("load", [{}, {"one_at_a_time": True}], ids=["saturated", "one-at-a-time"])
def test_no_delay_is_claimed_where_there_is_room_for_all(
    tmp_path: Path, algorithm: type[Algorithm], nodes: int, settings: dict[str, Any], load: dict[str, Any]
) -> None:
    found = simulated(tmp_path, algorithm, nodes, entries=20, network=NETWORK, **settings, **load)
    for told in Theory().measure(found).values():
        assert (told["claimed"], told["holds"]) == (None, None)
    assert Theory().measure(found)["response_time"]["measured"] == 0.0
    assert claimed_capacity(found) is None


def test_one_node_waits_for_a_coordinator_that_is_a_server(tmp_path: Path) -> None:
    found = simulated(tmp_path, Coordinator, 1, entries=20, server=True, one_at_a_time=True, network=NETWORK)
    told = Theory().measure(found)["response_time"]
    assert (told["measured"], told["claimed"], told["holds"]) == (2.0, 2.0, True)


def test_a_delay_that_is_not_what_was_claimed_does_not_hold() -> None:
    assert holds(Claimed(2.0, "exact", "uncontended"), 2.1, 100, 5) is False
    assert holds(Claimed(1.0, "exact", "saturated"), 1.2, 100, 5) is False
    assert holds(Claimed([1.0, 2.0], "range", "saturated"), 2.2, 100, 5) is False
    assert holds(Claimed(2.0, "mean", "uncontended"), 2.7, 100, 5) is False


@pytest.mark.parametrize(
    "how",
    [{"real_time": True}, {"faults": {"timed": [{"at": 0.005, "kind": "pause", "groups": [[1]]},
                                                {"at": 0.025, "kind": "resume", "groups": [[1]]}]}}],
    ids=["real-time", "faults"],
)  # fmt: skip
def test_delays_in_real_time_or_beside_faults_are_told_and_not_judged(tmp_path: Path, how: dict[str, Any]) -> None:
    """A processor that is busy, or a node that pauses, makes them longer: nothing that an algorithm claims."""
    found = simulated(tmp_path, Lamport, 3, entries=10, one_at_a_time=True, network=NETWORK, **how)
    told = Theory().measure(found)["response_time"]
    assert (told["claimed"], told["kind"], told["regime"], told["holds"]) == (2.0, "exact", "uncontended", None)
    assert told["measured"] >= 2.0
    assert compare_messages(Lamport, found, None, 6.0).holds is True, "a count is a count"


@pytest.mark.parametrize("kind", ["exact", "mean"])
def test_a_delay_that_no_run_judges_neither_holds_nor_fails(kind: str) -> None:
    told = {"measured": 2.11, "claimed": 2.0, "kind": kind, "regime": "uncontended", "holds": None}
    rows = [row(seed, 9.0, 9.0, "exact", claim_holds=True, response_time=told) for seed in range(3)]
    document = theory([Source("results/x", "x", rows, {}, [])])
    messages, response = document["lines"]
    assert (messages["holds"], response["holds"], document["holds"]) == (True, None, True)
    assert response["ratio"] == pytest.approx(1.055)
    text = render(document)
    assert re.search(r"response time +2 T(?: \(mean\))? +2.11 T +1.055 +-\n", text), text
    assert "1 of 1 claims hold" in text
    assert "Delays in real time, or beside faults, are told and not judged (-)." in " ".join(text.split())


def test_without_one_constant_delay_there_is_no_unit() -> None:
    assert message_delay(plan(Lamport)) is None
    assert message_delay(plan(Lamport, network=NETWORK)) == 1_000_000
    assert message_delay(plan(Lamport, network=NETWORK | {"fifo": False})) is None
    assert Theory().measure(run(Lamport, 3)) == {"synchronisation_delay": None, "response_time": None}
    assert Exponential(0.001) != Constant(0.001)


def compared(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mxbench", "compare", "--theory", *arguments, "--results", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600)


SMALL = """name: small
matrix: {algorithm: [lamport, coordinator], nodes: [2, 4, 6, 8]}
engine: sim
network: {delay: 1ms}
workload: {type: hold, entries_per_node: 12, dwell: 2ms}
"""


@pytest.mark.slow
def test_the_command_prints_claims_and_growth(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    done = compared("small.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["lamport", "8", "messages", "per", "entry", "21", "21", "1.000", "holds"] in lines
    assert ["lamport", "8", "synchronisation", "delay", "1", "T", "1", "T", "1.000", "holds"] in lines
    grown = [line for line in lines if line[:4] == ["lamport", "messages", "per", "entry"]]
    assert grown[0][4:8] == ["n", "3", "n", "-"]
    document = json.loads(compared("latest", "--format", "json", folder=tmp_path).stdout)
    assert document["holds"] is True
    assert {curve["best"] for curve in document["growth"] if curve["algorithm"] == "coordinator"} >= {"1"}


@pytest.mark.parametrize("form", ["github", "latex", "csv", "html", "json"])
def test_every_format_has_every_claimed_line(form: str) -> None:
    rows = [row(seed, 9.0, 9.0, "exact", claim_holds=True) for seed in range(3)]
    document = theory([Source("results/x", "x", rows, {}, [])])
    text = render(document, form)
    assert "lamport" in text
    assert "9" in text


@pytest.mark.slow
def test_what_every_author_claims_holds(tmp_path: Path) -> None:
    done = compared(folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "does not hold" not in done.stdout
    assert done.stdout.count(" holds\n") >= 66
