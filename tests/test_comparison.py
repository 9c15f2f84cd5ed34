"""Comparisons as data: which lines are compared, with which, and what is said of two machines."""

import json
from pathlib import Path
from typing import Any

import pytest
from rows_by_hand import row, source

import mxbench
from mxbench.errors import ExperimentError, ResultError
from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.sources import environment_differences, load_source

HEAP = Path(__file__).parent / "heap_engine.py"
SWEEP = """name: sweep
matrix: {algorithm: [lamport, ricart-agrawala, maekawa], nodes: [2, 3]}
engine: heap
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
repeat: 5
"""
ONE = """name: one
algorithm: lamport
nodes: 3
engine: heap
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
repeat: 5
"""


def run(folder: Path, text: str = ONE, **flags: Any) -> str:
    """Run an experiment on the heap loop and return the folder of its result."""
    file = folder / "experiment.yaml"
    file.write_text(text, encoding="utf-8")
    return str(mxbench.run(file, plugins=[HEAP], results=folder / "results", **flags)["result"])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return mxbench.compare(run(tmp_path_factory.mktemp("sweep"), SWEEP))


# ---- the lines ------------------------------------------------------------------------------------------------------


def test_the_repeats_of_a_setting_make_a_line_and_its_keys_are_those_that_vary(sweep: dict[str, Any]) -> None:
    assert sweep["varying"] == ["algorithm", "nodes"]
    assert [tuple(line["setting"].values()) for line in sweep["lines"]] == [
        (algorithm, nodes) for algorithm in ("lamport", "ricart-agrawala", "maekawa") for nodes in (2, 3)
    ]
    assert all((line["runs"], line["seeds"]) == (5, [1, 2, 3, 4, 5]) for line in sweep["lines"])
    assert sweep["same"]["workload.dwell"] == "1ms"
    assert (sweep["verdict"], sweep["exit_status"]) == ("valid", 0)


def test_conditions_leave_what_they_ask_for_and_fewer_tests(sweep: dict[str, Any]) -> None:
    result = sweep["sources"][0]["result"]
    three = mxbench.compare(result, where=["nodes=3"])
    assert [line["setting"]["nodes"] for line in three["lines"]] == [3, 3, 3]
    assert 0 < len(three["differences"]) < len(sweep["differences"])
    assert len(mxbench.compare(result, where=["dwell=1ms", "algorithm=maekawa"])["lines"]) == 2
    for condition, said in (("nodes", "write KEY=VALUE"), ("nods=3", "did you mean 'nodes'"), ("nodes=4", "is 2, 3")):
        with pytest.raises(ResultError, match=f"--where {condition}: .*{said}"):
            mxbench.compare(result, where=[condition])


def test_measures_have_intervals_but_counts_that_never_vary_have_none(sweep: dict[str, Any]) -> None:
    measures = sweep["lines"][1]["measures"]
    assert measures["messages_per_entry"] | {"repeats": 0} == {
        "mean": 6, "low": None, "high": None, "least": 6, "greatest": 6, "repeats": 0, "exact": True,
    }  # fmt: skip
    wait = measures["wait_ms.mean"]
    assert wait["least"] < wait["mean"] < wait["greatest"]
    assert wait["low"] < wait["mean"] < wait["high"]


def test_the_claim_stands_beside_what_was_measured(sweep: dict[str, Any]) -> None:
    lamport, maekawa = sweep["lines"][1], sweep["lines"][5]
    assert (lamport["claimed_messages_per_entry"], lamport["claim_ratio"], lamport["claim_holds"]) == (6, 1, True)
    low, high = maekawa["claimed_messages_per_entry"]
    assert low < maekawa["measures"]["saturated_messages_per_entry"]["mean"] < high
    assert (maekawa["claim_kind"], maekawa["claim_ratio"]) == ("range", None)


def test_undecided_runs_count_but_lend_no_number() -> None:
    rows = [row(seed, messages_per_entry=6.0) for seed in (1, 2, 3)]
    rows.append(row(4, messages_per_entry=99.0, verdict="undecided"))
    [line] = compare_sources([source(rows)])["lines"]
    assert (line["runs"], line["verdict"], line["verdicts"]) == (4, "undecided", {"valid": 3, "undecided": 1})
    assert (line["measures"]["messages_per_entry"]["mean"], line["measures"]["messages_per_entry"]["repeats"]) == (6, 3)


