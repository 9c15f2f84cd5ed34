"""The shared counter: a register that notices a lost update by its own versions, and refuses stale numbers if told."""

from pathlib import Path

import pytest
from plans import run

from mxbench.checkers.register import RegisterChecker
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import Constant
from mxbench.core.history import History
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
