"""From an experiment to the plans of its runs: load, quorums, sweeps, assumptions, expectations, overrides."""

from pathlib import Path

import pytest
from planned import experiment, plans, prepared, refusal

from mxbench.core.distributions import Constant, Exponential
from mxbench.core.plan import RunPlan, turns
from mxbench.errors import PluginError
from mxbench.experiment.finding import shipped
from mxbench.experiment.invocation import prepare

HEAP = Path(__file__).parent / "heap_engine.py"
BROKEN = Path(__file__).parent / "broken"


# ---- the load -------------------------------------------------------------------------------------------------------


def test_a_closed_loop_gives_each_node_its_entries(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment("type: hold, entries_per_node: 4, dwell: 2ms, think: {exponential: 1ms}"))
    assert [(a.entries, a.think, a.rate, a.ticketed) for a in plan.arrivals] == [
        (4, Exponential(0.001), None, False)
    ] * 3
    assert (plan.dwell, plan.tickets, plan.one_at_a_time) == (Constant(0.002), None, False)


def test_a_total_of_entries_becomes_tickets(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment("type: hold, entries: 7"))
    assert plan.tickets == 7
    assert all(arrivals.ticketed and arrivals.entries is None for arrivals in plan.arrivals)


def test_a_duration_ends_the_arrivals_of_every_node(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment("type: hold, duration: 2s, rate: 50"))
    assert all((a.duration, a.rate, a.entries, a.ticketed) == (2.0, 50.0, None, False) for a in plan.arrivals)


def test_one_at_a_time_takes_turns_that_the_seed_decides(tmp_path: Path) -> None:
    from random import Random

    [plan] = plans(tmp_path, experiment("type: hold, entries_per_node: 2, arrivals: one-at-a-time"))
    assert plan.one_at_a_time
    assert plan.tickets is None
    assert plan.regime == "uncontended"
    assert sorted(turns(plan, Random(1))) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("keys", "regime"),
    [
        ("entries_per_node: 4", "saturated"),
        ("entries: 4", "saturated"),
        ("entries_per_node: 4, dwell: {exponential: 1ms}", "saturated"),
        ("entries_per_node: 4, dwell: 0s", "other"),
        ("entries_per_node: 4, dwell: {uniform: [0s, 0s]}", "other"),
        ("entries: 4, arrivals: one-at-a-time, dwell: 0s", "uncontended"),
        ("entries_per_node: 4, think: 1ms", "other"),
        ("entries_per_node: 4, rate: 1", "other"),
        ("entries: 4, arrivals: one-at-a-time", "uncontended"),
    ],
)
def test_the_regime_is_that_of_the_papers_where_all_nodes_have_the_same_load(
    tmp_path: Path, keys: str, regime: str
) -> None:
    stay = "" if "dwell" in keys else ", dwell: 1ms"
    [plan] = plans(tmp_path, experiment(f"type: hold, {keys}{stay}"))
    assert plan.regime == regime


@pytest.mark.parametrize("arrivals", ["closed", "one-at-a-time"])
def test_where_nodes_have_unequal_loads_no_paper_speaks_of_the_regime(tmp_path: Path, arrivals: str) -> None:
    transfers = "transfers: [[0, 1, 0.01], [2, 1, 0.01], [2, 0, 0.01]]"
    [plan] = plans(tmp_path, experiment(f"type: bank, {transfers}, arrivals: {arrivals}, dwell: 1ms"))
    assert plan.regime == "other"


@pytest.mark.parametrize(("engine", "real_time"), [("tcp", True), ("sim", False)])
def test_a_plan_knows_whether_its_engine_runs_in_real_time(tmp_path: Path, engine: str, real_time: bool) -> None:
    [plan] = plans(tmp_path, experiment(more=f"engine: {engine}"))
    assert plan.real_time is real_time


def test_the_workloads_own_word_for_entries_is_understood(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment("type: bank, transfers_per_node: 5"))
    assert [arrivals.entries for arrivals in plan.arrivals] == [5, 5, 5]
    assert len(plan.shares) == 3


