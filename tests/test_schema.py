"""What an experiment file may say, and what is said of one that says something else. Each message is read whole."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbench.errors import ExperimentError, MxbenchError
from mxbench.experiment.document import Mistakes
from mxbench.experiment.invocation import Prepared, prepare
from mxbench.experiment.schema import Experiment, validate
from mxbench.experiment.source import dump, parse

SHORTEST = (
    "{name: x, algorithm: lamport, nodes: 3, workload: {type: hold, entries_per_node: 100, dwell: 0s, think: 0s}}"
)
GOOD: dict[str, Any] = {
    "name": "x", "algorithm": "lamport", "nodes": 3, "workload": {"type": "hold", "entries_per_node": 4},
}  # fmt: skip


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(tmp_path: Path, text: str, **flags: Any) -> str:
    """Return what is said of a file that cannot be run, with 'x.yaml' for its path."""
    file = written(tmp_path, text)
    with pytest.raises(ExperimentError) as caught:
        prepare(file, **flags)
    return str(caught.value).replace(str(file), "x.yaml")


def with_line(line: str, drop: str = "") -> str:
    """Return a good file whose last line is the given one; `drop` names a key that it replaces."""
    lines = ["name: x", "algorithm: lamport", "nodes: 3", "workload: {type: hold, entries_per_node: 4}"]
    return "\n".join([kept for kept in lines if not drop or not kept.startswith(drop)] + [line]) + "\n"


def test_the_shortest_useful_file_is_an_experiment(tmp_path: Path) -> None:
    prepared = prepare(written(tmp_path, SHORTEST))
    experiment = prepared.settings[0].experiment
    assert (experiment.engine, experiment.seed, experiment.repeat, experiment.history) == ("tcp", 1, 1, "full")


NODES = "is not a whole number from 1 to 10000"
WRONG_VALUES = {
    "nodes-0": ("nodes: 0", "nodes", f"nodes: '0' {NODES}"),
    "nodes-negative": ("nodes: -1", "nodes", f"nodes: '-1' {NODES}"),
    "nodes-fraction": ("nodes: 1.5", "nodes", f"nodes: '1.5' {NODES}"),
    "nodes-octal": ("nodes: 017", "nodes", f"nodes: '017' {NODES}; write 17, or 15 if it was meant as octal"),
    "nodes-exponent": ("nodes: 1e3", "nodes", f"nodes: '1e3' {NODES}; write 1000"),
    "nodes-sexagesimal": ("nodes: 1:30", "nodes", f"nodes: '1:30' {NODES}; YAML 1.1 reads that as 90; write 90"),
    "nodes-quoted": ("nodes: '3'", "nodes", f"nodes: '3' {NODES}; write it without quotes"),
    "nodes-on": ("nodes: on", "nodes", f"nodes: 'on' {NODES}"),
    "nodes-many": ("nodes: 10001", "nodes", f"nodes: '10001' {NODES}"),
    "nodes-list": ("nodes: [3, 5]", "nodes", f"nodes: '[3, 5]' {NODES}"),
    "nodes-nothing": ("nodes:", "nodes", "nodes: nothing is given; a whole number from 1 to 10000 is needed"),
    "name-slash": ("name: a/b", "name", "name: 'a/b' is not a name that a folder can have"),
    "name-parent": ("name: ..", "name", "name: '..' is not a name that a folder can have"),
    "name-dots": ("name: a..b", "name", "name: 'a..b' is not a name that a folder can have"),
    "name-newline": ('name: "a\\nb"', "name", "name: 'a\\nb' is not a name that a folder can have"),
    "name-latest": ("name: latest", "name", "name: 'latest' is not a name of its own"),
    "name-long": (f"name: {'x' * 81}", "name", "is not a name that a folder can have: up to 80 letters"),
    "name-number": ("name: 12", "name", "name: '12' is not text; put it in quotes if it is meant as text"),
    "question-list": ("question: [why]", "", "question: '[why]' is not text"),
    "algorithm-list": ("algorithm: [lamport]", "algorithm", "'[lamport]' is not a name, or {name: NAME,"),
    "algorithm-key": ("algorithm: {name: lamport, quorum: grid}", "algorithm",
                      "algorithm.quorum: there is no such key; did you mean 'quorums'?"),
    "workload-word": ("workload: hold", "workload", "workload: 'hold' is not a mapping of keys: {type: hold, ...}"),
    "workload-untyped": ("workload: {entries_per_node: 1}", "workload",
                         "workload.type: the key is missing; write 'type: NAME'"),
    "misspelt": ("qestion: why?", "", "qestion: there is no such key; did you mean 'question'?"),
    "unknown": ("zzz: 1", "", "zzz: there is no such key; the keys here are name, question, algorithm, nodes"),
    "repeat-0": ("repeat: 0", "", "repeat: '0' is not a whole number from 1 to 100000"),
    "seed-negative": ("seed: -1", "", "seed: '-1' is not a whole number from 0 to"),
    "history": ("history: sectoins", "", "history: 'sectoins' is not one of full, sections, off; did you mean"),
    "truth": ("break_assumptions: yes", "", "break_assumptions: 'yes' is not true or false; write true"),
    "expect-list": ("expect: [valid]", "", "expect: '[valid]' is not a mapping of keys"),
    "plugins": ("plugins: [mine.txt]", "", "plugins: '[mine.txt]' is not a list of Python files: [FILE.py]"),
    "stall-limit": ("stall_limit: 30", "", "stall_limit: '30': a duration needs a unit: write '30ms' or '30s'"),
    "time-limit": ("time_limit: 0s", "", "time_limit: '0s': it must be longer than nothing"),
    "network-key": ("network: {dely: 1ms}", "", "network.dely: there is no such key; did you mean 'delay'?"),
    "network-loss": ("network: {loss: 2}", "", "network.loss: '2' is not a number from 0 to 1"),
    "network-word": ("network: fast", "", "network: 'fast' is not a mapping of keys"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "drop", "says"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_wrong_value_is_told_with_line_key_and_what_is_allowed(
    tmp_path: Path, line: str, drop: str, says: str
) -> None:
    said = refusal(tmp_path, with_line(line, drop))
    last = 4 if drop else 5
    assert said.startswith(f"x.yaml:{last}: ")
    assert says in said


WRONG_WORKLOADS = {
    "duration-unit": ("dwell: 5", "workload.dwell: '5': a duration needs a unit: write '5ms' or '5s'"),
    "duration-negative": ("dwell: -2ms", "workload.dwell: '-2ms': not a duration; write a number and a unit"),
    "duration-nan": ("dwell: .nan", "workload.dwell: '.nan': not a duration"),
    "duration-sexagesimal": ("dwell: 1:30", "YAML 1.1 reads that as 90; write 90, or 90s for a time"),
    "duration-nothing": ("dwell:", "workload.dwell: nothing is given; a value is needed"),
    "distribution": ("think: {normal: 2ms}", "workload.think: '{normal: 2ms}': normal needs mean and deviation"),
    "bounds": ("think: {uniform: [3ms, 1ms]}", "uniform needs its lower bound first"),
    "rate": ("rate: 0", "workload.rate: '0' is not a number above 0 and up to 1e+06"),
    "rate-nan": ("rate: .nan", "workload.rate: '.nan' is not a number above 0 and up to 1e+06; write a number"),
    "arrivals": ("arrivals: opne", "'opne' is not one of closed, open, one-at-a-time; did you mean 'open'?"),
    "own-key": ("dwel: 1ms", "workload.dwel: there is no such key; did you mean 'dwell'?"),
    "warmup": ("warmup_entries: 12", "'12' leaves nothing to measure: the run has 12 entries in all"),
    "open-without-rate": ("arrivals: open", "workload.arrivals: open arrivals need 'rate'"),
    "rate-when-closed": (
        "arrivals: closed, rate: 3",
        "workload.rate: a rate is for open arrivals, and these are 'closed'",
    ),
    "think-when-open": ("rate: 3, think: 1ms", "workload.think: think is for the closed loop"),
    "think-one-at-a-time": ("arrivals: one-at-a-time, think: 1ms", "here a node requests when all is quiet"),
    "two-amounts": ("entries: 7", "workload.entries: 'entries' and 'entries_per_node' are both given; keep one"),
    "duration-too": ("duration: 1s", "workload.duration: 'duration' and 'entries_per_node' are both given"),
}


@pytest.mark.parametrize(("keys", "says"), WRONG_WORKLOADS.values(), ids=WRONG_WORKLOADS)
def test_a_wrong_workload_key_is_told(tmp_path: Path, keys: str, says: str) -> None:
    said = refusal(tmp_path, with_line(f"workload: {{type: hold, entries_per_node: 4, {keys}}}", "workload"))
    assert said.startswith("x.yaml:4: workload")
    assert says in said


def test_missing_keys_are_told_all_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, "question: what is missing?\n").splitlines()
    assert [line.split(": ")[1] for line in said] == ["name", "algorithm", "nodes", "workload"]
    assert said[2] == "x.yaml: nodes: the key is missing; write 'nodes: N', from 1 to 10000"


def test_all_mistakes_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    said = refusal(tmp_path, "name: a/b\nalgorithm: lamport\nnodes: 017\nworkload:\n  type: hold\n  dwell: 5\nsed: 2\n")
    assert [line.split(":")[1] for line in said.splitlines()] == ["1", "3", "6", "7"]


def test_a_mode_word_is_not_taken_for_a_truth_value() -> None:
    assert parse("{history: off, fencing: on}", "x").data == {"history": "off", "fencing": "on"}


def test_messages_never_carry_control_characters_or_whole_files(tmp_path: Path) -> None:
    said = refusal(tmp_path, with_line("history: " + "x" * 5000))
    assert len(said) < 200
    assert said.isprintable()


KEYS = st.sampled_from([*Experiment.model_fields, "matrix", "include", "exclude", "zzz", "type", "dwell", "entries"])
VALUES = st.sampled_from(
    [None, True, 0, 3, -1, 1.5, "", "017", "1e3", "2ms", "-2ms", "lamport", "maekawa", "hold", "bank", "tcp", "grid",
     "..", "projective-plane", {"name": "maekawa", "quorums": "grid"}, {"type": "hold", "entries": 4},
     {"exponential": "2ms"}, [3, 5], [{"nodes": 4}], {"nodes": [1, 2]}, {"verdict": "violated"}, {"fifo": False},
     "a.py"]
)  # fmt: skip
TREES = st.recursive(VALUES, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=5)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=5), st.booleans())
def test_any_data_is_an_experiment_or_a_mistake_in_one(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any], complete: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(dump({**GOOD, **data} if complete else data), encoding="utf-8")
    said = ""
    try:
        assert isinstance(prepare(file), Prepared)
    except MxbenchError as error:
        said = str(error)
    assert all(line.startswith(str(file)) for line in said.splitlines())


def test_validation_returns_nothing_for_a_document_with_mistakes() -> None:
    mistakes = Mistakes()
    assert validate(parse("{name: x}", "x.yaml"), mistakes) is None
    assert mistakes.found