def test_a_run_that_was_made_twice_counts_once(tmp_path: Path) -> None:
    """One seed is one history there, whenever it gives up: to count it again would make intervals narrower."""
    once = mxbench.compare(run(tmp_path, ONE))
    twice = mxbench.compare(run(tmp_path, ONE + "matrix: {stall_limit: [20s, 30s]}\n"))
    assert [line["runs"] for line in twice["lines"]] == [5]
    assert twice["lines"][0]["measures"] == once["lines"][0]["measures"]


def test_a_quorum_system_is_named_only_where_there_are_several() -> None:
    rows = [row(1, algorithm="maekawa", quorum_system=system) for system in ("grid", "majority")]
    both = compare_sources([source([*rows, row(1)])])
    names = [line["setting"]["algorithm"] for line in both["lines"]]
    assert names == ["maekawa (grid)", "maekawa (majority)", "lamport"]
    assert compare_sources([source(rows[:1])])["lines"][0]["setting"]["algorithm"] == "maekawa"


def test_a_claim_that_fails_in_one_run_does_not_hold_and_claims_of_runs_are_put_together() -> None:
    rows = [row(1, claim_holds=True, claimed_messages_per_entry=[4, 6]),
            row(2, claim_holds=False, claimed_messages_per_entry=[3, 5]),
            row(3, claim_holds=None, claimed_messages_per_entry=[4, 6])]  # fmt: skip
    [line] = compare_sources([source(rows)])["lines"]
    assert (line["claim_holds"], line["claimed_messages_per_entry"]) == (False, [3, 6])
    [untold] = compare_sources([source(rows[2:])])["lines"]
    assert untold["claim_holds"] is None


def test_the_comparison_is_plain_data(sweep: dict[str, Any]) -> None:
    assert json.loads(json.dumps(sweep)) == sweep


# ---- what is compared -----------------------------------------------------------------------------------------------


def test_algorithms_are_compared_at_equal_nodes_each_with_the_first(sweep: dict[str, Any]) -> None:
    assert sweep["compared"] == "algorithm"
    pairs = {(d["from"], d["to"], d["setting"]["nodes"]) for d in sweep["differences"]}
    assert pairs == {("lamport", other, nodes) for other in ("ricart-agrawala", "maekawa") for nodes in (2, 3)}
    counts = [d for d in sweep["differences"] if d["measure"] == "messages_per_entry" and d["to"] == "ricart-agrawala"]
    assert [(d["outcome"], d["exact"], d["relative"]) for d in counts] == [
        ("different", True, pytest.approx(-1 / 3))
    ] * 2
    for difference in sweep["differences"]:
        ends = [sweep["lines"][difference[end]]["nodes"] for end in ("reference", "other")]
        assert ends == [difference["setting"]["nodes"]] * 2


def test_one_algorithm_is_compared_over_another_key_and_over_nodes_last() -> None:
    swept = [row(1, nodes=nodes, setting={"workload.dwell": dwell}) for nodes in (3, 5) for dwell in ("1ms", "2ms")]
    assert compare_sources([source(swept)])["compared"] == "workload.dwell"
    assert compare_sources([source(swept[::2])])["compared"] == "nodes"


def test_where_the_token_starts_is_a_part_of_the_setting(tmp_path: Path) -> None:
    """Settings that differ in nothing else are no repeats of one another."""
    raymond = "[raymond, {name: raymond, holder: 2}, {name: raymond, holder: random}]"
    text = ONE.replace("algorithm: lamport", f"matrix: {{algorithm: {raymond}}}")
    named = mxbench.compare(run(tmp_path, text))
    assert [line["setting"]["algorithm"] for line in named["lines"]] == [
        "raymond (star)", "raymond (star, holder 2)", "raymond (star, holder random)"
    ]  # fmt: skip
    assert [line["seeds"] for line in named["lines"]] == [[1, 2, 3, 4, 5]] * 3
    swept = mxbench.compare(
        run(tmp_path, ONE.replace("algorithm: lamport", "algorithm: raymond\nmatrix: {algorithm.holder: [0, 2]}"))
    )
    assert (swept["compared"], [line["setting"]["algorithm.holder"] for line in swept["lines"]]) == (
        "algorithm.holder",
        [0, 2],
    )


def test_a_value_of_another_shape_is_one_difference(tmp_path: Path) -> None:
    made = mxbench.compare(run(tmp_path, ONE + "matrix: {workload.think: [1ms, {uniform: [1ms, 2ms]}]}\n"))
    assert made["compared"] == "workload.think"
    assert [line["setting"]["workload.think"] for line in made["lines"]] == ["1ms", {"uniform": ["1ms", "2ms"]}]


