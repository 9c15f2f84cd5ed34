"""P9: the same plan on the engines tcp and sim costs the same messages, by type and by node."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plans import plan
from worlds import counts

from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History
from mxbench.core.plan import RunPlan
from mxbench.registry import Registry
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
from mxbench_plugins.singhal import Singhal
from mxbench_plugins.suzuki_kasami import SuzukiKasami

ALONE = {"one_at_a_time": True}
RUNS = [
    pytest.param(Lamport, {}, id="lamport-saturated"),
    pytest.param(Lamport, {"think": Exponential(0.002)}, id="lamport-thinking"),
    pytest.param(Lamport, ALONE, id="lamport-one-at-a-time"),
    pytest.param(RicartAgrawala, {}, id="ricart-agrawala-saturated"),
    pytest.param(RicartAgrawala, {"rate": 300.0}, id="ricart-agrawala-open"),
    pytest.param(Maekawa, ALONE, id="maekawa-one-at-a-time"),
    pytest.param(LamportSuppressed, ALONE, id="lamport-suppressed-one-at-a-time"),
    pytest.param(CarvalhoRoucairol, ALONE, id="carvalho-roucairol-one-at-a-time"),
    pytest.param(LodhaKshemkalyani, ALONE, id="lodha-kshemkalyani-one-at-a-time"),
    pytest.param(ChandyMisra, ALONE, id="chandy-misra-one-at-a-time"),
    pytest.param(RaymondKEntry, {}, id="raymond-k-entry-saturated"),
    pytest.param(RaymondKEntry, {**ALONE, "k": 3}, id="raymond-k-entry-one-at-a-time"),
    pytest.param(SuzukiKasami, ALONE, id="suzuki-kasami-one-at-a-time"),
    pytest.param(RicartAgrawalaToken, ALONE, id="ricart-agrawala-token-one-at-a-time"),
    pytest.param(Singhal, ALONE, id="singhal-one-at-a-time"),
    pytest.param(NaimiTrehel, ALONE, id="naimi-trehel-one-at-a-time"),
    pytest.param(Raymond, {**ALONE, "topology": "line", "holder": 3}, id="raymond-one-at-a-time"),
    pytest.param(NeilsenMizuno, {**ALONE, "topology": "binary", "holder": 3}, id="neilsen-mizuno-one-at-a-time"),
    pytest.param(Coordinator, {**ALONE, "holder": 2}, id="coordinator-one-at-a-time"),
    pytest.param(Coordinator, {"server": True}, id="coordinator-server-saturated"),
    pytest.param(Coordinator, {**ALONE, "server": True}, id="coordinator-server-one-at-a-time"),
]


def on(engine: str, the_plan: RunPlan, folder: Path) -> History:
    engines = Registry().all("engines")
    return engines[engine].cls().run(msgspec.structs.replace(the_plan, engine=engine), folder / engine)  # type: ignore[no-any-return]


def in_turn(history: History) -> list[int]:
    """Return who entered, by time: where k may be inside together, two entries may have one number."""
    return [entry.node for entry in sorted(history.entries, key=lambda entry: entry.entered or 0)]


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "settings"), RUNS)
def test_messages_are_equal_by_type_and_node(algorithm: Any, settings: dict[str, Any], tmp_path: Path) -> None:
    the_plan = plan(algorithm, 5, entries=[3, 1, 4, 0, 2], dwell=ZERO, seed=7, **settings)
    real, simulated = on("tcp", the_plan, tmp_path), on("sim", the_plan, tmp_path)
    assert (real.ending.reason, simulated.ending.reason) == ("quiet", "quiet")
    assert counts(real) == counts(simulated)
    assert [node.types for node in real.nodes] == [node.types for node in simulated.nodes]
    assert [node.totals.payload_bytes for node in real.nodes] == [
        node.totals.payload_bytes for node in simulated.nodes
    ] or "one_at_a_time" not in settings  # under load the clocks in the messages differ
    if "one_at_a_time" in settings:
        assert in_turn(real) == in_turn(simulated)
