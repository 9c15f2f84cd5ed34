"""What an algorithm is told, read of its parameters: in Python and compiled."""

from typing import Any

import msgspec
import pytest

from mxbench.core import compiled, told
from mxbench.core.algorithm import Algorithm, Parameters

WITHOUT = pytest.mark.skipif(not compiled.COMPILED, reason="mxbench was installed without a C compiler")
both = pytest.mark.parametrize("of", [told, pytest.param(compiled, marks=WITHOUT)], ids=["python", "compiled"])


class Inner(msgspec.Struct):
    colour: str


class Outer(msgspec.Struct):
    inner: Inner


class Further(Outer):
    more: int = 0


def told_colour(of: Any) -> Any:
    class Teller(Further):
        pass

    Teller.colour = of.told(Outer.inner, Inner.colour, "Which one.")  # type: ignore[attr-defined]
    return Teller


@both
def test_a_field_of_a_field_is_read_as_it_is_now(of: Any) -> None:
    teller = told_colour(of)(Inner("red"))
    assert teller.colour == "red"
    teller.inner.colour = "blue"
    assert teller.colour == "blue"
    assert told_colour(of).colour.__doc__ == "Which one."


@both
def test_it_cannot_be_set_or_deleted(of: Any) -> None:
    teller = told_colour(of)(Inner("red"))
    with pytest.raises(AttributeError, match="colour"):
        teller.colour = "blue"
    with pytest.raises(AttributeError, match="colour"):
        del teller.colour
    assert teller.colour == "red"


@both
def test_what_is_not_there_is_an_error_and_no_crash(of: Any) -> None:
    teller = told_colour(of)(Inner("red"))
    del teller.inner.colour
    with pytest.raises(AttributeError, match="colour"):
        teller.colour  # noqa: B018
    del teller.inner
    with pytest.raises(AttributeError, match="inner"):
        teller.colour  # noqa: B018
    teller.inner = 5
    with pytest.raises((AttributeError, TypeError), match="int"):
        teller.colour  # noqa: B018
    with pytest.raises((AttributeError, TypeError)):
        type(teller).colour.__get__(5)


@pytest.mark.skipif(not compiled.COMPILED, reason="the Python takes any names")
def test_only_slots_are_read() -> None:
    with pytest.raises(TypeError, match="two slots"):
        compiled.told(Outer.inner, 5, "")


@pytest.mark.parametrize("n", [1, 2, 5, 300])
def test_the_peers_are_all_but_the_node_itself(n: int) -> None:
    class Anything(Algorithm):
        name = "anything"

    for me in {0, n // 2, n - 1, n, n + 1}:  # the last two are servers
        algorithm = Anything(Parameters(me, n))
        assert (algorithm.me, algorithm.n) == (me, n)
        assert algorithm.peers == tuple(sorted({*range(n)} - {me}))
