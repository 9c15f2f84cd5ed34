"""What holds of every algorithm in the simulator: it serves all, keeps them apart, and costs what it does elsewhere."""

import random
from typing import Any

import msgspec
import pytest
from heap_loop import HeapLoop
from plans import plan
from worlds import RANDOM, counts, simulate

from mxbench import Algorithm
from mxbench.checkers.ledger import Ledger
from mxbench.checkers.mutual_exclusion import Fencing, Overlap
from mxbench.checkers.progress import Progress
from mxbench.core.distributions import ZERO, Exponential, Pareto
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.hold import Hold
from mxbench_plugins.carvalho_roucairol import CarvalhoRoucairol
from mxbench_plugins.chandy_misra import ChandyMisra
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.lamport_suppressed import LamportSuppressed
from mxbench_plugins.lodha_kshemkalyani import LodhaKshemkalyani
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.naimi_trehel import NaimiTrehel
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.ricart_agrawala_token import RicartAgrawalaToken
from mxbench_plugins.ring import Ring
from mxbench_plugins.singhal import Singhal
from mxbench_plugins.suzuki_kasami import SuzukiKasami

ALGORITHMS = [Lamport, RicartAgrawala, Maekawa, SuzukiKasami, RicartAgrawalaToken, Singhal, NaimiTrehel, Ring]
ALGORITHMS += [LamportSuppressed, CarvalhoRoucairol, LodhaKshemkalyani, ChandyMisra, RaymondKEntry]


def ids(algorithm: type[Algorithm]) -> str:
    return algorithm.name


def valid(history: History) -> bool:
    return all(checker().check(history).outcome == "valid" for checker in (Fencing, Overlap, Progress))


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
@pytest.mark.parametrize("think", [ZERO, Exponential(0.01)], ids=["saturated", "thinking"])
def test_every_algorithm_serves_all_and_keeps_them_apart(algorithm: type[Algorithm], think: Any) -> None:
    history = simulate(algorithm, 7, entries=5, think=think, network=RANDOM)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 35
    assert valid(history)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
def test_counts_are_those_of_the_independent_heap_loop_where_one_requests_at_a_time(
    algorithm: type[Algorithm],
) -> None:
    settings: dict[str, Any] = {"entries": 4, "one_at_a_time": True}
    ours = simulate(algorithm, 6, network=RANDOM, **settings)
    theirs = HeapLoop(plan(algorithm, 6, **settings), algorithm, Hold).run()
    assert counts(ours) == counts(theirs)
    assert [entry.node for entry in ours.entries] == [entry.node for entry in theirs.entries]


@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala], ids=ids)
def test_counts_are_those_of_the_independent_heap_loop_under_load(algorithm: type[Algorithm]) -> None:
    ours = simulate(algorithm, 5, entries=8, network=RANDOM)
    assert counts(ours) == counts(HeapLoop(plan(algorithm, 5, entries=8), algorithm, Hold).run())


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=ids)
def test_the_bank_ends_with_one_ledger_over_links_of_any_length(algorithm: type[Algorithm]) -> None:
    options = BankOptions(queries_per_node=2)
    shares = tuple(Bank.shares(options, 5, [6] * 5, random.Random(1)))
    history = simulate(
        algorithm, 5, entries=6, workload=Bank, shares=shares, options=msgspec.to_builtins(options),
        network=Network(delay=Pareto(0.0005, 1.2)),
    )  # fmt: skip
    assert valid(history)
    assert Ledger().check(history).outcome == "valid"
