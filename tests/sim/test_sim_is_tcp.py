"""P9: the same plan on the engines tcp and sim costs the same messages, by type and by node."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from plans import plan
from suzuki_kasami import SuzukiKasami
from worlds import counts

from mxbench.core.distributions import ZERO, Exponential
from mxbench.core.history import History
from mxbench.core.plan import PluginRef, RunPlan
from mxbench.registry import Registry
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

ALONE = {"one_at_a_time": True}
RUNS = [
    pytest.param(Lamport, {}, id="lamport-saturated"),
    pytest.param(Lamport, {"think": Exponential(0.002)}, id="lamport-thinking"),
    pytest.param(Lamport, ALONE, id="lamport-one-at-a-time"),
    pytest.param(RicartAgrawala, {}, id="ricart-agrawala-saturated"),
    pytest.param(RicartAgrawala, {"rate": 300.0}, id="ricart-agrawala-open"),
    pytest.param(Maekawa, ALONE, id="maekawa-one-at-a-time"),
    pytest.param(SuzukiKasami, ALONE, id="token-one-at-a-time"),
]


def on(engine: str, the_plan: RunPlan, folder: Path) -> History:
    engines = Registry().all("engines")
    return engines[engine].cls().run(msgspec.structs.replace(the_plan, engine=engine), folder / engine)  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "settings"), RUNS)
def test_messages_are_equal_by_type_and_node(algorithm: Any, settings: dict[str, Any], tmp_path: Path) -> None:
    the_plan = plan(algorithm, 5, entries=[3, 1, 4, 0, 2], dwell=ZERO, seed=7, **settings)
    if algorithm is SuzukiKasami:  # a node process finds it in its file
        file = Path(__file__).parent.parent / "suzuki_kasami.py"
        the_plan = msgspec.structs.replace(
            the_plan, algorithm=PluginRef(algorithm.name, "suzuki_kasami", "SuzukiKasami", str(file))
        )
    real, simulated = on("tcp", the_plan, tmp_path), on("sim", the_plan, tmp_path)
    assert (real.ending.reason, simulated.ending.reason) == ("quiet", "quiet")
    assert counts(real) == counts(simulated)
    assert [node.types for node in real.nodes] == [node.types for node in simulated.nodes]
    assert [node.totals.payload_bytes for node in real.nodes] == [
        node.totals.payload_bytes for node in simulated.nodes
    ] or settings != ALONE  # under load the clocks in the messages differ
    if settings == ALONE:
        assert [entry.node for entry in real.entries] == [entry.node for entry in simulated.entries]
