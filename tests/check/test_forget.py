"""A declared `forget`: what it saves, that it is compared with the plain search, and that a wrong one is found out."""

from typing import Any

import pytest

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.check.answer import check
from mxbench.check.forgetting import SMALL, verified
from mxbench.check.question import parse_question
from mxbench.check.search import Search
from mxbench.check.space import Space
from mxbench.check.text import render
from mxbench.core.contract import Unending
from mxbench.core.distributions import Constant
from mxbench.errors import PluginError
from mxbench_plugins.lamport import Lamport

SLOW = pytest.mark.slow


class ForgetsNothing(Lamport):
    """Forgets as one that has no `forget` of its own."""

    name = "forgets-nothing"

    def forget(self, no_more_requests: bool) -> None:
        pass


class ForgetsItsClock(Lamport):
    """Sends a release that looks older than the request of a waiting node."""

    name = "forgets-its-clock"

    def forget(self, no_more_requests: bool) -> None:
        if no_more_requests:
            self.clock = 0


class ForgetsWhatItHeard(Lamport):
    """Waits for ever, as nobody tells it twice."""

    name = "forgets-what-it-heard"

    def forget(self, no_more_requests: bool) -> None:
        if no_more_requests:
            self.heard = dict.fromkeys(self.peers, 0)


class ForgetsItsQueue(Lamport):
    """Raises when it wants to take its request out of the queue."""

    name = "forgets-its-queue"

    def forget(self, no_more_requests: bool) -> None:
        self.queue.clear()


class ForgetsThatOthersWait(Lamport):
    """Takes a node that it heard of late for one that has long left: two are inside."""

    name = "forgets-that-others-wait"

    def forget(self, no_more_requests: bool) -> None:
        self.queue = {node: clock for node, clock in self.queue.items() if node == self.me}


class Token(Message):
    """To node 0: I want to enter, or I have left. From it: you may enter."""


class ForgetsAChoice(Algorithm):
    """Node 0 serves two others, at once or only when both have asked, as it chooses once. Its `forget` drops the
    choice, and with it half of the schedules; no property is broken in any."""

    name = "forgets-a-choice"

    patient: bool = False
    asking: list[int] = []
    served: int = 0
    inside: bool = False

    def on_start(self, out: Out) -> None:
        if self.me == 0:
            out.set_timer("choose", Constant(1.0))

    def on_timer(self, name: str, out: Out) -> None:
        self.patient = out.choose([False, True])

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0, Token())

    def on_release(self, out: Out) -> None:
        out.send(0, Token())

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        if self.me != 0:
            out.enter()
            return
        if self.inside and self.asking[0] == sender:
            self.asking.pop(0)
            self.served += 1
            self.inside = False
        else:
            self.asking.append(sender)
        if self.asking and not self.inside and (self.served + len(self.asking) == 2 or not self.patient):
            self.inside = True
            out.send(self.asking[0], Token())

    def forget(self, no_more_requests: bool) -> None:
        self.patient = True


@pytest.mark.parametrize(
    "algorithm", [ForgetsItsClock, ForgetsWhatItHeard, ForgetsItsQueue, ForgetsThatOthersWait], ids=lambda cls: cls.name
)
def test_a_forget_that_drops_too_much_is_found_out(algorithm: type[Algorithm]) -> None:
    with pytest.raises(PluginError, match="'forget' drops what a later step depends on: with --requests 1,1,0"):
        verified(parse_question(algorithm, requests=1))


@pytest.mark.slow
def test_a_forget_is_compared_before_a_search_relies_on_it_and_only_then() -> None:
    with pytest.raises(PluginError, match="forgets-its-clock: its 'forget' drops"):
        check(ForgetsItsClock, requests=1)
    assert check(ForgetsItsClock, requests="1,1,0")["verdict"] == "valid", "a small graph is searched without it"
    limits = {"limit_states": SMALL + 1}
    assert check(ForgetsItsClock, requests=1, forget=False, **limits)["limit"] == f"{SMALL + 1:,} states"


def test_a_forget_that_loses_schedules_and_breaks_nothing_is_found_out() -> None:
    question = parse_question(ForgetsAChoice, requests="0,1,1")
    plain, with_it = (Search(Space(question, forgets=forgets)) for forgets in (False, True))
    assert plain.run().property is None
    assert with_it.run().property is None
    assert with_it.found.states < plain.found.states
    with pytest.raises(PluginError, match=r"\d+ steps that are possible without it are lost"):
        verified(question)


def test_a_bound_that_is_known_to_be_too_large_is_not_searched_again() -> None:
    question = parse_question("lamport", requests="1,1,0")
    assert verified(question) == ["requests 1,1,0 (2,200 states)"]
    assert verified(question, too_large=True) == []


