"""State as a value: which fields are a node's state, and what stands for states that differ in the order of a dict."""

from pathlib import Path
from typing import Any

import pytest

from mxbench import Message, check
from mxbench.core.state import ordered

PLUGINS = Path(__file__).parent.parent / "plugins"


class Note(Message):
    """Carries a dict."""

    marks: dict[int, str]


@pytest.mark.parametrize("name", ["share", "options", "dwell", "workload", "inside"])
def test_a_field_of_an_algorithm_is_its_state_whatever_its_name(name: str, tmp_path: Path) -> None:
    text = (PLUGINS / "ricart_agrawala.py").read_text()
    file = tmp_path / "renamed.py"
    file.write_text(text.replace("requesting", name).replace('"ricart-agrawala"', '"renamed"'))
    found, original = (check(str(algorithm), 2, 2) for algorithm in (file, "ricart-agrawala"))
    assert found["text"] == original["text"]
    assert [found[count] for count in ("states", "transitions", "depth")] == [
        original[count] for count in ("states", "transitions", "depth")
    ]


VALUES: dict[str, tuple[Any, Any]] = {
    "a dict": ({2: "b", 1: "a"}, {1: "a", 2: "b"}),
    "keys of several types": ({"a": 1, 2: "b"}, {"a": 1, 2: "b"}),
    "in a list": ([3, {2: "b", 1: "a"}], [3, {1: "a", 2: "b"}]),
    "in a tuple in a dict": ({1: ({2: 0, 1: 0},)}, {1: ({1: 0, 2: 0},)}),
    "in a message": ([Note({2: "b", 1: "a"})], [Note({1: "a", 2: "b"})]),
}


def orders(value: Any) -> Any:
    """Return what shows the order of the keys of every dict in a value."""
    if isinstance(value, dict):
        return [(key, orders(inner)) for key, inner in value.items()]
    if isinstance(value, Note):
        return orders(value.marks)
    return [orders(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(("value", "expected"), VALUES.values(), ids=VALUES)
def test_the_keys_of_dicts_come_into_one_order_at_any_depth(value: Any, expected: Any) -> None:
    found = ordered(value)
    assert found == value
    assert type(found) is type(value)
    assert orders(found) == orders(expected)
    assert ordered(found) is found, "what is in order already is not made anew"


def test_each_level_is_gone_through_once() -> None:
    class Counted(dict[int, int]):
        looks = 0

        def __iter__(self) -> Any:
            type(self).looks += 1
            return super().__iter__()

    value: Any = Counted({2: 0, 1: 0})
    alone = ordered(value) and Counted.looks
    for _ in range(18):
        value = [value]
    ordered(value)
    assert Counted.looks == 2 * alone
