"""Plain data that crosses to a confined process and back: the same, and nothing else gets through."""

from collections import namedtuple
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbench.core.contract import ContractBreach
from mxbench.core.messages import Message
from mxbench.grading.plain import Named, pack, unpack


class Ask(Message):
    clock: int
    path: tuple[int, ...] = ()


class Grant(Message, kw_only=True):
    to: int = 0


KINDS = (Ask, Grant)
NUMBERS = {Ask: 0, Grant: 1}
keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.tuples(st.integers(), st.text())
messages = st.builds(Ask, st.integers(), st.tuples(st.integers())) | st.builds(Grant, to=st.integers())
values = st.recursive(
    keys | st.floats(allow_nan=False) | messages,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner) | st.sets(keys),
    max_leaves=20,
)


def through(value: Any) -> Any:
    return unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(pack(value, NUMBERS))), KINDS)


@pytest.mark.slow
@given(values)
def test_plain_data_comes_back_as_it_was_with_its_types_and_the_order_of_its_keys(value: Any) -> None:
    assert repr(ordered(through(value))) == repr(ordered(value))


def ordered(value: Any) -> Any:
    """Return a value whose sets have one order, as text has none."""
    if isinstance(value, set):
        return ("set", sorted(map(repr, value)))
    if isinstance(value, dict):
        return [(key, ordered(item)) for key, item in value.items()]
    return type(value)(map(ordered, value)) if isinstance(value, list | tuple) else value


def test_a_set_is_packed_in_one_order_whatever_the_hashes_of_its_members() -> None:
    members = [f"node-{number}" for number in range(50)]
    assert pack(set(members), NUMBERS)[1:] == sorted(members, key=lambda text: (len(text), text))


def test_a_named_tuple_keeps_its_name_on_its_way_through_the_examiner() -> None:
    pair = namedtuple("Pair", "first second")
    kept = through(pair(1, [2]))
    assert kept == Named("Pair", 1, [2])
    back = unpack(pack(kept, NUMBERS), KINDS, lambda name, *fields: (name, fields))
    assert back == ("Pair", (1, [2]))


@pytest.mark.parametrize("value", [object(), [print], {1: {2: bytearray()}}, Message, range(3)])
def test_what_is_not_plain_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(ContractBreach, match="not plain data"):
        pack(value, NUMBERS)


def test_what_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ContractBreach, match="holds itself"):
        pack(endless, NUMBERS)


@pytest.mark.parametrize(
    "forged",
    [[], ["x"], ["m", 2], ["m", -1], ["m", "0", 1], ["d", 1], ["i", "no"], ["n"], ["n", 3], {"a": 1}, ["s", ["l"]]],
)
def test_what_pack_cannot_have_made_is_refused(forged: Any) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        unpack(forged, KINDS)
