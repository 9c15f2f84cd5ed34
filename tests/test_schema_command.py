"""`mxbench schema`: what editors are told of an experiment file agrees with what is checked before a run."""

import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mxbench.errors import MxbenchError
from mxbench.experiment.finding import shipped
from mxbench.experiment.invocation import prepare
from mxbench.experiment.json_schema import json_schema
from mxbench.experiment.schema import KEYS
from mxbench.experiment.source import parse, read
from mxbench.experiment.sweep import FIXED, SWEEP_KEYS
from mxbench.registry import Registry

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "experiments" / "schema.json"
MODELINE = "# yaml-language-server: $schema=schema.json"
REGISTRY = Registry()
VALIDATOR = Draft202012Validator(json_schema(REGISTRY))
HEAD = "name: x\nalgorithm: lamport\nnodes: 3\n"
GOOD = HEAD + "workload: {type: hold, entries_per_node: 4}\n"


def marks(text: str) -> list[str]:
    """Return the keys that an editor would mark in a file."""
    return sorted(".".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(parse(text, "x").data))


def test_it_is_a_schema_of_the_draft_that_it_names() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)
    assert VALIDATOR.schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.slow
def test_the_shipped_one_is_what_the_command_prints() -> None:
    done = subprocess.run([sys.executable, "-m", "mxbench", "schema"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert SHIPPED.read_text() == done.stdout, "run: mxbench schema > experiments/schema.json"


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_experiment_names_it_and_is_valid_under_it(name: str) -> None:
    file = shipped()[name]
    assert file.read_text().splitlines()[0] == MODELINE
    assert not list(VALIDATOR.iter_errors(read(file).data))


def test_it_has_every_key_that_an_experiment_can_have() -> None:
    schema = VALIDATOR.schema
    assert set(schema["properties"]) == set(KEYS[()])
    assert set(schema["properties"]["matrix"]["properties"]) >= set(KEYS[()]) - set(FIXED) - set(SWEEP_KEYS)
    assert set(schema["properties"]["network"]["properties"]) == set(KEYS[("network",)])
    assert set(schema["properties"]["workload"]["properties"]) >= {
        *KEYS[("workload",)],
        "transfers_per_node",
        "fencing",
    }
    assert all(value.get("description") for value in schema["properties"].values())


VALID = {
    "shortest": "{name: x, algorithm: lamport, nodes: 3, workload: {type: hold, entries: 100, dwell: 0s, think: 0s}}",
    "quorums": "algorithm: {name: maekawa, quorums: grid}\nname: x\nnodes: 4\nworkload: {type: hold, entries: 4}",
    "sweep": "name: x\nworkload: {entries: 4}\nmatrix: {algorithm: [lamport, {name: maekawa}], nodes: [3, 5], "
             "workload.type: [hold], workload.dwell: [1ms, {exponential: 2ms}]}",
    "include": "name: x\nworkload: {type: hold, entries: 4}\ninclude: [{algorithm: lamport, nodes: 4}]",
    "distributions": HEAD + "workload: {type: hold, entries: 4, dwell: {uniform: [1ms, 3 ms]}, "
                            "think: {lognormal: {median: 2ms, sigma: 0.5}}}",
    "network": GOOD + "engine: sim\nnetwork: {delay: wan, jitter: {exponential: 1ms}, bandwidth: 10Mbit/s, "
                      "links: [{from: 0, to: [1, 2], delay: 30ms}]}",
    "hot": HEAD + "workload: {type: hold, entries: 4, think: 1ms, hot: {node: random, factor: 10}}",
    "sites": GOOD + "engine: sim\nnetwork: {delay: geo, sites: random}",
    "faults": GOOD + "engine: sim\nbreak_assumptions: true\nfaults: [{at: 5ms, crash: 1}, {at: 9ms, heal: all}, "
                     "{at: 1ms, partition: [[0, 1], [2]], for: 5ms}, {random: pause, between: [0s, 1s], for: 1ms}]",
    "bank": HEAD + "workload: {type: bank, opening_balance: [1.00, 2.00, 3.00], transfers_per_node: 4}",
    "list-of-transfers": HEAD + "workload: {type: bank, transfers: [[0, 1, 1.00]]}",
    "counter": HEAD + "workload: {type: counter, entries_per_node: 4, fencing: on}",
    "everything-else": GOOD + "question: why?\nengine: sim\nrepeat: 2\nseed: 0\nhistory: sections\n"
                              "expect: {messages_per_entry: '<= 3 * n', wait_ms: {p99: '< 1000'}}\n"
                              "smoke: {repeat: 1}\nstall_limit: 1m\ntime_limit: 5s",
}  # fmt: skip


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_runs_is_not_marked(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    assert prepare(tmp_path / "x.yaml").settings
    assert marks(text) == []


WRONG = {
    "key": (GOOD + "zzz: 1", ""),
    "no-name": (GOOD.replace("name: x\n", ""), ""),
    "no-nodes": (GOOD.replace("nodes: 3\n", ""), ""),
    "name-slash": (GOOD.replace("name: x", "name: a/b"), "name"),
    "name-parent": (GOOD.replace("name: x", "name: .."), "name"),
    "name-latest": (GOOD.replace("name: x", "name: latest"), "name"),
    "name-number": (GOOD.replace("name: x", "name: 12"), "name"),
    "algorithm": (GOOD.replace("lamport", "lamprt"), "algorithm"),
    "algorithm-list": (GOOD.replace("lamport", "[lamport]"), "algorithm"),
    "quorums": (GOOD.replace("lamport", "{name: maekawa, quorums: gird}"), "algorithm.quorums"),
    "nodes-0": (GOOD.replace("nodes: 3", "nodes: 0"), "nodes"),
    "name-taken": (GOOD.replace("name: x", "name: index.html"), "name"),
    "nodes-10001": (GOOD.replace("nodes: 3", "nodes: 10001"), "nodes"),
    "nodes-fraction": (GOOD.replace("nodes: 3", "nodes: 1.5"), "nodes"),
    "nodes-text": (GOOD.replace("nodes: 3", "nodes: '3'"), "nodes"),
    "engine": (GOOD + "engine: tpc", "engine"),
    "workload-type": (GOOD.replace("hold", "hodl"), "workload.type"),
    "workload-word": (HEAD + "workload: hold", "workload"),
    "another-workload's-key": (GOOD.replace("4}", "4, fencing: on}"), "workload"),
    "option": (HEAD + "workload: {type: counter, entries: 4, fencing: maybe}", "workload.fencing"),
    "duration-unit": (GOOD.replace("4}", "4, dwell: 5}"), "workload.dwell"),
    "duration-negative": (GOOD.replace("4}", "4, dwell: -2ms}"), "workload.dwell"),
    "distribution": (GOOD.replace("4}", "4, dwell: {exponentail: 2ms}}"), "workload.dwell"),
    "rate": (GOOD.replace("4}", "4, rate: 0}"), "workload.rate"),
    "arrivals": (GOOD.replace("4}", "4, arrivals: opne}"), "workload.arrivals"),
    "hot-node": (GOOD.replace("4}", "4, hot: {node: all, factor: 2}}"), "workload.hot.node"),
    "hot-factor": (GOOD.replace("4}", "4, hot: {node: 1, factor: 0}}"), "workload.hot.factor"),
    "hot-key": (GOOD.replace("4}", "4, hot: {node: 1, factro: 2}}"), "workload.hot"),
    "sites": (GOOD + "network: {delay: wan, sites: shuffled}", "network.sites"),
    "network-key": (GOOD + "network: {dely: 1ms}", "network"),
    "loss": (GOOD + "network: {loss: 2}", "network.loss"),
    "bandwidth": (GOOD + "network: {bandwidth: 10Mb}", "network.bandwidth"),
    "fault": (GOOD + "faults: [{crash: 1}]", "faults.0"),
    "history": (GOOD + "history: none", "history"),
    "truth": (GOOD + "break_assumptions: yes", "break_assumptions"),
    "plugins": (GOOD + "plugins: [mine.txt]", "plugins"),
    "time-limit": (GOOD + "time_limit: 5", "time_limit"),
    "matrix-no-list": (GOOD + "matrix: {nodes: 3}", "matrix.nodes"),
    "matrix-value": (GOOD + "matrix: {nodes: [3, many]}", "matrix.nodes.1"),
    "matrix-name": (GOOD + "matrix: {algorithm: [lamport, lamprt]}", "matrix.algorithm.1"),
    "matrix-key": (GOOD + "matrix: {workload.dwel: [1ms]}", "matrix"),
    "matrix-fixed": (GOOD + "matrix: {repeat: [1, 2]}", "matrix"),
    "include": (GOOD + "include: [{ndoes: 4}]", "include.0"),
}


@pytest.mark.parametrize(("text", "key"), WRONG.values(), ids=WRONG)
def test_what_does_not_run_is_marked_at_its_key(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(MxbenchError):
        prepare(tmp_path / "x.yaml")
    assert key in marks(text)


def test_a_file_that_brings_plugins_may_use_their_names(tmp_path: Path) -> None:
    text = "name: x\nalgorithm: mine\nnodes: 3\nworkload: {type: own, depth: 3}\nengine: yours\n"
    assert marks(text) == ["algorithm", "engine", "workload.type"]
    assert marks(text + "plugins: [mine.py]\nmatrix: {workload.depth: [3], algorithm: [mine]}\n") == []


def test_plugins_that_are_given_are_known() -> None:
    heap = str(ROOT / "tests" / "heap_engine.py")
    told = Draft202012Validator(json_schema(Registry((heap,))))
    data = parse(GOOD + "engine: heap", "x").data
    assert told.is_valid(data)
    assert not VALIDATOR.is_valid(data)
