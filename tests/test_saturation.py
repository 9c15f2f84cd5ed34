"""The greatest rate that is sustained: told from waits that grow or do not, and put beside what theory allows."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plans import plan

import mxbench
from mxbench.core.algorithm import Algorithm
from mxbench.core.arrivals import ArrivalPlan
from mxbench.core.distributions import Constant
from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.saturation import saturation
from mxbench.experiment.sources import Source
from mxbench.metrics.load import MIN_ENTRIES, Offered, slope
from mxbench.report.comparison import render
from mxbench.report.table import render as table
from mxbench.sim.engine import SimEngine
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.raymond_k_entry import RaymondKEntry

NETWORK = {"delay": {"type": "constant", "seconds": 0.001}}
DWELL = Constant(0.0015)  # so that Sd + E is 2.5 ms and the capacity 400 entries a second


def offered(folder: Path, algorithm: type[Algorithm] = Lamport, **settings: Any) -> dict[str, Any]:
    settings = {"entries": 200, "dwell": DWELL, "network": NETWORK, **settings}
    return Offered().measure(SimEngine().run(plan(algorithm, 4, engine="sim", **settings), folder))


# ---- one run --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "is_it"),
    [
        ([], None),
        ([(5, 1)], None),
        ([(5, 1), (5, 2)], None),
        ([(0, 1), (10, 6)], 0.5),
        ([(0, 3), (1, 3), (9, 3)], 0.0),
        ([(10**18, 0), (10**18 + 10**9, 10**8)], 0.1),
    ],
    ids=["nothing", "a-point", "one-time", "rising", "level", "late"],
)
def test_the_slope_is_that_of_the_line_of_least_squares(points: list[tuple[float, float]], is_it: float | None) -> None:
    assert slope(points) == (is_it if is_it is None else pytest.approx(is_it))


@pytest.mark.parametrize(("share", "sustained"), [(0.3, True), (0.7, True), (1.3, False), (3.0, False)])
def test_a_rate_below_the_capacity_is_sustained_and_one_above_is_not(
    tmp_path: Path, share: float, sustained: bool
) -> None:
    found = offered(tmp_path, rate=100.0 * share)
    assert found["sustained"] is sustained
    assert found["offered_per_s"] == pytest.approx(400 * share)


@pytest.mark.slow
def test_above_the_capacity_waits_grow_by_what_is_offered_beyond_what_is_served(tmp_path: Path) -> None:
    assert offered(tmp_path, rate=200.0, entries=2000)["wait_growth"] == pytest.approx(800 / 400 - 1, rel=0.1)


@pytest.mark.parametrize("amount", [{"entries": 300}, {"tickets": 1200, "entries": None}], ids=["each", "total"])
def test_it_is_told_whether_the_rest_is_served_at_the_end_or_forgotten(tmp_path: Path, amount: dict[str, Any]) -> None:
    assert offered(tmp_path, rate=120.0, **amount)["sustained"] is False
    assert offered(tmp_path, rate=70.0, **amount)["sustained"] is True


def test_a_run_of_few_entries_does_not_tell(tmp_path: Path) -> None:
    few = offered(tmp_path, rate=300.0, entries=MIN_ENTRIES // 4 - 1)
    assert (few["sustained"], few["offered_per_s"]) == (None, 1200.0)
    assert few["wait_growth"] > 0


def test_warm_up_entries_have_no_part(tmp_path: Path) -> None:
    assert offered(tmp_path, rate=300.0, entries=50, warmup_entries=120)["sustained"] is None
    assert offered(tmp_path, rate=300.0, entries=50, warmup_entries=20)["sustained"] is False


def test_a_closed_loop_offers_no_rate(tmp_path: Path) -> None:
    assert set(offered(tmp_path).values()) == {None}


def test_the_rates_of_nodes_that_differ_are_added(tmp_path: Path) -> None:
    made = plan(Lamport, 4, engine="sim", entries=5, rate=10.0, dwell=DWELL, network=NETWORK)
    made = msgspec.structs.replace(made, arrivals=(ArrivalPlan(5, rate=20.0), *made.arrivals[1:]))
    found = Offered().measure(SimEngine().run(made, tmp_path))
    assert found["offered_per_s"] == 50.0
    assert found["claimed_capacity_per_s"] is None, "which is claimed of nodes that all have the same load"


def test_a_node_with_nothing_to_ask_for_offers_nothing(tmp_path: Path) -> None:
    assert offered(tmp_path, entries=[0, 0, 5, 5], rate=20.0)["offered_per_s"] == 40.0
    assert set(offered(tmp_path, entries=[0, 0, 0, 0], rate=20.0).values()) == {None}
    assert offered(tmp_path, tickets=10, rate=20.0)["offered_per_s"] == 80.0, "who may take the tickets all ask"


def test_the_claimed_capacity_is_one_over_delay_and_dwell(tmp_path: Path) -> None:
    assert offered(tmp_path, rate=1.0, entries=3)["claimed_capacity_per_s"] == pytest.approx(400)
    low, high = offered(tmp_path, Maekawa, rate=1.0, entries=3)["claimed_capacity_per_s"]
    assert (low, high) == (pytest.approx(1 / 0.0035), pytest.approx(1 / 0.0025))
    assert offered(tmp_path, Coordinator, rate=1.0, entries=3)["claimed_capacity_per_s"] == pytest.approx(1 / 0.003)
    several = offered(tmp_path, RaymondKEntry, rate=1.0, entries=3, k=3)["claimed_capacity_per_s"]
    assert several == pytest.approx([3 / 0.0035, 3 / 0.0025]), "three places, each taken again after T to 2 T"


def test_there_is_no_claimed_capacity_where_messages_take_no_known_time(tmp_path: Path) -> None:
    network = {"delay": {"type": "exponential", "mean": 0.001}}
    assert offered(tmp_path, rate=1.0, entries=3, network=network)["claimed_capacity_per_s"] is None


# ---- a sweep --------------------------------------------------------------------------------------------------------


def row(rate: float, sustained: bool | None, seed: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "experiment": "x", "algorithm": "lamport", "quorum_system": None, "engine": "sim", "workload": "hold",
        "nodes": 4, "seed": seed, "verdict": "valid", "setting": {"workload.rate": rate}, "offered_per_s": 4 * rate,
        "wait_growth": 0.0, "sustained": sustained, "entries_per_s": min(4 * rate, 400.0),
        "claimed_capacity_per_s": 400.0, **fields,
    }  # fmt: skip


def swept(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = compare_sources([Source("results/x", "x", list(rows), {}, [])])["saturation"]
    return found


def test_the_greatest_sustained_rate_is_the_last_before_the_first_that_is_not() -> None:
    (item,) = swept(row(80, True), row(120, False), row(90, True), row(100, False), row(110, True))
    assert (item["sustained_per_s"], item["exceeded_per_s"]) == (360, 400)
    assert [point["offered_per_s"] for point in item["points"]] == [320, 360, 400, 440, 480]
    assert (item["served_per_s"], item["claimed_capacity_per_s"]) == (400, 400)


def test_a_rate_counts_only_if_every_repeat_sustained_it() -> None:
    (item,) = swept(row(80, True, 1), row(80, True, 2), row(90, True, 1), row(90, False, 2))
    assert (item["sustained_per_s"], item["exceeded_per_s"]) == (320, 360)


def test_a_sweep_that_ends_too_early_or_begins_too_late_says_so_with_null() -> None:
    (item,) = swept(row(80, True), row(90, True))
    assert (item["sustained_per_s"], item["exceeded_per_s"]) == (360, None)
    (item,) = swept(row(110, False), row(120, False))
    assert (item["sustained_per_s"], item["exceeded_per_s"]) == (None, 440)


def test_a_rate_of_which_no_run_tells_is_neither_sustained_nor_exceeded() -> None:
    (item,) = swept(row(80, True), row(90, None), row(100, True))
    assert (item["sustained_per_s"], item["exceeded_per_s"]) == (320, None)


def test_each_algorithm_has_a_curve_and_one_rate_alone_is_none() -> None:
    rows = [row(80, True), row(90, False), row(80, False, algorithm="maekawa"), row(90, False, algorithm="maekawa")]
    assert [(item["algorithm"], item["sustained_per_s"]) for item in swept(*rows)] == [
        ("lamport", 320), ("maekawa", None),
    ]  # fmt: skip
    assert swept(row(80, True)) == []
    assert saturation([], []) == []


def test_ranges_that_differ_from_run_to_run_are_joined() -> None:
    claims = [[200.0, 300.0], [210.0, 320.0]]
    (item,) = swept(*(row(80 + seed, True, seed, claimed_capacity_per_s=claim) for seed, claim in enumerate(claims)))
    assert item["claimed_capacity_per_s"] == [200, 320]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two algorithms, one of which needs a message more between two entries, at rates around what they can do."""
    folder = tmp_path_factory.mktemp("searched")
    (folder / "x.yaml").write_text(
        "name: x\nnodes: 9\nengine: sim\nnetwork: {delay: 1ms}\nrepeat: 3\nhistory: sections\n"
        "matrix: {algorithm: [lamport, maekawa], workload.rate: [20, 27, 36, 54]}\n"
        "workload: {type: hold, entries: 400, warmup_entries: 40, dwell: 1.5ms}\n"
    )
    return mxbench.compare(folder / "x.yaml", results=folder / "results")