def test_both_words_for_entries_are_a_mistake(tmp_path: Path) -> None:
    said = refusal(tmp_path, experiment("type: bank, transfers_per_node: 5, entries_per_node: 5"))
    assert said == ("x.yaml:4: workload.transfers_per_node: 'transfers_per_node' is what the workload 'bank' calls "
                    "'entries_per_node'; both are given, keep one")  # fmt: skip


def test_a_mistake_is_told_with_the_word_that_was_written(tmp_path: Path) -> None:
    said = refusal(tmp_path, experiment("type: bank, transfers_per_node: 0"))
    assert said.startswith("x.yaml:4: workload.transfers_per_node: '0' is not a whole number from 1")


def test_without_an_amount_there_is_nothing_to_do(tmp_path: Path) -> None:
    said = refusal(tmp_path, experiment("type: bank"))
    assert said.endswith("write one of transfers_per_node, entries, duration, such as 'transfers_per_node: 10'")


def test_a_file_of_transfers_names_the_entries_itself(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("client,payee,amount\n0,1,1.00\n0,2,1.00\n2,0,0.50\n")
    [plan] = plans(tmp_path, experiment("type: bank, transfers: t.csv"))
    assert [arrivals.entries for arrivals in plan.arrivals] == [2, 0, 1]


def test_a_mistake_in_a_file_of_transfers_is_told_with_both_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("client,payee,amount\n0,1,1.00\n0,2,-1.00\n")
    said = refusal(tmp_path, experiment("type: bank, transfers: t.csv"))
    assert said.startswith("x.yaml:4: workload.transfers: t.csv:3: ")
    assert "-1.00" in said


def test_shares_depend_on_the_seed_of_the_repeat_alone(tmp_path: Path) -> None:
    text = experiment("type: bank, transfers_per_node: 5", more="repeat: 2\nseed: 7")
    first, second = plans(tmp_path, text)
    assert (first.seed, first.repeat, second.seed, second.repeat) == (7, 1, 8, 2)
    assert first.shares != second.shares
    [alone] = plans(tmp_path, text, seed=8, repeat=1, set=["algorithm=maekawa"])
    assert alone.shares == second.shares


# ---- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (experiment(algorithm="ricart"), "x.yaml:2: algorithm: there is no algorithm named 'ricart'; did you mean"),
        (experiment(algorithm="{name: lamprt}"), "algorithm.name: there is no algorithm named 'lamprt'; did you"),
        (experiment("type: banc, entries: 3"), "x.yaml:4: workload.type: there is no workload named 'banc'; did"),
        (experiment(more="engine: tpc"), "x.yaml:5: engine: there is no engine named 'tpc'; did you mean 'tcp'?"),
        (experiment(algorithm="{name: maekawa, quorums: gird}"), "there is no quorum system named 'gird'; did you"),
        (experiment(algorithm="{name: lamport, quorums: grid}"), "'grid': lamport works without quorums; take the key"),
        (experiment(more="plugins: [mine.py]"), "x.yaml:5: plugins[1]: 'mine.py': there is no such file in "),
    ],
    ids=["algorithm", "algorithm-name", "workload", "engine", "quorums", "no-quorums", "plugin"],
)  # fmt: skip
def test_an_unknown_name_is_told_with_a_suggestion(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_quorums_are_built_and_kept_in_the_plan(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(algorithm="{name: maekawa, quorums: projective-plane}"))
    assert plan.quorum_system == "projective-plane"
    assert plan.quorums == ((0, 1), (1, 2), (0, 2))


def test_a_projective_plane_of_eight_nodes_is_refused_with_those_there_are(tmp_path: Path) -> None:
    text = experiment(algorithm="{name: maekawa, quorums: projective-plane}").replace("nodes: 3", "nodes: 8")
    said = refusal(tmp_path, text)
    assert said.startswith(
        "x.yaml:2: algorithm.quorums: there is no projective plane of 8 nodes; there is one for 1, 3, 7"
    )


def test_a_plugin_that_does_not_import_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"does_not_import\.py:\d+: it does not import: ImportError"):
        prepared(tmp_path, experiment(), plugins=[BROKEN / "does_not_import.py"])


