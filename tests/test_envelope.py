"""Recording and Envelope, in Python and compiled: the same effects in the same order, and the same complaints."""

import gc
from typing import Any
from weakref import ref

import pytest

from mxbench.core import compiled, envelope
from mxbench.core.contract import ContractBreach
from mxbench.core.envelope import BROADCAST, CANCEL_TIMER, MAX_OWN_MESSAGES, SET_TIMER

WITHOUT = pytest.mark.skipif(not compiled.COMPILED, reason="mxbench was installed without a C compiler")
both = pytest.mark.parametrize("of", [envelope, pytest.param(compiled, marks=WITHOUT)], ids=["python", "compiled"])


class Refused(Exception):
    pass


class Talk:
    """An engine and an algorithm that note what they are asked."""

    def __init__(self) -> None:
        self.noted: list[Any] = []
        self.answers: list[Any] = []

    def on_message(self, sender: int, message: Any, out: Any) -> None:
        self.noted.append(("handled", sender, message))
        if self.answers:
            self.answers.pop(0)(out)

    def send(self, *given: Any) -> None:
        self.noted.append(("send", *given))

    def broadcast(self, *given: Any) -> None:
        self.noted.append(("broadcast", *given))

    def set_timer(self, *given: Any) -> None:
        self.noted.append(("set_timer", *given))

    def cancel_timer(self, *given: Any) -> None:
        self.noted.append(("cancel_timer", *given))


def out_of(of: Any) -> Any:
    class Out(of.Recording):  # type: ignore[misc]
        __slots__ = ()

        def _refuse(self, to: object, message: object) -> None:
            raise Refused(to, message)

    out = Out()
    out._destinations, out._types = frozenset(range(3)), frozenset([str])
    return out


def node_of(of: Any) -> tuple[Any, Talk]:
    class Node(of.Envelope):  # type: ignore[misc]
        def _enter(self) -> None:
            self.out.entering = False
            self.engine.noted.append(("enter", self.completed))

    talk, node = Talk(), Node()
    node.me, node.out, node.algorithm, node.engine = 1, out_of(of), talk, talk
    node.completed = node.version = node.steps = node._looked_at = 0
    return node, talk


@both
def test_what_is_sent_is_recorded_in_order_by_place_and_by_name(of: Any) -> None:
    out = out_of(of)
    out.send(2, "a")
    out.send(message="b", to=0)
    out.send(1, message="c")
    out.broadcast("d")
    out.broadcast(message="e")
    assert out.effects == [(2, "a"), (0, "b"), (1, "c"), (BROADCAST, "d"), (BROADCAST, "e")]


@both
@pytest.mark.parametrize("given", [(3, "a"), (-1, "a"), (1.0, "a"), ([], "a"), (None, "a"), (0, 1)], ids=str)
def test_what_must_not_be_sent_is_refused(given: Any, of: Any) -> None:
    out = out_of(of)
    with pytest.raises(Refused) as refused:
        out.send(*given)
    assert refused.value.args == given
    with pytest.raises(Refused):
        out.broadcast(1)
    assert out.effects == []


@both
@pytest.mark.parametrize("given", [{}, {"to": 1}, {"message": "a"}, {"to": 1, "text": "a"}], ids=str)
def test_wrong_arguments_are_a_type_error(given: Any, of: Any) -> None:
    out = out_of(of)
    with pytest.raises(TypeError):
        out.send(**given)
    with pytest.raises(TypeError):
        out.send(1, "a", to=1)
    with pytest.raises(TypeError):
        out.broadcast("a", "b")
    assert out.effects == []


@both
def test_a_delivery_merges_the_counters_and_counts_the_step(of: Any) -> None:
    node, talk = node_of(of)
    for completed, version, known in [(3, 1, (3, 1)), (2, 5, (3, 5)), (3, 5, (3, 5)), (1 << 40, 0, (1 << 40, 5))]:
        node.deliver(0, completed, version, "x")
        assert (node.completed, node.version) == known
    assert node.steps == 4
    assert talk.noted == [("handled", 0, "x")] * 4