def test_pairs_within_a_result_are_compared_where_there_are_none_between_results(tmp_path: Path) -> None:
    both = ONE.replace("algorithm: lamport", "matrix: {algorithm: [lamport, ricart-agrawala]}")
    other = both.replace("nodes: 3", "nodes: 4").replace("dwell: 1ms", "dwell: 2ms")
    made = mxbench.compare(run(tmp_path, both), run(tmp_path, other))
    assert (made["compared"], {(d["from"], d["to"]) for d in made["differences"]}) == (
        "algorithm",
        {("lamport", "ricart-agrawala")},
    )


def test_settings_that_name_a_file_are_told_apart_and_a_run_of_them_is_run_again(tmp_path: Path) -> None:
    for name, milliseconds in (("near", 1), ("far", 9)):
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join([f"{milliseconds}ms"] * 3)] * 3))
    swept = ONE.replace("heap", "sim") + "matrix: {network.delay: [{matrix: near.csv}, {matrix: far.csv}]}\n"
    results = [run(tmp_path, swept, set=[f"workload.dwell={dwell}"]) for dwell in ("1ms", "50ms")]
    compared = mxbench.compare(*results)
    assert {"workload.dwell", "network.delay.matrix"} <= set(compared["varying"])
    last = load_source(results[0]).rows[-1]
    (again,) = mxbench.run(last["result"], results=tmp_path / "again")["runs"]
    assert again["messages_by_type"] == last["messages_by_type"]
    assert again["wait_ms"]["mean"] == last["wait_ms"]["mean"] > 9


def test_a_key_that_differs_between_two_results_is_what_they_are_compared_by(tmp_path: Path) -> None:
    text = ONE.replace("algorithm: lamport", "matrix: {algorithm: [lamport, ricart-agrawala]}")
    first, second = run(tmp_path, text), run(tmp_path, text, set=["workload.dwell=9ms"])
    made = mxbench.compare(first, second)
    assert made["compared"] == "workload.dwell"
    assert {(d["from"], d["to"], d["setting"]["algorithm"]) for d in made["differences"]} == {
        ("1ms", "9ms", "lamport"), ("1ms", "9ms", "ricart-agrawala")
    }  # fmt: skip
    waits = [d for d in made["differences"] if d["measure"] == "wait_ms.mean"]
    assert all(d["outcome"] == "different" and d["paired"] and d["low"] > 0 and d["effect"] == 1 for d in waits)
    assert all(d["outcome"] == "equal" for d in made["differences"] if d["measure"] == "messages_per_entry")


def test_two_algorithms_of_two_experiments_are_compared(tmp_path: Path) -> None:
    other = ONE.replace("name: one", "name: other").replace("lamport", "ricart-agrawala")
    made = mxbench.compare(run(tmp_path), run(tmp_path, other))
    assert (made["compared"], made["varying"]) == ("algorithm", ["algorithm", "nodes"])
    assert [source["experiment"] for source in made["sources"]] == ["one", "other"]


def test_lines_that_differ_in_two_things_are_not_compared() -> None:
    made = compare_sources([source([row(1), row(1, algorithm="ricart-agrawala", nodes=5)])])
    assert (made["compared"], made["differences"], len(made["lines"])) == (None, [], 2)


def test_results_of_other_workloads_have_nothing_in_common() -> None:
    with pytest.raises(ResultError, match="it has nothing in common with the other: its workload is 'bank', theirs"):
        compare_sources([source([row(1, workload="bank")]), source([row(1)])])


def test_a_result_is_not_compared_with_itself(tmp_path: Path) -> None:
    result = run(tmp_path)
    with pytest.raises(ResultError, match="given twice"):
        mxbench.compare(result, tmp_path / "results" / "latest")


def test_what_is_no_result_or_holds_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="not a result of mxbench"):
        mxbench.compare(tmp_path)
    with pytest.raises(ExperimentError, match="there is no such file"):
        mxbench.compare(tmp_path / "nowhere")
    with pytest.raises(ResultError, match="nothing to compare"):
        mxbench.compare()
    (tmp_path / "runs").mkdir()
    with pytest.raises(ResultError, match="no run of it has ended"):
        mxbench.compare(tmp_path)


def test_a_result_whose_experiment_is_lost_is_compared_by_its_rows(tmp_path: Path) -> None:
    result = run(tmp_path, SWEEP, set=["nodes=3"])
    (Path(result) / "experiment.yaml").unlink()
    (Path(result) / "environment.json").unlink()
    made = mxbench.compare(result)
    assert [line["setting"] for line in made["lines"]] == [
        {"algorithm": name, "nodes": 3} for name in ("lamport", "ricart-agrawala", "maekawa")
    ]