def test_one_that_forgets_nothing_has_the_states_of_the_plain_search() -> None:
    question = parse_question(ForgetsNothing, requests="1,1,0")
    plain, with_it = (Search(Space(question, forgets=forgets)).run() for forgets in (False, True))
    assert (plain.states, plain.transitions, plain.depth) == (with_it.states, with_it.transitions, with_it.depth)


@pytest.mark.parametrize(
    ("requests", "numbers"),
    [("1,1,0", (480, 1_100, 16)), pytest.param("1,1,1", (113_878, 348_757, 24), marks=SLOW)],
)
def test_lamport_has_fewer_states_when_it_forgets(requests: str, numbers: tuple[int, int, int]) -> None:
    found = Search(Space(parse_question("lamport", requests=requests), forgets=True)).run()
    assert found.property is None
    assert (found.states, found.transitions, found.depth) == numbers


@pytest.mark.slow
def test_the_answer_says_that_it_forgot_and_where_that_was_verified() -> None:
    found = check("lamport", requests=1)
    assert (found["verdict"], found["states"]) == ("valid", 113_878)
    assert found["forget"] == {"verified": ["requests 1,1,0 (2,200 states)", "requests 0,1,1 (2,200 states)"]}
    assert "compared with the plain search at requests 1,1,0" in render(found)


@pytest.mark.parametrize("what", [SystemExit(0), KeyError("x")], ids=["exits", "raises"])
def test_one_that_fails_is_told_with_its_line(what: BaseException) -> None:
    class Fails(Lamport):
        name = "fails"

        def forget(self, no_more_requests: bool) -> None:
            raise what

    with pytest.raises(PluginError, match=rf"fails: its 'forget' fails: .*test_forget.py:\d+: {type(what).__name__}"):
        verified(parse_question(Fails, requests=1))


class FailsInTheEnd(Lamport):
    """Its `forget` raises when no request is left, which is no step of a schedule."""

    name = "fails-in-the-end"

    def forget(self, no_more_requests: bool) -> None:
        if no_more_requests and self.me == 1:
            self.fail()

    def fail(self) -> None:
        raise ValueError("boom")


class HangsInTheEnd(FailsInTheEnd):
    """Its `forget` is interrupted, as one that does not return."""

    name = "hangs-in-the-end"

    def fail(self) -> None:
        raise Unending("it did not return")


class KeepsAFunction(FailsInTheEnd):
    """Its `forget` leaves what is not plain data."""

    name = "keeps-a-function"

    def fail(self) -> None:
        self.clock = print  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("algorithm", "what"),
    [
        (FailsInTheEnd, r"ValueError: boom \(in fail, called by forget, node 1\)"),
        (HangsInTheEnd, r"it did not return \(in fail, called by forget, node 1\)"),
        (KeepsAFunction, "the state 'clock' holds a .*, which is not plain data"),
    ],
    ids=["raises", "hangs", "keeps-no-plain-data"],
)
def test_a_forget_that_fails_when_no_request_is_left_hides_no_violation(algorithm: type[Algorithm], what: str) -> None:
    with pytest.raises(PluginError, match=f"{algorithm.name}: its 'forget' fails: .*{what}.*; mend it, or pass --no"):
        Search(Space(parse_question(algorithm, requests="1,1,0"), forgets=True)).run()


def test_a_forget_that_raises_after_a_step_is_not_told_as_one_that_drops_too_much() -> None:
    class Raises(Lamport):
        name = "raises"

        def forget(self, no_more_requests: bool) -> None:
            if self.me == 1 and self.heard[0] > 1:
                raise ValueError("boom")

    with pytest.raises(PluginError, match=r"raises: its 'forget' fails: .*ValueError: boom \(in forget, node 1\)"):
        Search(Space(parse_question(Raises, requests="1,1,0"), forgets=True)).run()


def test_a_small_graph_is_searched_without_forgetting() -> None:
    found = check("lamport", nodes=2)
    assert (found["forget"], found["states"]) == (None, 1_656)


@pytest.mark.slow
def test_a_violation_is_told_with_the_trace_of_the_plain_search() -> None:
    forgetful = check("lamport", requests="1,2,1", network="lossy")
    plain = check("lamport", requests="1,2,1", network="lossy", forget=False)
    assert forgetful["property"] is not None
    assert forgetful["trace"] == plain["trace"]


def test_a_node_is_told_that_no_request_is_left_only_when_that_is_so() -> None:
    told: set[tuple[int, bool, bool]] = set()

    class Listens(Lamport):
        name = "listens"

        asked: bool = False

        def on_request(self, request: EntryRequest, out: Out) -> None:
            self.asked = True
            Lamport.on_request(self, request, out)

        def forget(self, no_more_requests: bool) -> None:
            told.add((self.me, self.asked, no_more_requests))

    Search(Space(parse_question(Listens, requests="1,1,0"), forgets=True)).run()
    assert {(node, asked) for node, asked, over in told if over} == {(0, True), (1, True), (2, False)}
    assert {(node, asked) for node, asked, over in told if not over} >= {(0, False), (0, True), (2, False)}
