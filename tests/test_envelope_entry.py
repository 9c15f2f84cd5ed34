"""From a request to its release, in Python and compiled: the same steps in the same order, and the same complaints."""

from collections import deque
from typing import Any

import pytest

from mxbench.core import compiled, envelope
from mxbench.core.contract import ContractBreach
from mxbench.core.entry import Entry, EntryRequest

WITHOUT = pytest.mark.skipif(not compiled.COMPILED, reason="mxbench was installed without a C compiler")
both = pytest.mark.parametrize("of", [envelope, pytest.param(compiled, marks=WITHOUT)], ids=["python", "compiled"])


class WorkOut:
    """What a workload records on."""

    def __init__(self) -> None:
        self.effects: list[tuple[str, Any]] = []
        self.inside = False


class Life:
    """An algorithm, a workload, its arrivals and an engine in one, which note what they are asked."""

    def __init__(self) -> None:
        self.noted: list[Any] = []
        self.enters: tuple[Any, ...] | None = ()  # what `out.enter` is given as soon as it is asked for
        self.works: list[tuple[str, Any]] = [("release", None)]
        self.arrives: list[tuple[str, Any]] = []
        self.version = 0

    def __getattr__(self, name: str) -> Any:
        if name not in ("requested", "entered", "released", "ticket_used", "set_timer", "send"):
            raise AttributeError(name)
        return lambda *given: self.noted.append((name, *given))

    def on_request(self, request: EntryRequest, out: Any) -> None:
        self.noted.append(("on_request", request, out.may_enter))
        out.send(0, "please")
        if self.enters is not None:
            out.enter(*self.enters)

    def on_entered(self, entry: Entry, out: WorkOut) -> None:
        self.noted.append(("on_entered", entry, out.inside))
        out.effects += self.works

    def on_message(self, sender: int, message: str, out: Any) -> None:
        out.send(2, f"thanks, {sender}, for {message}")

    def on_release(self, out: Any) -> None:
        self.noted.append("on_release")
        out.send(2, "thanks")

    def on_released(self, out: WorkOut) -> None:
        self.noted.append("on_released")
        out.effects += self.arrives

    def arrived(self) -> int:
        return 77


def node_of(of: Any) -> tuple[Any, Life]:
    class Out(of.Recording):  # type: ignore[misc]
        __slots__ = ()

        def _refuse_entry(self) -> None:
            raise ContractBreach("not now")

    class Node(of.Envelope):  # type: ignore[misc]
        def check_state(self) -> None:
            life.noted.append("looked at")

        def check_recorded(self) -> None:
            life.noted.append(("recorded", [*self.out.effects], self.out.entering))

        def _carry_out(self, owner: str, kind: str, what: Any) -> None:
            life.noted.append((owner, kind, what))

    life, node, out = Life(), Node(), Out()
    out._destinations, out._types = frozenset(range(3)), frozenset([str])
    node.me, node.out, node.algorithm, node.workload, node.engine = 1, out, life, life, life
    node._arrivals, node._work_out = life, WorkOut()
    node.completed = node.version = node.steps = node._requests = node._looked_at = 0
    node.waiting, node.inside, node.backlog, node.tickets = None, None, deque([None]), None
    node._open, node._has_version, node._releasing, node.ready = False, False, False, True
    return node, life


def run(node: Any) -> None:
    while node.advance():
        pass


@both
def test_a_request_enters_and_is_released_as_steps_of_their_own(of: Any) -> None:
    node, life = node_of(of)
    node.completed, node.version, life.enters = 4, 9, ((3, 1),)
    assert node.advance() is True
    request, entry = EntryRequest(0), Entry(0, 5, (3, 1), 9)
    assert life.noted == [
        ("requested", request, None), ("on_request", request, True), ("send", 0, "please"), ("entered", entry),
        ("on_entered", entry, True),
    ]  # fmt: skip
    assert (node.inside, node.waiting, node.completed, node.steps) == (entry, None, 4, 1)
    assert (node._releasing, node.ready, node.out.may_enter, node.out.entering) == (True, True, False, False)
    assert node._work_out.effects == []
    life.noted.clear()
    assert node.advance() is True
    assert life.noted == [("released", entry), "on_release", ("send", 2, "thanks"), "on_released"]
    assert (node.inside, node.completed, node.steps, node._requests, node._releasing) == (None, 5, 2, 1, False)
    assert node.advance() is False
    assert (node.ready, node.steps) == (False, 2)


@both
def test_a_release_counts_before_the_algorithm_hears_of_it(of: Any) -> None:
    node, life = node_of(of)
    known = []
    node.advance()
    life.on_release = lambda out: known.append((node.completed, node.inside))  # type: ignore[method-assign]
    node.advance()
    assert known == [(1, None)]


@both
def test_a_number_heard_of_while_inside_stays_the_greatest(of: Any) -> None:
    node, _ = node_of(of)
    node.advance()
    node.completed = 1 << 40
    node.advance()
    assert node.completed == 1 << 40


@both
def test_one_request_at_a_time_in_the_order_of_arrival(of: Any) -> None:
    node, life = node_of(of)
    node.backlog, life.enters = deque([5, 6]), None
    assert node.advance()
    assert (life.noted[0], list(node.backlog)) == (("requested", EntryRequest(0), 5), [6])
    assert node.advance() is False
    assert node.waiting == EntryRequest(0)
    node.out.enter()
    node.finish_step()
    life.works = []
    assert node.advance(), "the release"
    assert node.advance(), "the second request"
    assert node.waiting == EntryRequest(1)