@both
def test_effects_are_carried_out_in_order_then_messages_to_oneself_then_the_entry(of: Any) -> None:
    node, talk = node_of(of)

    def first(out: Any) -> None:
        out.send(1, "to me")
        out.send(0, "a")
        out.effects.append((SET_TIMER, ("name", "after")))
        out.send(1, "to me too")
        out.entering = True
        out.broadcast("b")
        out.effects.append((CANCEL_TIMER, "name"))

    talk.answers = [first, lambda out: out.send(1, "the third"), lambda out: out.send(2, "c")]
    node.deliver(2, 7, 0, "x")
    assert talk.noted == [
        ("handled", 2, "x"), ("send", 0, "a"), ("set_timer", "algorithm", "name", "after", False), ("broadcast", "b"),
        ("cancel_timer", "algorithm", "name"), ("handled", 1, "to me"), ("handled", 1, "to me too"), ("send", 2, "c"),
        ("handled", 1, "the third"), ("enter", 7),
    ]  # fmt: skip
    assert node.out.effects == []
    assert not node.out.entering


@both
@pytest.mark.parametrize("effect", [5, (1,), (SET_TIMER, 5), ("a", "b"), (1, 2, 3)], ids=str)
def test_what_is_no_effect_is_an_error(effect: Any, of: Any) -> None:
    node, _ = node_of(of)
    node.out.effects.append(effect)
    with pytest.raises((TypeError, ValueError)):
        node.finish_step()


@both
def test_whatever_is_true_enters(of: Any) -> None:
    node, talk = node_of(of)
    talk.answers = [lambda out: setattr(out, "entering", 1)]
    node.deliver(0, 2, 0, "x")
    assert talk.noted[-1] == ("enter", 2)


@both
def test_what_is_missing_is_an_attribute_error(of: Any) -> None:
    for name in ("_types", "_destinations"):
        out = out_of(of)
        delattr(out, name)
        with pytest.raises(AttributeError):
            out.send(1, "a")
    for name in ("algorithm", "engine", "completed"):
        node, talk = node_of(of)
        talk.answers = [lambda out: out.send(0, "a")]
        delattr(node, name)
        with pytest.raises(AttributeError):
            node.deliver(0, 1, 0, "x")


@both
def test_who_talks_to_itself_for_ever_is_stopped(of: Any) -> None:
    node, talk = node_of(of)
    talk.answers = [lambda out: out.send(1, "again")] * (MAX_OWN_MESSAGES + 1)
    with pytest.raises(ContractBreach, match=f"over {MAX_OWN_MESSAGES} messages in one step"):
        node.deliver(0, 0, 0, "x")
    assert len(talk.noted) == 1 + MAX_OWN_MESSAGES


@both
def test_an_exception_comes_through_from_wherever_it_is_raised(of: Any) -> None:
    def fails(*given: Any) -> None:
        raise ZeroDivisionError

    for what in ("on_message", "send", "broadcast"):
        node, talk = node_of(of)
        talk.answers = [lambda out: (out.send(0, "a"), out.broadcast("b"))]
        setattr(talk, what, fails)
        with pytest.raises(ZeroDivisionError):
            node.deliver(0, 0, 0, "x")


FIELDS = {
    "Recording": ("entering", "may_enter", "stamp", "_destinations", "_types"),
    "Envelope": ("completed", "version", "ready", "tickets", "waiting", "inside", "backlog", "out"),
}


@both
@pytest.mark.parametrize(("base", "field"), [(base, field) for base in FIELDS for field in FIELDS[base]])
def test_what_goes_round_in_a_circle_is_collected(base: str, field: str, of: Any) -> None:
    class Box:
        pass

    class Kind(getattr(of, base)):  # type: ignore[misc]
        pass

    box, holder = Box(), Kind()
    box.holder = holder  # type: ignore[attr-defined]
    setattr(holder, field, box)
    seen = ref(box)
    del box, holder
    gc.collect()
    assert seen() is None
