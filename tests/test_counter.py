"""The shared counter: a register that notices a lost update by its own versions, and refuses stale numbers if told."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plans import run
from worlds import simulate

from mxbench.checkers.register import RegisterChecker
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import Constant, Exponential
from mxbench.core.history import History
from mxbench.core.network import LinkRule, Network
from mxbench.core.workload import OptionError
from mxbench.loading import load_file
from mxbench.workloads.counter import Counter
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
BROKEN = Path(__file__).parent / "broken"


def counted(algorithm: type, n: int = 3, fencing: str = "off", dwell: float = 0.001) -> History:
    """Six entries of each node, on the heap loop."""
    return run(
        algorithm, n, entries=6, dwell=Constant(dwell), workload=Counter, servers=1, options={"fencing": fencing}
    )


def greedy() -> type:
    module = load_file(BROKEN / "enters_at_once.py")
    return module.EntersAtOnce  # type: ignore[no-any-return]


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: algorithm.name)
@pytest.mark.parametrize("dwell", [0.0, 0.001])
def test_a_correct_algorithm_counts_every_section(algorithm: type[Algorithm], n: int, dwell: float) -> None:
    finding = RegisterChecker().check(counted(algorithm, n, dwell=dwell))
    assert (finding.outcome, finding.text) == (
        "valid",
        f"{6 * n} writes brought the counter to {6 * n}, one for each critical section",
    )


def test_a_lost_update_is_seen_by_the_versions_of_the_register() -> None:
    finding = RegisterChecker().check(counted(greedy()))
    assert finding.outcome == "violated"
    assert "updates were lost: 18 writes brought the counter to" in finding.text
    assert "which was at version" in finding.evidence[0]


def test_fencing_refuses_stale_writes_and_loses_none() -> None:
    history = counted(greedy(), fencing="on")
    finding = RegisterChecker().check(history)
    refused = [value for value in history.values()[3] if value[0] == "refused"]
    assert finding.outcome == "valid"
    assert f"fencing refused {len(refused)} writes with a stale number" in finding.text
    assert len(refused) > 0
    assert len([value for value in history.values()[3] if value[0] == "written"]) + len(refused) == 18


def test_fencing_refuses_nothing_of_a_correct_algorithm() -> None:
    history = counted(Lamport, fencing="on")
    assert [value[0] for value in history.values()[3]] == ["written"] * 18


def simulated(seed: int, network: Network, fencing: str = "off", **settings: Any) -> History:
    """Six entries of each of three nodes of an algorithm that is right; node 3 keeps the register."""
    return simulate(RicartAgrawala, 3, entries=6, workload=Counter, servers=1, options={"fencing": fencing}, seed=seed,
                    network=network, **settings)  # fmt: skip


def answered_and_ended(history: History) -> tuple[int, int]:
    """Return how many writes the register made or refused, and how many sections ended."""
    answered = sum(value[0] in ("written", "refused") for value in history.values()[3])
    return answered, sum(entry.released is not None for entry in history.entries)


@pytest.mark.parametrize("fencing", ["off", "on"])
def test_an_update_whose_answer_was_lost_is_not_lost(fencing: str) -> None:
    from_the_register = Network(rules=(LinkRule(senders=(3,), receivers=(0, 1, 2), loss=0.2),))
    left_open = []
    for seed in range(20):
        history = simulated(seed, from_the_register, fencing)
        finding, (answered, ended) = RegisterChecker().check(history), answered_and_ended(history)
        assert finding.outcome == "valid", finding.text
        if answered > ended:
            writes = f"{answered} writes brought the counter to {answered}"
            assert finding.text == f"{writes}, one for each critical section that ended and 1 in a section that did not"
        left_open.append((answered - ended, len(history.entries) - answered))
    assert set(left_open) == {(1, 0), (0, 1)}, "the answer to a write is lost, or that to a read"


def test_an_update_that_was_never_made_is_not_lost_either() -> None:
    to_the_register = Network(rules=(LinkRule(senders=(0, 1, 2), receivers=(3,), loss=0.2),))
    for seed in range(10):
        history = simulated(seed, to_the_register)
        (answered, ended), finding = answered_and_ended(history), RegisterChecker().check(history)
        assert (finding.outcome, answered - ended, len(history.entries) - ended) == ("valid", 0, 1)


def test_a_crash_between_the_write_and_its_answer_loses_no_update() -> None:
    """With links of 1 ms a node that enters at t reads until t + 2, dwells, and has its answer at t + 5."""
    left_open = set()
    for at in range(1, 12):
        history = simulated(1, Network(), faults=[{"at": f"{at}.5ms", "crash": 0}])
        assert RegisterChecker().check(history).outcome in ("valid", "undecided")  # 'undecided': nobody entered
        answered, ended = answered_and_ended(history)
        left_open.add(answered - ended)
    assert left_open == {0, 1}


@pytest.mark.parametrize("fencing", ["off", "on"])
def test_messages_that_come_twice_and_late_change_nothing(fencing: str) -> None:
    everywhere = (0, 1, 2, 3)
    rules = tuple(LinkRule(one, other, duplicate=0.7) for one, other in (((3,), everywhere), (everywhere, (3,))))
    for seed in range(5):
        history = simulated(seed, Network(jitter=Exponential(0.01), fifo=False, rules=rules), fencing)
        sent, handled = (sum(map(sum, (getattr(node.totals, name) for node in history.nodes)))
                         for name in ("sent_by_type", "handled_by_type"))  # fmt: skip
        assert handled > sent + 18
        finding = RegisterChecker().check(history)
        assert (finding.outcome, finding.text) == (
            "valid", "18 writes brought the counter to 18, one for each critical section",
        )  # fmt: skip


def test_a_copy_that_comes_sections_later_is_not_taken_for_an_answer() -> None:
    late = Network(jitter=Exponential(0.01), fifo=False, duplicate=0.9)
    for seed in range(3):
        history = simulate(RicartAgrawala, 1, entries=40, workload=Counter, servers=1, options={"fencing": "off"},
                           seed=seed, network=late)  # fmt: skip
        sections = [(entry.entered, entry.released) for entry in history.entries]
        answers = [event.time for event in history if event.node == 0 and event.kind == "delivered"]
        copies = [sum(entered < time <= left for time in answers) for entered, left in sections if entered and left]
        assert max(copies) > 4, "two answers, their copies, and what is left of an earlier section"
        assert RegisterChecker().check(history).text.startswith("40 writes brought the counter to 40, one for each")


@pytest.mark.parametrize(
    ("before", "after", "said", "evidence"),
    [
        (("written", 1, 2), ("seen", 1, 2), "17 writes", "node 1 left section 2, in which nothing was written"),
        (("written", 1, 2), ("written", 1, 99), "18 writes", "node 1 left section 2, in which nothing was written"),
        (("written", 1, 2), ("written", 1, 99), "18 writes", "node 1 wrote for section 99, which it never entered"),
        (("written", 1, 2), ("written", 0, 1), "18 writes", "node 0 wrote again for section 1"),
    ],
    ids=["no-write", "another-section's", "no-section", "twice"],
)
def test_each_section_that_ended_has_its_write_and_each_write_its_section(
    before: tuple[Any, ...], after: tuple[Any, ...], said: str, evidence: str
) -> None:
    history = counted(Lamport)
    assert [value[1] for value in history.values()[3]][:2] == [0, 1], "node 0 is first, then node 1"
    nodes = [node if node.node != 3 else msgspec.structs.replace(node, details=[
        (*after, *value[3:]) if tuple(value[:3]) == before else value for value in node.details
    ]) for node in history.nodes]  # fmt: skip
    finding = RegisterChecker().check(History(history.plan, history.ending, nodes))
    assert finding.outcome == "violated"
    assert finding.text.startswith(f"{said} brought the counter to 18, with 18 critical sections ended")
    assert evidence in finding.evidence


def test_the_server_is_no_peer_and_never_requests() -> None:
    history = counted(Lamport)
    assert {section.node for section in history.sections} == {0, 1, 2}
    to_server = [event for event in history if event.kind == "sent" and event.peer == 3]
    assert {event.type for event in to_server} == {"Read", "Write"}
    assert all(event.workload for event in history if event.node == 3 and event.kind in ("sent", "delivered"))


def test_a_missing_register_leaves_the_run_undecided() -> None:
    history = counted(greedy())
    without = History(history.plan, history.ending, [node for node in history.nodes if node.node != 3])
    assert RegisterChecker().check(without).outcome == "undecided"


def test_only_on_and_off_are_modes_of_fencing() -> None:
    assert Counter.parse_options({"fencing": "on"}, 3, Path()).fencing == "on"
    with pytest.raises(OptionError, match="maybe"):
        Counter.parse_options({"fencing": "maybe"}, 3, Path())