@both
def test_a_request_needs_a_ticket_where_there_are_any(of: Any) -> None:
    node, life = node_of(of)
    node.tickets = 0
    assert node.advance() is False
    node.tickets = 2
    assert node.advance() is True
    assert node.tickets == 1
    assert life.noted[0] == ("ticket_used",)


@both
def test_what_the_workload_and_the_arrivals_record_is_carried_out_for_them(of: Any) -> None:
    node, life = node_of(of)
    life.works = [("record", 3), ("set_timer", ("dwell", "long", False)), ("send", (2, "note"))]
    node.advance()
    assert life.noted[-3:] == [
        ("workload", "record", 3), ("set_timer", "workload", "dwell", "long", False), ("workload", "send", (2, "note"))
    ]  # fmt: skip
    assert not node._releasing
    node._work_out.effects.append(("release", None))
    node._do_work("workload")
    life.arrives = [("cancel_timer", "end"), ("set_timer", ("arrival", "soon", True)), ("request", None)]
    node.advance()
    assert life.noted[-2:] == [("arrivals", "cancel_timer", "end"), ("set_timer", "arrivals", "arrival", "soon", True)]
    assert (list(node.backlog), node.ready) == ([None], True)


@both
def test_in_an_open_loop_a_request_has_a_time_of_arrival(of: Any) -> None:
    node, life = node_of(of)
    node._open, life.arrives = True, [("request", None)]
    node.advance()
    node.advance()
    assert list(node.backlog) == [77]


@both
def test_the_greatest_version_counts_if_there_are_any(of: Any) -> None:
    for has, versions in ((True, [0, 8, 8]), (False, [0, 0, 0])):
        node, life = node_of(of)
        node._has_version = has
        for life.version, known in zip((0, 8, 3), versions, strict=True):
            node._do_work("workload")
            assert node.version == known


@both
def test_the_state_is_looked_at_after_the_first_steps(of: Any) -> None:
    node, life = node_of(of)
    node._looked_at, life.arrives = 3, [("request", None)]
    for _ in range(4):
        node.advance()
    assert life.noted.count("looked at") == 2


@both
def test_what_is_recorded_in_the_first_steps_is_looked_at_before_it_is_carried_out(of: Any) -> None:
    node, life = node_of(of)
    node._looked_at = 2
    node.out.effects.extend([(2, "a"), (1, "to myself")])
    node.finish_step()
    assert life.noted == [
        ("recorded", [(2, "a"), (1, "to myself")], False),
        ("send", 2, "a"),
        ("recorded", [(2, "thanks, 1, for to myself")], False),
        ("send", 2, "thanks, 1, for to myself"),
    ]
    node.steps = 2
    node.out.effects.append((2, "b"))
    node.finish_step()
    assert life.noted[-1] == ("send", 2, "b")


@both
@pytest.mark.parametrize(("given", "named"), [((), {}), (((1, 2),), {}), ((), {"stamp": (1, 2)})], ids=str)
def test_to_enter_is_allowed_once_a_request(given: Any, named: Any, of: Any) -> None:
    node, _ = node_of(of)
    out = node.out
    with pytest.raises(ContractBreach, match="not now"):
        out.enter(*given, **named)
    assert (out.entering, out.stamp) == (False, None)
    out.may_enter = True
    out.enter(*given, **named)
    assert (out.entering, out.may_enter, out.stamp) == (True, False, (1, 2) if given or named else None)
    with pytest.raises(ContractBreach, match="not now"):
        out.enter()
    for wrong in ({"mark": 1}, {"stamp": 1, "mark": 2}):
        with pytest.raises(TypeError):
            out.enter(**wrong)
    with pytest.raises(TypeError):
        out.enter(1, 2)


@both
def test_what_cannot_be_is_an_assertion(of: Any) -> None:
    node, _ = node_of(of)
    with pytest.raises(AssertionError, match="only true while waiting"):
        node._enter()
    node._releasing = True
    with pytest.raises(AssertionError, match="only while inside"):
        node.advance()


@both
@pytest.mark.parametrize(
    "what", ["requested", "on_request", "entered", "on_entered", "released", "on_release", "on_released", "send"]
)
def test_an_exception_comes_through_from_wherever_it_is_raised(what: str, of: Any) -> None:
    def fails(*given: Any) -> None:
        raise ZeroDivisionError

    node, life = node_of(of)
    setattr(life, what, fails)
    with pytest.raises(ZeroDivisionError):
        run(node)


@both
@pytest.mark.parametrize("name", ["algorithm", "workload", "engine", "out", "backlog", "_arrivals", "_work_out"])
def test_what_is_missing_is_an_error(name: str, of: Any) -> None:
    node, life = node_of(of)
    life.arrives = [("request", None)]
    delattr(node, name)
    for _ in range(2):
        with pytest.raises((AttributeError, TypeError)):
            run(node)
        node.ready = node._releasing = True
        node.waiting, node.inside = None, Entry(0, 1, None, 0)


@both
@pytest.mark.parametrize("effect", [5, ("release",), ("set_timer", 5), (1, 2, 3)], ids=str)
def test_what_is_no_effect_of_a_workload_is_an_error(effect: Any, of: Any) -> None:
    node, _ = node_of(of)
    node._work_out.effects.append(effect)
    with pytest.raises((TypeError, ValueError)):
        node._do_work("workload")