def test_a_plugin_given_twice_is_loaded_once(tmp_path: Path) -> None:
    file = BROKEN / "deadlocks.py"
    ready = prepared(tmp_path, experiment(algorithm="deadlocks", more=f"plugins: ['{file}']"), plugins=[file])
    assert ready.plugins == [file]
    assert ready.settings[0].first.plugin_files == (str(file),)


# ---- assumptions ----------------------------------------------------------------------------------------------------

REORDERS = "engine: heap\nnetwork: {fifo: false}"


def test_an_experiment_outside_what_the_algorithm_assumes_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, experiment(more=REORDERS), plugins=[HEAP]) == (
        "x.yaml:6: network.fifo: lamport assumes FIFO channels, but this network reorders messages; "
        "set network.fifo: true, or pass --break-assumptions to see what happens"
    )


@pytest.mark.parametrize("in_file", [True, False], ids=["in-the-file", "with-a-flag"])
def test_an_assumption_may_be_broken_on_purpose_and_is_marked(tmp_path: Path, in_file: bool) -> None:
    more = REORDERS + "\nbreak_assumptions: true" * in_file
    [plan] = plans(tmp_path, experiment(more=more), plugins=[HEAP], break_assumptions=not in_file)
    assert plan.broken_assumptions == ("fifo",)
    assert plan.network == {"fifo": False}


def test_an_algorithm_that_assumes_no_order_may_run_without(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(algorithm="ricart-agrawala", more=REORDERS), plugins=[HEAP])
    assert plan.broken_assumptions == ()


@pytest.mark.parametrize("key", ["fifo: false", "loss: 0.1", "duplicate: 0.1"])
def test_what_the_engine_cannot_do_to_the_network_is_refused(tmp_path: Path, key: str) -> None:
    said = refusal(
        tmp_path, experiment(algorithm="ricart-agrawala", more=f"network: {{{key}}}"), break_assumptions=True
    )
    assert said.startswith(f"x.yaml:5: network.{key.partition(':')[0]}: the engine 'tcp' ")
    assert said.endswith("so it cannot do that; take the key out")


def test_what_the_engine_does_anyway_may_be_said(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(more="network: {delay: 0s, fifo: true, loss: 0, duplicate: 0}"))
    assert plan.network == {}


# ---- expectations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("verdict: vaild", "x.yaml:5: expect.verdict: 'vaild' is not one of valid, violated, undecided"),
        ("mesages: 3", "x.yaml:5: expect.mesages: a row has no such field; did you mean 'messages'?"),
        ("messages: 3 * (m - 1)", "'m' is not known here; the names are n; write a value, a bound such as"),
        ("messages: '<= '", "expect.messages: '' is not an expression"),
        ("messages: __import__('os')", "expect.messages: only numbers, names, + - * / //, parentheses"),
        ("messages: [1, x]", "'x' is not known here"),
        ("messages: [2, n - 2]", "expect.messages: '[2, n - 2]': no number is in it; write [low, high]"),
        ("messages_per_entry: [1, x]", "'x' is not known here"),
        ("messages: true", "'true' is neither a number nor an expression"),
        ("messages: [1, 2, 3]", "expect.messages: '[1, 2, 3]' is not a band; write [low, high]"),
        ("contended: maybe", "'maybe' is not true or false"),
        ("wait_ms: 5", "expect.wait_ms: '5': it has parts; write wait_ms.mean, or another of them"),
        ("wait_ms.p77: 5", "'wait_ms' has no part 'p77'; it has mean, p50, p90, p99, max"),
        ("wait_ms: {p99: '<= k'}", "expect.wait_ms.p99: 'k' is not known here"),
        ("messages_by_type.Reqest: 5", "'messages_by_type' has no part 'Reqest'; did you mean 'Request'?"),
    ],
)
def test_an_expectation_that_means_nothing_is_told_before_anything_starts(
    tmp_path: Path, expect: str, says: str
) -> None:
    assert says in refusal(tmp_path, experiment(more=f"expect: {{{expect}}}"))


