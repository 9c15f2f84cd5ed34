"""State as a value: which fields are a node's state, and what stands for states that differ in the order of a dict."""

from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mxbench import Message, check
from mxbench.core.algorithm import Parameters
from mxbench.core.contract import ContractBreach, check_plain
from mxbench.core.state import freeze, ordered, thaw
from mxbench_plugins.lamport import Lamport

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


class Stack(list[int]):
    """A list that is more than what is in it."""

    depth = 0


class Pair(NamedTuple):
    first: int
    second: list[int]


@pytest.mark.parametrize(
    "value",
    [Counter("ab"), defaultdict(list), OrderedDict(a=1), Stack([1]), deque([1])],
    ids=lambda v: type(v).__name__,
)
def test_what_is_more_than_its_contents_is_no_plain_data(value: Any) -> None:
    class Keeps(Lamport):
        kept: Any = None

    for kept in (value, [1, value], {1: (value,)}):
        with pytest.raises(ContractBreach, match="which is not plain data"):
            freeze(kept)
        with pytest.raises(ContractBreach, match=f"the state 'kept' holds an? {type(value).__name__}, which is not"):
            check_plain(Keeps(Parameters(0, 1), kept=kept))


def test_a_named_tuple_is_plain_data() -> None:
    value = {1: Pair(1, [2])}
    assert thaw(freeze(value)) == value
    assert type(thaw(freeze(value))[1]) is Pair


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
