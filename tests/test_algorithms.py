"""One body of tests for every algorithm, on the heap loop."""

from typing import Any

import pytest
from heap_loop import HeapLoop
from oracles import assert_costs_what_it_claims, assert_right, messages, overlaps, stamps_out_of_order
from plans import plan, run

from mxbench.core.algorithm import Algorithm, Out
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History
from mxbench.core.messages import Message
from mxbench.metrics.cost import Cost
from mxbench.workloads.hold import Hold
from mxbench_plugins import maekawa, ricart_agrawala
from mxbench_plugins.agrawal_el_abbadi import AgrawalElAbbadi
from mxbench_plugins.carvalho_roucairol import CarvalhoRoucairol
from mxbench_plugins.chandy_misra import ChandyMisra
from mxbench_plugins.coordinator import Coordinator
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.lamport_suppressed import LamportSuppressed
from mxbench_plugins.lodha_kshemkalyani import LodhaKshemkalyani
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.neilsen_mizuno import NeilsenMizuno
from mxbench_plugins.raymond import Raymond
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ricart_agrawala_token import RicartAgrawalaToken
from mxbench_plugins.ring import Ring
from mxbench_plugins.singhal import Singhal
from mxbench_plugins.suzuki_kasami import SuzukiKasami

ALGORITHMS = [Lamport, RicartAgrawala, Maekawa, SuzukiKasami, RicartAgrawalaToken, Singhal, NaimiTrehel, Ring]
ALGORITHMS += [Raymond, NeilsenMizuno, Coordinator, AgrawalElAbbadi]
ALGORITHMS += [LamportSuppressed, CarvalhoRoucairol, LodhaKshemkalyani, ChandyMisra, RaymondKEntry]
IN_STAMP_ORDER = [Lamport, RicartAgrawala, LamportSuppressed, LodhaKshemkalyani]
CHANNELS = [
    pytest.param(algorithm, fifo, id=f"{algorithm.name}-{'fifo' if fifo else 'reordering'}")
    for algorithm in ALGORITHMS
    for fifo in ((True,) if algorithm.assumes.fifo else (True, False))
]
NODES = (1, 2, 3, 5, 7, 10)
LOADS: dict[str, dict[str, Any]] = {
    "saturated": {},
    "thinking": {"think": Exponential(0.004), "dwell": Exponential(0.001)},
    "open": {"rate": 200.0},
    "one-at-a-time": {"one_at_a_time": True},
    "no-dwell": {"dwell": ZERO},
}
SEEDS = (1, 2)


def by_name(algorithm: type[Algorithm]) -> str:
    return algorithm.name


# ---- every algorithm ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", NODES)
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize(("algorithm", "fifo"), CHANNELS)
def test_all_are_served_one_at_a_time(algorithm: type[Algorithm], fifo: bool, load: str, nodes: int) -> None:
    for seed in SEEDS:
        history = run(algorithm, nodes, fifo=fifo, seed=seed, **LOADS[load])
        assert_right(history, entries=3 * nodes)


@pytest.mark.parametrize(("algorithm", "fifo"), CHANNELS)
def test_nodes_that_never_ask_serve_those_that_do(algorithm: type[Algorithm], fifo: bool) -> None:
    for seed in SEEDS:
        assert_right(run(algorithm, 5, entries=(0, 7, 0, 7, 1), fifo=fifo, seed=seed), entries=15)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=by_name)
def test_a_total_of_tickets_is_used_up(algorithm: type[Algorithm]) -> None:
    assert_right(run(algorithm, 4, tickets=21), entries=21)


@pytest.mark.parametrize("nodes", NODES)
@pytest.mark.parametrize("load", ["saturated", "one-at-a-time"])
@pytest.mark.parametrize(("algorithm", "fifo"), CHANNELS)
def test_an_entry_costs_what_is_claimed(algorithm: type[Algorithm], fifo: bool, load: str, nodes: int) -> None:
    for seed in SEEDS:
        history = run(algorithm, nodes, fifo=fifo, seed=seed, **LOADS[load])
        assert_costs_what_it_claims(algorithm, history)