def test_bounds_bands_and_words_are_expectations(tmp_path: Path) -> None:
    expect = "{verdict: violated, messages_per_entry: '<= 3 * (k - 1)', jain: [0.9, 1], contended: true, failed: null}"
    assert prepared(tmp_path, experiment(algorithm="maekawa", more=f"expect: {expect}"))


# ---- sweeps ---------------------------------------------------------------------------------------------------------

SWEEP = "matrix: {algorithm: [lamport, {name: maekawa, quorums: grid}], nodes: [3, 5]}"


def shape(plan: RunPlan) -> tuple[str, int, int]:
    return plan.algorithm.name, plan.nodes, plan.repeat


def test_a_matrix_is_every_combination_with_repeats_interleaved(tmp_path: Path) -> None:
    found = plans(tmp_path, experiment(more=SWEEP + "\nrepeat: 2"))
    once = [("lamport", 3), ("lamport", 5), ("maekawa", 3), ("maekawa", 5)]
    assert [shape(plan) for plan in found] == [(*pair, repeat) for repeat in (1, 2) for pair in once]
    assert [plan.seed for plan in found] == [1] * 4 + [2] * 4


def test_settings_are_included_and_excluded(tmp_path: Path) -> None:
    more = SWEEP + "\ninclude: [{algorithm: ricart-agrawala, nodes: 2}]\nexclude: [{algorithm: lamport, nodes: 5}]"
    found = [shape(plan)[:2] for plan in plans(tmp_path, experiment(more=more))]
    assert found == [("lamport", 3), ("maekawa", 3), ("maekawa", 5), ("ricart-agrawala", 2)]


def test_any_value_may_be_swept_by_its_path(tmp_path: Path) -> None:
    found = prepared(tmp_path, experiment(more="matrix: {workload.dwell: [1ms, {exponential: 2ms}]}"))
    assert [setting.first.dwell for setting in found.settings] == [Constant(0.001), Exponential(0.002)]
    assert found.settings[1].chosen == {"workload.dwell": {"exponential": "2ms"}}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("matrix: {nodes: [3, 017]}", "x.yaml:5: nodes: '017' is not a whole number"),
        ("matrix: {nodse: [3]}", "x.yaml:5: nodse: there is no such key; did you mean 'nodes'?"),
        ("matrix: {nodes: 3}", "x.yaml:5: matrix.nodes: '3' is not a list of values: [3]"),
        ("matrix: {nodes: []}", "matrix.nodes: '[]' is not a list of values"),
        ("matrix: {nodes: [3, 3]}", "'3' is given twice; repeats are 'repeat: N'"),
        ("matrix: [3]", "matrix: '[3]' is not a mapping of keys to lists: {nodes: [3, 5]}"),
        ("matrix: {name: [a, b]}", "'name' cannot be swept; it is the same in all settings"),
        ("matrix: {workload.type.x: [1]}", "workload.type holds 'hold', which has no keys"),
        ("include: {nodes: 3}", "include: '{nodes: 3}' is not a list of mappings: [{nodes: 9}]"),
        ("include: [3]", "include[1]: '3' is not a mapping of keys to values"),
        ("exclude: [{nodes: 3}]", "exclude: it leaves no setting"),
        (f"matrix: {{seed: {list(range(101))}, nodes: {list(range(1, 101))}}}",
         "matrix: it has 10,100 settings; the most is 10,000"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_sweep_is_told(tmp_path: Path, more: str, says: str) -> None:
    assert says in refusal(tmp_path, experiment(more=more))


def test_a_mistake_common_to_all_settings_is_told_once(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, experiment("type: hold, entries: 0", more=SWEEP)).splitlines()) == 1