@pytest.mark.slow
def test_simulated_the_rate_that_is_sustained_is_what_one_over_delay_and_dwell_allows(searched: dict[str, Any]) -> None:
    found = {item["algorithm"]: item for item in searched["saturation"]}
    assert (found["lamport"]["sustained_per_s"], found["lamport"]["exceeded_per_s"]) == (324, 486)
    assert (found["maekawa"]["sustained_per_s"], found["maekawa"]["exceeded_per_s"]) == (243, 324)
    assert found["lamport"]["served_per_s"] == pytest.approx(400, rel=0.01)
    assert found["maekawa"]["served_per_s"] == pytest.approx(1 / 0.0035, rel=0.02)
    assert [line["sustained"] for line in searched["lines"]] == [True, True, True, False, True, True, False, False]


@pytest.mark.slow
def test_the_table_names_the_rates_and_how_to_read_them(searched: dict[str, Any]) -> None:
    text = render(searched)
    lines = [line.split() for line in text.splitlines()]
    assert ["lamport", "9", "324.0", "486.0"] in [line[:4] for line in lines]
    assert any(
        line[:4] == ["maekawa", "9", "243.0", "324.0"] and line[5:] == ["285.7", "to", "400.0"] for line in lines
    )
    assert "sustained: the greatest load of all nodes up to which waits do not grow (by over 0.02 s a second)" in text
    assert " sustained " in render(searched, "github").splitlines()[0]


def test_closed_loops_have_no_such_columns() -> None:
    closed = [row(0, None, seed, setting={}, offered_per_s=None) for seed in range(3)]
    comparison = compare_sources([Source("results/x", "x", closed, {}, [])])
    assert comparison["saturation"] == []
    assert "sustained" not in render(comparison)
    assert "offered" not in render(comparison)


def test_the_table_of_a_run_says_whether_its_rate_was_sustained(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "name: x\nnodes: 4\nengine: sim\nnetwork: {delay: 1ms}\nmatrix: {workload.rate: [50, 200]}\n"
        "algorithm: lamport\nworkload: {type: hold, duration: 1s, dwell: 1.5ms}\n"
    )
    lines = table(mxbench.run(tmp_path / "x.yaml", results=tmp_path / "results")).splitlines()
    (header,) = [line for line in lines if line.startswith("algorithm ")]
    assert header.split()[-2:] == ["sustained", "verdict"]
    assert [line.split()[-2:] for line in lines if line.startswith("lamport ")] == [["yes", "valid"], ["no", "valid"]]
