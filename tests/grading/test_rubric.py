"""Rubrics: what may stand in one, and how a mistake is told."""

from pathlib import Path

import pytest
from graded import RUBRIC

from mxbench.errors import ExperimentError
from mxbench.grading.rubric import Rubric, find_rubric, read_rubric


def rubric(tmp_path: Path, text: str) -> Rubric:
    file = tmp_path / "rubric.yaml"
    file.write_text(text)
    return read_rubric(file)


def told(tmp_path: Path, text: str) -> str:
    with pytest.raises(ExperimentError) as raised:
        rubric(tmp_path, text)
    return str(raised.value).replace(f"{tmp_path}/", "")


def test_a_rubric_is_a_list_of_items_with_points(tmp_path: Path) -> None:
    found = rubric(tmp_path, RUBRIC)
    assert found.points == 100
    assert [item.name for item in found.items] == ["contract", "safe", "no deadlock", "can enter", "cost"]
    assert found.items[1].requests == [1, 1]
    assert found.limits.memory_bytes == 256_000_000
    assert found.seed == 7


def test_an_item_without_a_name_is_named_after_its_property_and_bound(tmp_path: Path) -> None:
    text = "name: x\nproperties:\n- {property: mutual exclusion, points: 1, requests: [1, 1, 0], network: reordering}\n"
    assert rubric(tmp_path, text).items[0].name == "mutual exclusion (3 nodes, requests 1,1,0, reordering)"


def test_the_shipped_rubric_is_found_by_name_and_has_100_points() -> None:
    assert read_rubric(find_rubric(Path("mutual_exclusion"))).points == 100


MISTAKES = {
    "points: 30, nodes: 2": ("points: many, nodes: 2", "rubric.yaml:6: properties[2].points: 'many' is not a number"),
    "property: mutual exclusion": ("property: mutual exlusion", "did you mean 'mutual exclusion'?"),
    "{name: safe, ": ("{naem: safe, ", "rubric.yaml:6: properties[2].naem: there is no such key; did you"),
    "points: 20, nodes: 2, requests: 1": ("points: 20, nodes: 2, requests: [1]", "requests: 1 numbers for 2"),
    "requests: 1}\n  - {name: safe": ("network: carrier pigeon}\n  - {name: safe", "yaml:5: properties[1].network"),
    "    points: 30\n    nodes: 3": ("    nodes: 3", "rubric.yaml:10: runs[1].points: the key is missing"),
    "type: counter": ("type: conter", "rubric.yaml:13: workload.type: there is no workload named 'conter'"),
    "messages_per_entry: \"": ("messages_per_entri: \"", "rubric.yaml:14: expect.messages_per_entri: a row"),
    "<= 2 * (n - 1)": ("<= 2 * m", "rubric.yaml:14: expect.messages_per_entry: 'm' is not known here"),
    "memory: 256MB": ("memory: 256", "rubric.yaml:15: limits.memory: '256' is not"),
    "step: 500ms": ("step: 500", "rubric.yaml:15: limits.step: '500': a duration needs a unit"),
    "states: 50000": ("states: 5", "rubric.yaml:15: limits.states: '5' is not a whole number from 100"),
    "seed: 7": ("seed: -7", "rubric.yaml:3: seed: '-7' is not a whole number"),
    "name: cost": ("name: safe", "two items are named 'safe'"),
    "limits: {": ("limits: [", "broken YAML"),
}  # fmt: skip


@pytest.mark.parametrize("right", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path: Path, right: str) -> None:
    wrong, said = MISTAKES[right]
    assert right in RUBRIC
    assert said in told(tmp_path, RUBRIC.replace(right, wrong, 1))


@pytest.mark.parametrize("text", ["name: x\n", "name: x\nproperties: []\n", "name: x\nruns: {}\n", "[]\n", ""])
def test_a_rubric_that_asks_nothing_is_refused(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text).startswith("rubric.yaml")
