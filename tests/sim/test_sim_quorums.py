"""Every quorum system under every algorithm that works with quorums: each number of nodes, a ledger, reordering."""

from pathlib import Path

import pytest

import mxbench
from mxbench.core.quorums import QuorumSystem
from mxbench.registry import Registry

NODES = range(1, 17)
KNOWN = Registry()
SYSTEMS = {name: known.cls() for name, known in KNOWN.all("quorum_systems").items()}
ALGORITHMS = [name for name, known in KNOWN.all("algorithms").items() if known.cls.quorum_system]

EXPERIMENT = """
name: quorums
algorithm: {{name: {algorithm}, quorums: {system}}}
engine: sim
network: {{delay: {{exponential: 1ms}}, fifo: false}}
workload: {{type: bank, transfers_per_node: 3, dwell: {{exponential: 2ms}}, think: 0s}}
matrix: {{nodes: {nodes}}}
"""


def has(system: QuorumSystem, n: int) -> bool:
    try:
        return bool(system.build(n))
    except ValueError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_quorum_system_keeps_the_ledger_whole_for_every_number_of_nodes(
    algorithm: str, system: str, tmp_path: Path
) -> None:
    nodes = [n for n in NODES if has(SYSTEMS[system], n)]
    file = tmp_path / "quorums.yaml"
    file.write_text(EXPERIMENT.format(algorithm=algorithm, system=system, nodes=nodes))
    found = mxbench.run(file, results=tmp_path / "results")
    assert [row["nodes"] for row in found["runs"]] == nodes
    for row in found["runs"]:
        assert row["verdict"] == "valid"
        assert (row["entries"], row["quorum_system"]) == (3 * row["nodes"], system)
        assert row["contended"] == (row["nodes"] > 1)
        low, high = row["claimed_messages_per_entry"]
        assert low * (1 - 1e-9) <= row["messages_per_entry"] <= high
    assert len(nodes) == (4 if system == "projective-plane" else len(NODES))
