"""Random schedules: what they find, what is made of it, and that they claim no more than they have seen."""

import json
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import models
import pytest

from mxbench.check.answer import check
from mxbench.check.question import parse_question
from mxbench.check.text import render
from mxbench.core.adversary import parse_adversary
from mxbench.core.algorithm import Algorithm
from mxbench.core.property import Moment, Property
from mxbench.core.scenario import Setup
from mxbench.errors import PluginError
from mxbench.scenarios import scenario_of
from mxbench.sim.explore import explore
from mxbench.sim.replay import replay
from mxbench.sim.search import check_at_random
from mxbench.sim.strategies import Delays, Priorities
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala

BROKEN = Path(__file__).parent.parent / "broken"
FIVE: dict[str, Any] = {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}


def at_random(algorithm: str | Path | type[Algorithm], schedules: int = 3000, seed: int = 1, **asked: Any) -> Any:
    """Return the answer of a random search that may use fewer nodes where no quorums were given."""
    question = parse_question(algorithm, **asked)

    @cache
    def resize(n: int) -> Setup | None:
        fewer = {**asked, "nodes": n, "requests": 1}
        return None if "quorums" in asked else parse_question(algorithm, **fewer).setup

    answer, setup = check_at_random(question.algorithm, question.setup, schedules, seed, resize)
    if answer["property"]:
        scenario = scenario_of(question.algorithm, setup, answer["trace"], Path("x"), violated=answer["property"])
        assert replay(question.algorithm, scenario).as_recorded, "what was shrunk shows the violation by itself"
    return answer


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("stem", "asked", "exhaustive"),
    [
        ("current_clock", {"nodes": 5}, {"requests": 1}),
        ("maekawa_without_extra_failed", FIVE, FIVE),
        ("replies_while_inside", {"nodes": 4}, {"requests": 1}),
        ("deadlocks", {"nodes": 5}, {"requests": 1}),
    ],
    ids=lambda value: value.replace("_", "-") if isinstance(value, str) else "",
)
def test_finds_a_textbook_error_and_shrinks_it_to_twice_the_shortest_at_most(
    stem: str, asked: dict[str, Any], exhaustive: dict[str, Any], seed: int
) -> None:
    shortest = check(BROKEN / f"{stem}.py", **exhaustive)
    found = at_random(BROKEN / f"{stem}.py", seed=seed, **asked)
    assert (found["verdict"], found["property"]) == ("violated", shortest["property"])
    assert len(found["trace"]) <= 2 * len(shortest["trace"])
    assert found["shrunk"]["steps"] == len(found["trace"]) <= found["shrunk"]["steps_before"]


@pytest.mark.parametrize(
    ("stem", "text"),
    [("enters_without_request", "out.enter()"), ("raises_in_handler", "self.requests[sender] += 1"),
     ("wrong_signature", "class WrongSignature"), ("not_plain_data", "class NotPlainData")],
)  # fmt: skip
def test_a_breach_of_the_contract_names_file_and_line(stem: str, text: str) -> None:
    file = BROKEN / f"{stem}.py"
    line = next(number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line)
    found = at_random(file)
    assert (found["verdict"], found["property"]) == ("violated", "contract")
    assert f"{file}:{line}: " in found["text"]


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala, Maekawa], ids=lambda cls: cls.name)
def test_many_clean_schedules_are_undecided_and_say_why(algorithm: type[Algorithm]) -> None:
    found = at_random(algorithm, schedules=100, nodes=5)
    assert (found["verdict"], found["property"], found["trace"]) == ("undecided", None, [])
    assert found["limit"] == "100 schedules"
    assert found["states"] is None
    assert found["text"] == "no violation in 100 random schedules, which proves nothing about the others"
    assert found["not_covered"][0] == "all other schedules"
    assert found["sometimes"]["contention"]
    assert all(found["sometimes"]["entered"].values())
    assert "100 random schedules (seed 1)" in render({**found, "seconds": 1.0})


@pytest.mark.slow
@pytest.mark.parametrize("network", ["reordering", "duplicating:2", "lossy:2", "reordering+duplicating+lossy+crashing"])
def test_faults_of_the_network_are_found_and_shrunk(network: str) -> None:
    found = at_random(Lamport, nodes=4, network=network)
    assert found["verdict"] == "violated"
    assert found["outside_assumptions"]
    assert found["shrunk"]["steps"] < found["shrunk"]["steps_before"]


