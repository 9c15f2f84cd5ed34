"""The short ways of a message: whatever the world finds out about its links beforehand, the run stays what it was.

A jitter of nothing changes no time, but then each link is asked for each message, so such a network goes the long way.
"""

import random
from typing import Any

import msgspec
import pytest
from worlds import simulate, stored, world

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.core.distributions import ZERO, Constant, Exponential, Uniform
from mxbench.core.history import DELIVERED, SENT
from mxbench.core.network import LinkRule, Matrix, Network
from mxbench.core.recorder import Recorder
from mxbench.core.workload import Entry, WorkloadOut
from mxbench.sim.compiled import Lane
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.counter import Counter, CounterOptions
from mxbench.workloads.hold import Hold
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.raymond import Raymond
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami

NOTHING = Uniform(0.0, 0.0)
ALIKE = {"delay": Constant(0.001)}
MATRIX: dict[str, Any] = {"delay": Matrix(((0.0001, 0.03), (0.02, 0.0001)))}
RULES: dict[str, Any] = {"rules": (LinkRule((0, 1), (2,), Constant(0.004)), LinkRule((2,), (0,), Constant(0.0002)))}
LINKS = {"alike": ALIKE, "instant": {"delay": ZERO}, "a matrix": MATRIX, "rules": RULES}
LOADS: dict[str, dict[str, Any]] = {
    "saturated": {"entries": 6},
    "without dwell": {"entries": 6, "dwell": ZERO},
    "thinking": {"entries": 5, "think": Exponential(0.004)},
    "by ticket": {"tickets": 13},
    "one at a time": {"entries": 3, "one_at_a_time": True},
    "few records": {"entries": 4, "history": "sections"},
}


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala, Maekawa, SuzukiKasami, Raymond], ids=lambda a: a.name)
@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
@pytest.mark.parametrize("links", LINKS.values(), ids=LINKS)
def test_the_short_way_of_a_message_and_the_long_one_give_the_same_history(
    algorithm: type[Algorithm], load: dict[str, Any], links: dict[str, Any]
) -> None:
    short = simulate(algorithm, 5, network=Network(**links), **load)
    long = simulate(algorithm, 5, network=Network(**links, jitter=NOTHING), **load)
    assert short.ending == long.ending
    assert short.ending.reason == "quiet"
    assert stored(short) == stored(long)


@pytest.mark.parametrize("links", [ALIKE, RULES], ids=["alike", "rules"])
@pytest.mark.parametrize("workload", [Bank, Counter])
def test_messages_of_the_workload_keep_their_place_among_those_of_the_algorithm(
    workload: Any, links: dict[str, Any]
) -> None:
    options: Any = BankOptions(queries_per_node=2) if workload is Bank else CounterOptions()
    shares = tuple(workload.shares(options, 4, [5] * 4, random.Random(1)))
    settings: dict[str, Any] = {
        "entries": 5, "workload": workload, "shares": shares, "options": msgspec.to_builtins(options),
        "servers": int(workload is Counter),
    }  # fmt: skip
    short = simulate(Lamport, 4, network=Network(**links), **settings)
    long = simulate(Lamport, 4, network=Network(**links, jitter=NOTHING), **settings)
    assert len(short.entries) == 20
    assert stored(short) == stored(long)


def test_a_server_of_the_algorithm_sends_the_same_on_both_ways() -> None:
    settings: dict[str, Any] = {"entries": 4, "server": True, "holder": "server"}
    short, long = (simulate(Coordinator, 4, network=Network(jitter=jitter), **settings) for jitter in (ZERO, NOTHING))
    assert len(short.entries) == 16
    assert stored(short) == stored(long)


def test_a_world_too_large_for_lists_of_channels_sends_the_same_on_both_ways() -> None:
    entries = [2] + [0] * 258 + [2]
    short, long = (simulate(RicartAgrawala, 260, network=Network(jitter=j), entries=entries) for j in (ZERO, NOTHING))
    assert len(short.entries) == 4
    assert stored(short) == stored(long)


def test_the_heap_is_for_timers_and_in_python_for_messages_that_overtake_each_other() -> None:
    longest: list[list[int]] = []
    for links in (ALIKE, RULES):
        made = world(Lamport, 4, entries=2, dwell=ZERO, network=Network(**links))
        made.heap.clear()
        for place in made.places:
            place.node.start()
            place.advance()
        longest.append([len(made.heap), len(made.lane or ())])
    assert longest == [[0, 12], [0, 12] if Lane.sorts else [12, 0]]


class Item(Message):
    """With a list, which each receiver must have for itself."""

    names: list[int]


class Server(Algorithm):
    """Sends what can be altered: to all, and to one once more."""

    name = "server"
    seen: list[list[int]] = []

    def on_request(self, request: EntryRequest, out: Out) -> None:
        names = [self.me]
        out.broadcast(Item(names))
        out.send((self.me + 1) % self.n, Item(names))
        names.append(99)
        out.enter()

    def on_message(self, sender: int, message: Item, out: Out) -> None:
        message.names.append(self.me)
        self.seen.append(message.names)


@pytest.mark.parametrize("links", LINKS.values(), ids=LINKS)
def test_each_receiver_has_a_copy_of_its_own_on_every_way(links: dict[str, Any]) -> None:
    made = world(Server, 3, entries=[1, 0, 0], dwell=ZERO, network=Network(**links))
    assert made.run().reason == "quiet"
    seen = [place.node.algorithm.seen for place in made.places]  # type: ignore[attr-defined]
    assert seen == [[], [[0, 99, 1], [0, 99, 1]], [[0, 99, 2]]]


class Unsendable(Algorithm):
    """Sends a number that no message can carry."""

    name = "unsendable"

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.broadcast(Item([1 << 70]))
        out.enter()


@pytest.mark.parametrize("jitter", [ZERO, NOTHING], ids=["the short way", "the long way"])
def test_what_cannot_be_encoded_is_a_breach_on_both_ways(jitter: Any) -> None:
    history = simulate(Unsendable, 3, network=Network(jitter=jitter), entries=1)
    assert history.ending.failed == "contract"
    assert "it sent Item(names=[1180591620717411303424]), which cannot be encoded" in history.ending.text


class Spoiler(Hold):
    """Replaces the dwell time that it was given by what is no plain data."""

    name = "spoiler"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        self.dwell = iter(())  # type: ignore[assignment]
        out.release()


def test_a_workload_that_keeps_no_plain_data_in_the_place_of_its_dwell_time_is_found() -> None:
    history = simulate(Lamport, 2, entries=3, workload=Spoiler)
    assert history.ending.failed == "contract"
    assert "the state 'dwell' holds" in history.ending.text


@pytest.mark.parametrize("types", [3, 16, 17, 40])
def test_a_recorder_counts_its_records_of_each_type(types: int) -> None:
    recorder = Recorder()
    for number in range(5_000):
        recorder.delivered(number, 1, number * number % types, number)
        recorder.sent(number, 1, number % types, b"..")
        if number % 100 == 0:
            recorder.other(0, number, None)
    expected = [0] * types, [0] * types
    for number in range(5_000):
        expected[0][number * number % types] += 1
        expected[1][number % types] += 1
    assert (recorder.counted(DELIVERED, types), recorder.counted(SENT, types)) == expected