@pytest.mark.parametrize("nodes", NODES)
@pytest.mark.parametrize("load", ["saturated", "one-at-a-time"])
@pytest.mark.parametrize("algorithm", [a for a in ALGORITHMS if isinstance(a.messages_per_entry, dict)], ids=by_name)
def test_a_claim_for_one_load_holds_over_a_longer_run(algorithm: type[Algorithm], load: str, nodes: int) -> None:
    history = run(algorithm, nodes, entries=40, delay=lambda *channel: 1_000_000, **LOADS[load])
    found = Cost().measure(history)
    assert found["claim_holds"] is (True if history.plan.regime in algorithm.messages_per_entry else None), found


@pytest.mark.parametrize("algorithm", [a for a in ALGORITHMS if a.has_token], ids=by_name)
def test_the_token_may_be_anywhere_at_the_start(algorithm: type[Algorithm]) -> None:
    for holder in range(5):
        first = run(algorithm, 5, entries=[int(node == holder) for node in range(5)], holder=holder)
        assert_right(first, entries=1)
        round_and_on = 5 + 1  # of a token that circles
        assert messages(first).total() == (0 if algorithm.falls_quiet else round_and_on), "it is at the holder"
        assert_right(run(algorithm, 5, holder=holder, fifo=False), entries=15)


@pytest.mark.parametrize(("algorithm", "fifo"), [c for c in CHANNELS if c.values[0] in IN_STAMP_ORDER])
def test_requests_are_served_in_the_order_of_their_stamps(algorithm: type[Algorithm], fifo: bool) -> None:
    for seed in range(20):
        assert stamps_out_of_order(run(algorithm, 5, fifo=fifo, seed=seed, think=Exponential(0.002))) == []


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=by_name)
def test_two_runs_of_one_plan_are_the_same(algorithm: type[Algorithm]) -> None:
    first, second, other = (run(algorithm, 5, seed=seed) for seed in (8, 8, 9))
    assert list(first) == list(second)
    assert list(first) != list(other)


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "fifo"), CHANNELS)
def test_all_are_served_over_many_schedules(algorithm: type[Algorithm], fifo: bool) -> None:
    for seed in range(80):
        nodes = 2 + seed % 6
        dwell = (ZERO, Constant(0.0001), Exponential(0.002))[seed % 3]
        assert_right(run(algorithm, nodes, entries=4, dwell=dwell, fifo=fifo, seed=seed), entries=4 * nodes)


# ---- a network that repeats messages --------------------------------------------------------------------------------


class Repeating(HeapLoop):
    """A heap loop that delivers messages of one type twice, the second time perhaps much later."""

    repeated: type[Message]

    def post(self, sender: int, to: int, *envelope_and_message: Any) -> None:
        super().post(sender, to, *envelope_and_message)
        if isinstance(envelope_and_message[-1], self.repeated):
            delay, self.delay = self.delay, lambda *channel: 4 * delay(*channel)
            super().post(sender, to, *envelope_and_message)
            self.delay = delay


def run_repeating(algorithm: type[Algorithm], repeated: type[Message], seed: int) -> History:
    made = plan(algorithm, 3, entries=4, seed=seed)
    loop = Repeating(made, algorithm, Hold, fifo=False)
    loop.repeated = repeated
    return loop.run()


class UntaggedReplies(RicartAgrawala):
    """Takes every reply for one to its present request, as the paper does."""

    name = "untagged-replies"

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        if isinstance(message, ricart_agrawala.Reply):
            message = ricart_agrawala.Reply(self.ours)
        super().on_message(sender, message, out)


class UntaggedReleases(Maekawa):
    """Unlocks at every release, whoever has the lock."""

    name = "untagged-releases"

    def on_message(self, sender: int, message: Any, out: Out) -> None:
        if isinstance(message, maekawa.Release) and self.lock is not None:
            self.unlock(out)
        else:
            super().on_message(sender, message, out)


@pytest.mark.parametrize(
    ("algorithm", "untagged", "repeated"),
    [(RicartAgrawala, UntaggedReplies, ricart_agrawala.Reply), (Maekawa, UntaggedReleases, maekawa.Release)],
    ids=["ricart-agrawala-reply", "maekawa-release"],
)
def test_a_repeated_message_is_known_by_its_tag(
    algorithm: type[Algorithm], untagged: type[Algorithm], repeated: type[Message]
) -> None:
    for seed in range(20):
        assert_right(run_repeating(algorithm, repeated, seed), entries=12)
    assert any(overlaps(run_repeating(untagged, repeated, seed)) for seed in range(20))