@pytest.mark.slow
def test_no_more_goes_wrong_than_the_network_may_do() -> None:
    network = parse_adversary("reordering+duplicating:2+lossy:1+crashing:1")
    counts = {"duplicate": 0, "lose": 0, "crash": 0}
    for number in range(300):
        found = explore(RicartAgrawala, Setup(3, (1, 1, 1), network), 1, number)
        kinds = [pick.kind for pick in found.picks]
        for kind, most in (("duplicate", 2), ("lose", 1), ("crash", 1)):
            assert kinds.count(kind) <= most
            counts[kind] = max(counts[kind], kinds.count(kind))
    assert counts["lose"] == counts["crash"] == 1, "and all of it happens somewhere"


def test_a_timer_may_fire_at_any_step() -> None:
    found = at_random(models.LooksAtTheClock, nodes=2)
    assert (found["property"], len(found["trace"])) == ("mutual exclusion", 4)


def test_choices_are_drawn_and_kept() -> None:
    found = at_random(models.TrueOrOne, nodes=1, requests=1)
    assert (found["property"], found["trace"][0]["choices"]) == ("no deadlock", [2])


def test_what_never_ends_is_cut_off_and_said() -> None:
    found = at_random(models.NeverServed, schedules=4, nodes=2, requests=1)
    assert found["verdict"] == "undecided"
    assert "4 schedules that were cut off" in " ".join(found["not_covered"])


def test_a_waiter_that_the_schedule_starves_is_served_before_it_is_cut_off() -> None:
    found = at_random(models.SometimesServed, schedules=50, requests="0,1,1")
    assert found["verdict"] == "undecided"
    assert not [said for said in found["not_covered"] if "cut off" in said]


class NumbersOnly(RicartAgrawala):
    """Does not ask anybody: two nodes inside, or two of one number."""

    name = "numbers-only"

    def on_request(self, request: Any, out: Any) -> None:
        out.enter()


class WrongFromSix(NumbersOnly):
    """Lets nobody in where there are fewer than six nodes, so that no small number of them shows the error."""

    name = "wrong-from-six"

    def on_request(self, request: Any, out: Any) -> None:
        if self.n >= 6:
            out.enter()


def test_nodes_are_left_out_one_by_one_as_long_as_the_error_stays() -> None:
    answer, setup = check_at_random(WrongFromSix, Setup(9, (1,) * 9), 10, resize=lambda n: Setup(n, (1,) * n))
    assert (setup.nodes, sum(setup.requests), len(answer["trace"])) == (6, 2, 2)
    assert answer["property"] == "mutual exclusion"


def test_two_entries_of_one_number_are_turned_into_two_nodes_that_are_inside_together() -> None:
    apart = 0
    for seed in range(30):
        found = explore(NumbersOnly, Setup(2, (1, 1)), 1, seed)
        apart += len(found.picks) == 3  # a request, its release, and a request
        answer, _ = check_at_random(NumbersOnly, Setup(2, (1, 1)), 1, seed)
        assert answer["trace"][-1]["inside"] == [0, 1]
        assert len(answer["trace"]) == 2
    assert apart, "in some schedule one left before the other entered, and only the numbers told"


def test_limits_end_the_search_undecided() -> None:
    question = parse_question("ricart-agrawala", 3)
    answer, _ = check_at_random(
        question.algorithm, question.setup, 1000,
        on_progress=lambda found: "3 bells" if found.schedules > 50 else "",
    )  # fmt: skip
    assert (answer["verdict"], answer["limit"], answer["schedules"]) == ("undecided", "3 bells", 51)
    assert "ended at its limit of 3 bells" in answer["text"]


@pytest.mark.slow
def test_the_same_seed_has_the_same_answer_in_every_process() -> None:
    said = set()
    for hashes in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", SAME], env={"PYTHONHASHSEED": hashes, "PYTHONPATH": str(Path(__file__).parent)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.add(done.stdout)
    assert len(said) == 1
    assert '"verdict": "violated"' in said.pop()


