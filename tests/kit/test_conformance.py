"""The conformance suite, as `mxbench.testing` offers it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mxbench.conformance import costs, schedules, watching
from mxbench.conformance.outcomes import Outcome, Report
from mxbench.conformance.schedules import Bench, hostile
from mxbench.core.algorithm import Algorithm, Assumptions, Out
from mxbench.core.distributions import Constant
from mxbench.core.entry import EntryRequest
from mxbench.core.messages import Message
from mxbench.errors import PluginError
from mxbench.registry import Registry
from mxbench.scenarios import replay
from mxbench.testing import Suite, algorithms_of, assert_conforms, check_algorithm
from mxbench_plugins import ricart_agrawala
from mxbench_plugins.agrawal_el_abbadi import AgrawalElAbbadi
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala

BROKEN = Path(__file__).parent.parent / "broken"
CHECKS = ["contract", "determinism", *(f"every-schedule-n{n}" for n in (1, 2, 3))]
CHECKS += [*(f"random-schedules-n{n}" for n in range(4, 10)), "messages-per-entry", "delays", "outside-assumptions"]
NAMES = list(Registry().all("algorithms"))


class Wanted(Message):
    what: str


class CheapClaim(RicartAgrawala):
    """Claims to send no replies."""

    name = "cheap-claim"
    messages_per_entry = "n - 1"
    response_time = {"uncontended": "1"}


class UnreadableClaim(RicartAgrawala):
    """Claims what nobody can work out."""

    name = "unreadable-claim"
    messages_per_entry = "2 * peers"


class TrustsTheOrder(Lamport):
    """Says that messages may overtake each other, and relies on it that they do not."""

    name = "trusts-the-order"
    assumes = Assumptions(fifo=False)


class OnlyThreeGetStuck(RicartAgrawala):
    """Right for up to three nodes; with more, the last one is never answered."""

    name = "only-three-get-stuck"

    def on_message(self, sender: int, message: object, out: Out) -> None:
        if sender < 3 or isinstance(message, ricart_agrawala.Reply):
            super().on_message(sender, message, out)


class PlaysPingPong(Algorithm):
    """Served by node 0 with up to three nodes; more of them send each other messages for ever and let nobody in."""

    name = "plays-ping-pong"

    queue: list[int] = []
    busy: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(0 if self.n <= 3 else (self.me + 1) % self.n, Wanted("ask" if self.n <= 3 else "ping"))

    def on_message(self, sender: int, message: Wanted, out: Out) -> None:
        match message.what:
            case "ping":
                out.send(sender, message)
            case "ask":
                self.queue.append(sender)
            case "left":
                self.busy = False
            case "enter":
                out.enter()
        if self.queue and not self.busy:
            self.busy = True
            out.send(self.queue.pop(0), Wanted("enter"))

    def on_release(self, out: Out) -> None:
        out.send(0, Wanted("left"))


class LeavesOneOut(RicartAgrawala):
    """Node 3 plays with itself when it wants to enter; the others get in."""

    name = "leaves-one-out"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.me == 3:
            out.set_timer("again", Constant(1.0))
        else:
            RicartAgrawala.on_request(self, request, out)

    def on_timer(self, name: str, out: Out) -> None:
        out.set_timer("again", Constant(1.0))


CALLS: list[int] = []


class EntersAtFirst(Algorithm):
    """Enters in the first two calls of the process, and in no other."""

    name = "enters-at-first"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        CALLS.append(1)
        if len(CALLS) < 3:
            out.enter()


def verdicts(report: Report) -> dict[str, str]:
    return {outcome.check: outcome.verdict for outcome in report.outcomes}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_algorithm_that_is_shipped_conforms(name: str) -> None:
    report = check_algorithm(Registry().get("algorithms", name).cls, max_states=120_000)
    assert report.ok, str(report)
    found = verdicts(report)
    assert list(found) == CHECKS
    assert found.pop("outside-assumptions") == "reported"
    assert set(found.values()) == {"passed"}, str(report)


@pytest.mark.slow
def test_a_wrong_algorithm_fails_once_with_its_picture_and_its_schedule_is_kept_and_tried_first(tmp_path: Path) -> None:
    report = check_algorithm(BROKEN / "replies_while_inside.py", database=tmp_path)
    [failed] = report.failed
    assert failed.check == "every-schedule-n2"
    assert failed.text.startswith("mutual exclusion: nodes 0 and 1 are inside together after")
    assert "#  ENTERS" in failed.details
    assert verdicts(report)["random-schedules-n4"] == "undecided"
    assert "FAILED     every-schedule-n2" in str(report)
    [kept] = tmp_path.glob("*.yaml")
    assert str(kept) in failed.details
    assert replay(kept).property == "mutual exclusion"
    first, *_ = Suite(algorithms_of(BROKEN / "replies_while_inside.py")[0], tmp_path).checks()
    assert first.name == "saved-mutual-exclusion-n2"
    assert first.make().verdict == "failed"


def test_a_saved_schedule_passes_when_repaired_and_says_when_it_does_not_apply(tmp_path: Path) -> None:
    [wrong] = algorithms_of(BROKEN / "replies_while_inside.py")
    bench = Bench(wrong, tmp_path)
    assert schedules.every_schedule(bench, 2).verdict == "failed"
    [kept] = schedules.saved_schedules(bench)
    source = kept.read_text()
    right = type("Right", (RicartAgrawala,), {"name": wrong.name, "__module__": __name__})
    assert schedules.saved_schedule(Bench(right, tmp_path), kept).verdict in ("passed", "reported")
    kept.write_text(source.replace("Request(", "Demand("))
    gone = schedules.saved_schedule(Bench(right, tmp_path), kept)
    assert gone.verdict == "reported"
    assert "does not apply any more: step" in gone.text
    kept.write_text("no scenario")
    assert schedules.saved_schedule(Bench(right, tmp_path), kept).verdict == "undecided"


def test_schedules_of_other_algorithms_are_left_alone(tmp_path: Path) -> None:
    [wrong] = algorithms_of(BROKEN / "enters_at_once.py")
    schedules.every_schedule(Bench(wrong, tmp_path), 2)
    assert schedules.saved_schedules(Bench(wrong, tmp_path)) != []
    assert schedules.saved_schedules(Bench(RicartAgrawala, tmp_path)) == []


def test_the_network_is_the_most_hostile_that_is_not_excluded() -> None:
    assert str(hostile(Assumptions(fifo=True))) == "fifo"
    assert str(hostile(Assumptions(lossless=False, no_duplicates=False))) == "reordering+duplicating:1+lossy:1"
    assert str(hostile(Assumptions(fifo=True, crash_free=False))) == "crashing:1"


def test_an_assumption_that_is_not_made_is_not_granted() -> None:
    outcome = schedules.every_schedule(Bench(TrustsTheOrder), 2)
    assert outcome.verdict == "failed"
    assert schedules.every_schedule(Bench(Lamport), 2).verdict == "passed"


def test_an_algorithm_that_takes_a_k_is_tried_with_two_inside(tmp_path: Path) -> None:
    right = schedules.every_schedule(Bench(RaymondKEntry, max_states=5_000), 3)
    assert (right.verdict, right.text.startswith("k = 1: right in all"), "; k = 2: right in all" in right.text) == (
        "passed", True, True,
    )  # fmt: skip

    class LetsInOneMore(RaymondKEntry):
        name = "lets-in-one-more"

        def enter_if_enough_replied(self, out: Out) -> None:
            if self.waiting and self.k > 1:
                self.waiting, self.inside = False, True
                out.enter()
            RaymondKEntry.enter_if_enough_replied(self, out)

    for outcome in (
        schedules.every_schedule(Bench(LetsInOneMore), 3),
        schedules.random_schedules(Bench(LetsInOneMore), 4),
    ):
        assert (outcome.verdict, outcome.text.partition(":")[0]) == ("failed", "mutual exclusion")


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [
        (PlaysPingPong, "5 of them came to no end within 2,800 steps, and nodes 0, 1, 2 and 3 entered in none"),
        (LeavesOneOut, "5 of them came to no end within 2,800 steps, and node 3 entered in none"),
    ],
    ids=["nobody", "all-but-one"],
)
def test_one_that_lets_nobody_in_is_never_said_to_pass(algorithm: type[Algorithm], said: str) -> None:
    outcome = schedules.random_schedules(Bench(algorithm, random_schedules=5), 4)
    assert outcome.verdict == "undecided"
    assert outcome.text.endswith(said)
    assert schedules.every_schedule(Bench(algorithm), 3).verdict == "passed"


@pytest.mark.parametrize(
    "make", [lambda bench: schedules.every_schedule(bench, 2), lambda bench: schedules.random_schedules(bench, 4)],
    ids=["every", "random"],
)  # fmt: skip
def test_one_that_does_something_else_the_second_time_fails_and_does_not_end_the_suite(
    make: Callable[[Bench], Outcome],
) -> None:
    CALLS.clear()
    outcome = make(Bench(EntersAtFirst))
    assert (outcome.verdict, "carried out again" in outcome.text) == ("failed", True)


@pytest.mark.slow
def test_what_shows_with_many_nodes_only_is_found_at_random() -> None:
    bench = Bench(OnlyThreeGetStuck)
    assert schedules.every_schedule(bench, 2).verdict == "passed"
    outcome = schedules.random_schedules(bench, 4)
    assert (outcome.verdict, outcome.text.partition(":")[0]) == ("failed", "no deadlock")


def test_a_search_that_is_too_large_says_what_it_covered() -> None:
    outcome = schedules.every_schedule(Bench(RicartAgrawala, max_states=1_000), 3)
    assert outcome.verdict == "passed"
    assert "1, 1, 0 requests" in outcome.text
    assert "ended at the limit of 1,000 states" in outcome.text
    assert schedules.every_schedule(Bench(RicartAgrawala, max_states=5), 3).verdict == "undecided"


@pytest.mark.slow
def test_a_claim_that_does_not_hold_is_named_with_what_was_measured() -> None:
    bench = Bench(CheapClaim)
    assert "4 messages an entry, claimed exact 2 (3 nodes, saturated)" in costs.messages_claim(bench).text.splitlines()
    delays = costs.delay_claims(bench)
    assert delays.verdict == "failed"
    assert "response time 2 T, claimed exact 1 (9 nodes, uncontended)" in delays.text.splitlines()


def test_a_claim_that_cannot_be_read_fails_and_none_is_only_reported() -> None:
    outcome = costs.messages_claim(Bench(UnreadableClaim))
    assert outcome.verdict == "failed"
    assert "'peers' is not known here" in outcome.text
    [silent] = algorithms_of(BROKEN / "enters_at_once.py")
    assert costs.delay_claims(Bench(silent)).verdict == "reported"


def test_a_saturated_claim_is_compared_with_the_quorums_of_those_who_entered_in_the_window() -> None:
    history = costs.run(AgrawalElAbbadi, 5)
    assert history.plan.quorum_system == "tree"
    assert all(holding for holding, _ in costs._messages(AgrawalElAbbadi, history))


@pytest.mark.slow
def test_what_becomes_of_it_outside_its_assumptions_is_reported() -> None:
    outcome = schedules.outside_assumptions(Bench(RicartAgrawala))
    assert outcome.verdict == "reported"
    assert [line.partition(":")[0] for line in outcome.text.splitlines()] == [
        "a repeated message", "a lost message", "a crash"
    ]  # fmt: skip
    assert "a lost message: violates 'no deadlock' after 4 steps, 2 nodes that ask once" in outcome.text


def test_nodes_that_there_are_no_quorums_for_are_undecided() -> None:
    class OnPlanes(AgrawalElAbbadi):
        """Needs a projective plane."""

        name = "on-planes"
        quorum_system = "projective-plane"

    assert schedules.random_schedules(Bench(OnPlanes), 5).verdict == "undecided"
    assert schedules.every_schedule(Bench(OnPlanes), 3).verdict == "passed"


@pytest.mark.slow
def test_a_handler_that_does_not_return_ends_the_suite_and_not_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LIMIT_S", 3.0)
    report = check_algorithm(Path(__file__).parent / "habits" / "never_returns.py")
    assert [outcome.check for outcome in report.failed] == ["contract"]
    assert {outcome.verdict for outcome in report.outcomes[1:]} == {"undecided"}


@pytest.mark.slow
def test_a_handler_that_ends_its_process_ends_no_other(tmp_path: Path) -> None:
    source = (Path(__file__).parent / "habits" / "never_returns.py").read_text()
    file = tmp_path / "ends.py"
    file.write_text(source.replace("            pass", "            __import__('os')._exit(0)"))
    report = check_algorithm(file)
    assert [outcome.check for outcome in report.failed] == ["contract"]
    assert "the process that ran its handlers ended before they did" in report.failed[0].text
    assert {outcome.verdict for outcome in report.outcomes[1:]} == {"undecided"}


@pytest.mark.slow
def test_the_assertion_shows_the_whole_report() -> None:
    with pytest.raises(AssertionError) as error:
        assert_conforms(BROKEN / "enters_at_once.py")
    lines = str(error.value).splitlines()
    assert lines[1] == "enters-at-once: 1 failed, 10 undecided, 3 passed"
    assert "every-schedule-n2    mutual exclusion: nodes 0 and 1 are inside together" in str(error.value)
    assert_conforms(RicartAgrawala, max_states=2_000)


def test_a_report_is_a_line_for_each_check_and_the_picture_below_it() -> None:
    wrong = Outcome("contract", "failed", "a.py:3: on_start waits\na.py:4: on_start waits", "a\n\nb")
    report = Report("some-lock", (wrong, Outcome("delays", "passed", "as claimed")))
    assert not report.ok
    assert str(report).splitlines() == [
        "some-lock: 1 failed, 1 passed",
        "  FAILED     contract  a.py:3: on_start waits",
        "                       a.py:4: on_start waits",
        "      a",
        "",
        "      b",
        "  passed     delays    as claimed",
    ]


def test_a_file_without_one_algorithm_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    source = (BROKEN / "enters_at_once.py").read_text()
    file.write_text(source.replace("return [EntersAtOnce]", "return []"))
    with pytest.raises(PluginError):
        check_algorithm(file)
