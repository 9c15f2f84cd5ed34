"""The shipped experiments: each runs in seconds with its `smoke:` overrides, and the studies compare fairly."""

import re
from pathlib import Path
from typing import Any

import pytest

import mxbench
from mxbench.experiment.finding import shipped
from mxbench.experiment.invocation import prepare
from mxbench.experiment.planning import plan_runs
from mxbench.experiment.source import read
from mxbench.registry import Registry

STUDIES = (
    "complexity", "think_time", "section_length", "load", "response", "saturation", "wan", "hot_spot", "tcp_study",
)  # fmt: skip
EACH = pytest.mark.parametrize("name", STUDIES)
REGISTERED = Registry().all("algorithms")


def algorithms(name: str) -> list[dict[str, Any]]:
    """Return the algorithms that a study compares, each with its keys; those of `include` too."""
    data = read(shipped()[name]).data
    listed = [*data["matrix"]["algorithm"], *(item["algorithm"] for item in data.get("include", []))]
    return [{"name": item} if isinstance(item, str) else item for item in listed]


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_experiment_is_valid_in_small(tmp_path: Path, name: str) -> None:
    document = mxbench.run(name, smoke=True, results=tmp_path)
    failed = {(row["algorithm"], row["failed"] or row["verdict"]) for row in document["runs"]}
    assert {outcome for _, outcome in failed} == {"valid"}, failed
    assert (document["exit_status"], document["expect_met"]) == (0, True)
    # Not one setting may be lost to a mistake in the overrides, and no algorithm may be left out to save time.
    assert {row["algorithm"] for row in document["runs"]} == {
        plan.first.algorithm.name for plan in prepare(name).settings
    }


@EACH
def test_a_study_compares_every_algorithm(name: str) -> None:
    assert {item["name"] for item in algorithms(name)} == set(REGISTERED)


@EACH
def test_in_a_study_every_token_starts_at_a_random_node(name: str) -> None:
    for item in algorithms(name):
        starts_somewhere = REGISTERED[item["name"]].cls.has_token or REGISTERED[item["name"]].cls.can_have_server
        assert (item.get("holder") == "random") == starts_somewhere, item


@EACH
def test_a_study_has_ten_replications_of_the_same_seeds_and_cuts_a_warm_up(name: str) -> None:
    runs = plan_runs(prepare(name).settings)
    seeds: dict[str, list[int]] = {}
    for setting, repeat in runs:
        made = setting.plan(repeat)
        seeds.setdefault(repr(setting.chosen), []).append(made.seed)
        assert made.warmup_entries >= made.nodes, "the warm-up has an entry of each node"
    assert {tuple(found) for found in seeds.values()} == {tuple(range(1, 11))}


@EACH
def test_under_full_load_a_stay_is_longer_than_a_message_is_on_its_way(name: str) -> None:
    """Else the holder of a token enters again before it has heard of anybody, and a closed loop rewards it."""
    for setting in prepare(name).settings:
        made = setting.first
        if made.regime == "saturated":
            delay = made.network["delay"]["seconds"]
            shortest = made.dwell.draw(lambda: 0.0)
            assert shortest > delay


@EACH
def test_a_study_says_how_many_runs_and_entries_it_has(name: str) -> None:
    text = " ".join(line.lstrip("# ") for line in shipped()[name].read_text().splitlines() if line.startswith("#"))
    stated = re.search(r"([\d,]+) runs, (about )?([\d,]+) entries in all", text)
    assert stated is not None
    runs, entries = (int(number.replace(",", "")) for number in (stated[1], stated[3]))
    planned = [setting.plan(repeat) for setting, repeat in plan_runs(prepare(name).settings)]
    assert len(planned) == runs
    if all(arrival.rate is not None for made in planned for arrival in made.arrivals):
        offered = sum((arrival.rate or 0) * (arrival.duration or 0) for made in planned for arrival in made.arrivals)
        assert stated[2] is not None
        assert entries == pytest.approx(offered, rel=0.01)
    elif not stated[2]:
        fixed = (made.tickets or sum(arrival.entries or 0 for arrival in made.arrivals) for made in planned)
        assert sum(fixed) == entries


@EACH
def test_where_nodes_pause_a_study_has_a_duration_and_not_a_number_of_entries(name: str) -> None:
    """The last tickets lie at nodes that pause, while those that would ask have none: throughput would seem lower."""
    for setting in prepare(name).settings:
        made = setting.first
        pauses = made.regime == "other"
        assert all((arrival.duration is not None) == pauses for arrival in made.arrivals)


def test_the_hot_node_and_none_ask_as_often_in_all() -> None:
    """With one node at ten times the frequency of the others the load must not be another one."""
    loads = set()
    for setting in prepare("hot_spot").settings:
        loads.add(round(sum(1 / arrival.think.mean for arrival in setting.first.arrivals), 6))
    assert loads == {450.0}