SAME = f"""
import json
from test_random import at_random
print(json.dumps([
    at_random({str(BROKEN / "maekawa_without_extra_failed.py")!r}, seed=5, **{FIVE!r}),
    at_random("lamport", nodes=4, network="reordering+lossy:2+duplicating:2+crashing:1"),
    at_random("maekawa", schedules=30, nodes=5),
]))
"""


@pytest.mark.slow
def test_another_seed_tries_other_schedules() -> None:
    answers = [at_random(BROKEN / "replies_while_inside.py", seed=seed, nodes=4) for seed in range(4)]
    assert len({answer["shrunk"]["schedule"] for answer in answers}) > 1


def test_priorities_let_the_highest_go_first_and_drop_it_where_that_is_drawn() -> None:
    enabled = dict.fromkeys(range(6))
    dropped = 0
    for seed in range(50):
        strategy = Priorities(Random(seed), 10)
        picks = [strategy.pick(enabled, step) for step in range(10)]
        changes = sum(one != other for one, other in pairwise(picks))
        assert changes <= 7, "the same one goes on until it drops"
        dropped += changes > 0
    assert dropped > 25


def test_delays_are_turns_but_for_a_few() -> None:
    turns = []
    for seed in range(50):
        enabled = dict.fromkeys(range(4))
        strategy = Delays(Random(seed), 12)
        turns.append([strategy.pick(enabled, step) for step in range(12)])
    assert [0, 1, 2, 3] * 3 in turns, "without a delay"
    assert len({tuple(turn) for turn in turns}) > 25


@pytest.mark.slow
def test_ten_thousand_schedules_of_five_nodes_are_tried() -> None:
    found = at_random("ricart-agrawala", schedules=10_000, nodes=5)
    assert (found["verdict"], found["schedules"], found["depth"]) == ("undecided", 10_000, 100)
    assert json.dumps(found)


class NobodyWaitsForTwo(Property):
    """An example of a property that does not hold: two nodes wait together."""

    name = "nobody-waits-for-two"

    def holds(self, moment: Moment) -> bool:
        return len(moment.waiting) < 2


class Fails(NobodyWaitsForTwo):
    """A property with a mistake."""

    name = "fails"

    def holds(self, moment: Moment) -> bool:
        return moment.no_such_thing  # type: ignore[attr-defined,no-any-return]


def test_a_property_that_is_asked_for_is_judged_after_each_step_and_replayed() -> None:
    answer, setup = check_at_random(RicartAgrawala, Setup(4, (2,) * 4), 10, properties=[NobodyWaitsForTwo])
    assert (answer["property"], len(answer["trace"])) == ("nobody-waits-for-two", 2)
    [judged] = answer["properties"]
    assert (judged["name"], judged["verdict"], judged["depth"]) == ("nobody-waits-for-two", "violated", None)
    assert "VIOLATED (nobody-waits-for-two)" in render({**answer, "seconds": 1.0})
    scenario = scenario_of(RicartAgrawala, setup, answer["trace"], Path("x"), violated=answer["property"])
    assert replay(RicartAgrawala, scenario, properties=[NobodyWaitsForTwo]).as_recorded
    assert replay(RicartAgrawala, scenario).verdict == "valid", "who does not judge it does not find it"


def test_a_property_that_fails_is_the_authors_mistake() -> None:
    with pytest.raises(PluginError, match=r"the property 'fails' failed: AttributeError: .*no_such_thing"):
        check_at_random(RicartAgrawala, Setup(2, (1, 1)), 10, properties=[Fails])


def test_so_many_as_may_are_inside_together() -> None:
    for k, verdict in ((2, "undecided"), (1, "violated")):
        found, setup = check_at_random(TwoAtOnce, Setup(3, (1, 1, 1), k=k), 200)
        assert found["verdict"] == verdict
    assert len(found["trace"][-1]["inside"]) == 2
    assert setup.nodes == 3


class TwoAtOnce(RaymondKEntry):
    """Lets two in, whatever it is told."""

    name = "two-at-once"

    @property
    def k(self) -> int:
        return 2


def test_an_algorithm_that_does_something_else_the_second_time_is_told_as_such() -> None:
    models.CALLS.clear()
    question = parse_question(models.EntersAtFirst, nodes=2, requests=1)
    with pytest.raises(PluginError, match="carried out again, the schedule that violated 'mutual exclusion' does not"):
        check_at_random(models.EntersAtFirst, question.setup, 5)
