"""From an experiment's `network` and `faults` to simulated runs: what can be written, and what is refused or marked."""

from pathlib import Path
from typing import Any

import pytest

import mxbench
from mxbench.core.distributions import Constant, Exponential
from mxbench.core.faults import FaultPlan
from mxbench.core.network import Matrix, Network, network_of
from mxbench.core.plan import RunPlan
from mxbench.errors import ExperimentError
from mxbench.experiment.invocation import prepare
from mxbench.experiment.network import PROFILES, MatrixFile, read_matrix
from mxbench.experiment.planning import plan_runs


def written(tmp_path: Path, more: str = "", algorithm: str = "ricart-agrawala", engine: str = "sim") -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(
        f"name: x\nalgorithm: {algorithm}\nnodes: 3\nengine: {engine}\n"
        f"workload: {{type: hold, entries_per_node: 4, dwell: 1ms}}\n{more}\n"
    )
    return file


def planned(tmp_path: Path, more: str = "", algorithm: str = "ricart-agrawala", **flags: Any) -> RunPlan:
    [(setting, repeat)] = plan_runs(prepare(written(tmp_path, more, algorithm), **flags).settings)
    return setting.plan(repeat)


def refusal(tmp_path: Path, more: str, algorithm: str = "ricart-agrawala", engine: str = "sim", **flags: Any) -> str:
    with pytest.raises(ExperimentError) as caught:
        prepare(written(tmp_path, more, algorithm, engine), **flags)
    return str(caught.value).replace(str(tmp_path / "x.yaml"), "x.yaml")


def network(tmp_path: Path, keys: str, **flags: Any) -> Network:
    return network_of(planned(tmp_path, f"network: {{{keys}}}", **flags).network)