# ---- flags ----------------------------------------------------------------------------------------------------------


def test_flags_take_the_place_of_keys(tmp_path: Path) -> None:
    sets = ["workload.dwell={uniform: [1ms, 3ms]}", "algorithm.name=maekawa", "algorithm.quorums=grid"]
    [plan, _] = plans(tmp_path, experiment(), set=sets, repeat=2, seed=5)
    assert (plan.algorithm.name, plan.quorum_system, plan.seed, plan.dwell.mean) == ("maekawa", "grid", 5, 0.002)


def test_an_empty_value_removes_a_key(tmp_path: Path) -> None:
    [plan] = plans(tmp_path, experiment(), set=["workload.entries_per_node=", "workload.entries=9"])
    assert plan.tickets == 9


def test_a_flag_fixes_a_swept_key_in_all_settings(tmp_path: Path) -> None:
    found = plans(tmp_path, experiment(more=SWEEP), set=["nodes=4"])
    assert [shape(plan)[:2] for plan in found] == [("lamport", 4), ("maekawa", 4)]


def test_a_flag_may_sweep(tmp_path: Path) -> None:
    found = plans(tmp_path, experiment(), set=["matrix.workload.dwell=[1ms, 2ms]"])
    assert [plan.dwell.mean for plan in found] == [0.001, 0.002]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nodes=017", "--set nodes=017: '017' is not a whole number from 1 to 10000; write 17, or 15"),
        ("nods=3", "--set nods=3: there is no such key; did you mean 'nodes'?"),
        ("nodes", "--set nodes: write KEY=VALUE, such as --set workload.dwell=2ms"),
        ("=3", "--set =3: write KEY=VALUE"),
        ("a..b=3", "--set a..b=3: 'a..b' is not a key like workload.dwell"),
        ("workload.dwel=2ms", "--set workload.dwel=2ms: there is no such key; did you mean 'dwell'?"),
        ("workload.dwell=5", "--set workload.dwell=5: '5': a duration needs a unit"),
        ("network.dely=2ms", "--set network.dely=2ms: there is no such key; did you mean 'delay'?"),
        ("nodes.x=3", "--set nodes.x=3: nodes holds '3', which has no keys"),
        ("nodes=[", "--set nodes=[: broken YAML"),
        ("nodes=&a 3", "--set nodes=&a 3: the anchor '&a' is not allowed"),
    ],
)
def test_a_mistake_in_a_flag_names_the_flag(tmp_path: Path, text: str, says: str) -> None:
    assert refusal(tmp_path, experiment(), set=[text]).startswith(says)


def test_flags_of_their_own_are_checked_too(tmp_path: Path) -> None:
    said = refusal(tmp_path, experiment(), repeat=0, seed=-1, engine="tpc").splitlines()
    assert said[0].startswith("--engine tpc: there is no engine named 'tpc'")
    assert said[1:] == ["--repeat 0: '0' is not a whole number from 1 to 100000",
                        "--seed -1: '-1' is not a whole number from 0 to 999999999999999999"]  # fmt: skip


def test_smoke_overrides_are_used_when_asked_for_and_checked_always(tmp_path: Path) -> None:
    text = experiment(more="repeat: 9\nsmoke: {repeat: 1, workload.dwell: 1ms, workload: {entries_per_node: 2}}")
    assert len(plans(tmp_path, text)) == 9
    [plan] = plans(tmp_path, text, smoke=True)
    assert (plan.dwell.mean, plan.arrivals[0].entries) == (0.001, 2)
    said = refusal(tmp_path, experiment(more="smoke: {repat: 1}"))
    assert said == "x.yaml:5: smoke.repat: there is no such key; did you mean 'repeat'?"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_experiment_is_found_by_name_and_can_be_planned(name: str) -> None:
    ready = prepare(name)
    assert ready.settings[0].experiment.name == name
    assert ready.settings[0].experiment.question