# ---- the same at two times ------------------------------------------------------------------------------------------


def test_two_results_of_one_experiment_differ_in_nothing_and_show_the_noise_floor(tmp_path: Path) -> None:
    """Other seeds make other delays here, as a second invocation makes other times on a machine."""
    made = mxbench.compare(run(tmp_path), run(tmp_path, seed=100))
    assert (made["compared"], made["varying"]) == ("result", ["algorithm", "nodes", "result"])
    outcomes = {d["measure"]: d["outcome"] for d in made["differences"]}
    assert outcomes.pop("messages_per_entry") == "equal"
    assert set(outcomes.values()) == {"no difference shown"}
    assert not any(d["paired"] for d in made["differences"])
    assert {item["measure"] for item in made["noise"]} == {"wait_ms.mean", "sync_delay_ms.mean", "entries_per_s"}
    assert all(0 < item["median"] <= item["largest"] < 0.5 for item in made["noise"])


def test_results_that_are_the_same_run_by_run_are_equal(tmp_path: Path) -> None:
    made = mxbench.compare(run(tmp_path), run(tmp_path))
    assert {(d["outcome"], d["exact"], d["paired"]) for d in made["differences"]} == {("equal", True, True)}


def test_an_environment_that_differs_is_named_and_then_there_is_no_noise_floor() -> None:
    rows = [row(seed, entries_per_s=100.0 + seed) for seed in (1, 2, 3)]
    old = {"time": "then", "python": "CPython 3.11.2", "libraries": {"msgspec": "0.18"}, "commit": {"id": "a"}}
    new = {"time": "now", "python": "CPython 3.12.1", "libraries": {"msgspec": "0.19"}, "commit": None, "cores": 4}
    made = compare_sources([source(rows, **old), source(rows, **new)])
    assert {d["field"]: (d["source"], d["reference"], d["other"]) for d in made["environment"]} == {
        "python": (2, "CPython 3.11.2", "CPython 3.12.1"),
        "libraries.msgspec": (2, "0.18", "0.19"),
        "commit.id": (2, "a", None),
        "cores": (2, None, 4),
    }
    assert made["noise"] is None
    assert compare_sources([source(rows, **old), source(rows, **old | {"time": "now"})])["noise"] is not None


def test_a_plugin_file_that_one_of_two_results_needs_is_no_environment() -> None:
    made = [source([row(1)], files={}), source([row(1)], files={"plugins/mine.py": "0123"})]
    assert environment_differences(made) == []


def test_a_plugin_file_of_another_name_and_text_is_named_and_then_there_is_no_noise_floor(tmp_path: Path) -> None:
    """Two files may define one algorithm: the results look like repeats of each other, and are not."""
    made = []
    for name, remark in (("mine_a", ""), ("mine_b", "# changed\n")):
        (tmp_path / f"{name}.py").write_text(HEAP.read_text() + remark)
        (tmp_path / "experiment.yaml").write_text(ONE)
        document = mxbench.run(tmp_path / "experiment.yaml", plugins=[tmp_path / f"{name}.py"], results=tmp_path / name)
        made.append(str(document["result"]))
    comparison = mxbench.compare(*made)
    assert comparison["compared"] == "result"
    assert [(d["field"], d["reference"] is None, d["other"] is None) for d in comparison["environment"]] == [
        ("files.plugins/mine_a.py", False, True),
        ("files.plugins/mine_b.py", True, False),
    ]
    assert comparison["noise"] is None


def test_a_plugin_file_that_was_only_renamed_is_no_difference() -> None:
    files = [{"plugins/a.py": "0123", "plugins/b.py": "4567"}, {"plugins/b.py": "0123", "plugins/c.py": "4567"}]
    assert environment_differences([source([row(1)], files=one) for one in files]) == []


@pytest.mark.parametrize(("now", "named"), [(0.9, False), (1.0, True), (3.0, True)])
def test_a_load_is_named_where_it_is_of_half_the_cores_or_more(now: float, named: bool) -> None:
    made = [source([row(1)], load_average=[load, 0, 0], usable_cores=2) for load in (0.0, now)]
    assert [d["field"] for d in environment_differences(made)] == ["load_average"] * named


def test_a_plugin_file_of_another_text_is_an_environment_that_differs(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path, seed=100)
    copy = Path(second) / "plugins" / "heap_engine.py"
    copy.write_text(copy.read_text() + "# changed\n")
    fields = [d["field"] for d in mxbench.compare(first, second)["environment"]]
    assert "files.plugins/heap_engine.py" in fields