def test_a_network_that_is_not_described_delays_each_message_by_a_millisecond(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert plan.network == {}
    assert network_of(plan.network).delay == Constant(0.001)


def test_a_delay_of_nothing_is_kept_apart_from_one_that_is_not_given(tmp_path: Path) -> None:
    assert network(tmp_path, "delay: 0s").delay == Constant(0.0)


def test_every_key_reaches_the_plan(tmp_path: Path) -> None:
    keys = (
        "delay: {exponential: 2ms}, jitter: 1ms, fifo: false, loss: 0.1, duplicate: 0.2, bandwidth: 1.5Mbit/s, "
        "links: [{from: 0, to: [1, 2], delay: 30ms, loss: 0.5}, {from: all, to: 0, bandwidth: 8kbit/s}]"
    )
    found = network(tmp_path, keys, break_assumptions=True)
    assert (found.delay, found.jitter, found.fifo) == (Exponential(0.002), Constant(0.001), False)
    assert (found.loss, found.duplicate, found.bandwidth) == (0.1, 0.2, 1.5e6)
    there, back = found.of_link(0, 2), found.of_link(2, 0)
    assert (there.delay, there.loss, there.duplicate, there.bandwidth) == (Constant(0.03), 0.5, 0.2, 1.5e6)
    assert (back.delay, back.loss, back.duplicate, back.bandwidth) == (Exponential(0.002), 0.1, 0.2, 8e3)


def test_a_matrix_is_read_from_a_file_beside_the_experiment(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("# one way\nhere, there\n1ms, 20ms\n30ms, 0.5ms\n")
    delay = network(tmp_path, "delay: {matrix: far.csv}").delay
    assert delay == Matrix(((0.001, 0.02), (0.03, 0.0005)), ("here", "there"))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_names_its_sites_and_cites_its_source(profile: str, tmp_path: Path) -> None:
    matrix = read_matrix(MatrixFile(profile, profile=True), tmp_path)
    assert network(tmp_path, f"delay: {profile}").delay == matrix
    assert len(matrix.seconds) == len(matrix.sites) == {"lan": 1, "wan": 3, "geo": 10}[profile]
    assert all(0 < delay < 0.2 for row in matrix.seconds for delay in row)
    text = (Path(mxbench.__file__).parent / "networks" / f"{profile}.csv").read_text()
    assert "https://" in text or "LADIS 2009" in text


WRONG = {
    "delay-word": ("network: {delay: mars}", "network.delay: 'mars': not a duration; write a number and a unit"),
    "delay-names": ("network: {delay: mars}", "or one of the networks lan, wan, geo, or {matrix: FILE.csv}"),
    "no-file": ("network: {delay: {matrix: none.csv}}", "x.yaml:6: network.delay: 'none.csv' cannot be read"),
    "bandwidth": ("network: {bandwidth: 10}", "network.bandwidth: '10': not a bandwidth; write a number above 0"),
    "links": ("network: {links: 3}", "network.links: '3' is not a list of links: [{from: 0, to: 1, delay: 30ms}]"),
    "link": (
        "network: {links: [{from: 0, to: 1}]}",
        "network.links[1]: links are a list of {from: 0, to: 1, delay: 30ms}",
    ),
    "link-node": ("network: {links: [{from: 0, to: 9, loss: 0}]}", "9 is no node; there are 0 to 2, or write all"),
    "link-loss": ("network: {links: [{from: 0, to: 1, loss: 2}]}", "loss must be a number from 0 to 1, not 2"),
    "link-delay": (
        "network:\n  fifo: true\n  links:\n  - {from: 0, to: 1, delay: 5ms}\n  - {from: 0, to: 1, delay: 5}",
        "x.yaml:10: network.links[2]: a duration needs a unit",
    ),
    "link-bandwidth": (
        "network: {delay: 1ms, links: [{from: 0, to: 1, bandwidth: 5}]}",
        "x.yaml:6: network.links[1]: not a bandwidth",
    ),
    "loss": ("network: {loss: 0.1}", "ricart-agrawala assumes that each message arrives, but this network loses"),
    "link-assumed": (
        "network: {links: [{from: 0, to: 1, loss: 1}]}",
        "network.links: ricart-agrawala assumes that each",
    ),
    "crash": (
        "faults: [{at: 1ms, crash: 1}]",
        "x.yaml:6: faults: ricart-agrawala assumes that no node stops, but a node",
    ),
    "random": (
        "faults: [{random: partition, between: [0s, 1s], for: 1ms}]",
        "ricart-agrawala assumes that each message arrives, but a partition loses messages",
    ),
    "fault": ("faults: [{at: 1ms, crash: 5}]", "faults: {at: 1ms, crash: 5}: 5 is no node; there are 0 to 2"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_or_is_not_assumed_is_refused(case: str, tmp_path: Path) -> None:
    more, said = WRONG[case]
    assert said in refusal(tmp_path, more)


@pytest.mark.parametrize(
    ("more", "said", "broken"),
    [
        ("network: {loss: 0.1}", "each message arrives, but this network loses messages", "lossless"),
        ("faults: [{at: 1ms, crash: 1, for: 1ms}]", "no node stops, but a node crashes", "crash_free"),
        ("faults: [{random: crash, between: [0s, 1s], for: 1ms}]", "no node stops, but a node crashes", "crash_free"),
        ("faults: [{at: 1ms, pause: 1, for: 1ms}]", "", ""),
    ],
    ids=["loss", "crash", "random", "pause"],
)  # fmt: skip
def test_what_a_workload_assumes_is_asked_of_the_network_and_the_faults_too(
    more: str, said: str, broken: str, tmp_path: Path
) -> None:
    persistent = str(Path(__file__).parent.parent / "persistent.py")
    for workload in ("bank", "counter", "counter, fencing: on", "hold"):
        file = written(tmp_path, more, "persistent")
        file.write_text(file.read_text().replace("type: hold", f"type: {workload}"))
        needed = () if workload == "hold" or not broken else (broken,)
        if needed:
            with pytest.raises(ExperimentError, match=f"the workload '{workload.split(',')[0]}' assumes that {said}"):
                prepare(file, plugins=[persistent])
        (setting,) = prepare(file, plugins=[persistent], break_assumptions=bool(needed)).settings
        assert setting.plan(1).broken_assumptions == needed


@pytest.mark.parametrize(
    ("key", "keys"), [("delay", "delay: 0s"), ("links", "links: [{from: all, to: all, delay: 0s}]")]
)
def test_who_never_falls_quiet_needs_links_that_take_time(key: str, keys: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, f"network: {{{keys}}}", "ring")
    assert f"network.{key}: ring never falls quiet: with links that take no time its run would never end" in said


@pytest.mark.parametrize("rows", ["1ms, 2ms\n", "1ms, 2ms\n3ms\n", "", "a, b, c\n1ms, 2ms\n3ms, 4ms\n"])
def test_a_matrix_that_is_not_square_is_refused(rows: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(rows)
    said = refusal(tmp_path, "network: {delay: {matrix: m.csv}}")
    assert "m.csv: a matrix has as many columns as rows" in said


def test_a_matrix_names_the_line_of_what_is_no_delay(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("# x\n1ms, 2\n3ms, 4ms\n")
    assert "m.csv:2: not a duration" in refusal(tmp_path, "network: {delay: {matrix: m.csv}}")


def test_an_algorithm_that_sends_for_ever_needs_links_that_take_time(tmp_path: Path) -> None:
    said = refusal(tmp_path, "network: {delay: 0s}", algorithm="ring")
    assert "network.delay: ring never falls quiet: with links that take no time its run would never end" in said
    assert planned(tmp_path, "network: {delay: 1us}", algorithm="ring").falls_quiet is False


def test_faults_are_refused_by_an_engine_that_lets_nothing_go_wrong(tmp_path: Path) -> None:
    said = refusal(tmp_path, "faults: [{at: 1ms, pause: 1, for: 1ms}]", engine="tcp")
    assert "x.yaml:6: faults: the engine 'tcp' lets nothing go wrong, so it cannot do that; take the key out" in said


def test_what_an_experiment_breaks_is_marked_in_its_rows(tmp_path: Path) -> None:
    more = "network: {loss: 0.3, duplicate: 0.1}\nfaults: [{at: 5ms, crash: 1}]\nbreak_assumptions: true"
    file = written(tmp_path, more)
    plan = plan_runs(prepare(file).settings)[0][0].first
    assert plan.broken_assumptions == ("lossless", "no_duplicates", "crash_free")
    assert isinstance(plan.faults, dict)
    [row] = mxbench.run(file, results=tmp_path / "results")["runs"]
    assert row["broken_assumptions"] == ["lossless", "no_duplicates", "crash_free"]
    assert row["verdict"] == "violated"  # lost replies: those who wait, wait for ever


def test_a_pause_breaks_no_assumption(tmp_path: Path) -> None:
    plan = planned(tmp_path, "faults: [{at: 1ms, pause: 1, for: 1ms}]")
    assert plan.broken_assumptions == ()
    assert plan.faults != FaultPlan()


@pytest.mark.parametrize("workload", ["hold, dwell: 1ms", "bank", "counter"])
@pytest.mark.parametrize("algorithm", ["lamport", "ricart-agrawala", "maekawa"])
def test_every_workload_runs_over_the_world_and_is_found_valid(algorithm: str, workload: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        f"name: x\nalgorithm: {algorithm}\nnodes: 5\nengine: sim\n"
        "network: {delay: geo, jitter: {exponential: 5ms}}\n"
        f"workload: {{type: {workload}, entries_per_node: 4, think: {{exponential: 100ms}}}}\n"
    )
    document = mxbench.run(file, results=tmp_path / "results")
    [row] = document["runs"]
    assert (document["verdict"], row["entries"], row["wire_bytes_per_entry"]) == ("valid", 20, None)


def test_a_result_runs_again_to_the_same_history(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("1ms, 20ms\n30ms, 0.5ms\n")
    more = "network: {delay: {matrix: far.csv}}\nfaults: [{random: pause, count: 3, between: [0s, 200ms], for: 20ms}]"
    results = tmp_path / "results"
    first = mxbench.run(written(tmp_path, more), results=results)
    (tmp_path / "far.csv").unlink()
    again = mxbench.run(first["result"], results=results)
    histories = [mxbench.load_history(document["runs"][0]["result"]) for document in (first, again)]
    assert histories[0].nodes == histories[1].nodes
    assert {event.kind for event in histories[0]} >= {"fault"}
