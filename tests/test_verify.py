"""verify.py, which shares no code with mxbench, comes to the same verdict as its checkers on every history."""

import ast
import importlib.util
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plan

import mxbench
from mxbench.checkers.mutual_exclusion import Fencing
from mxbench.checkers.width import Width
from mxbench.core.algorithm import Algorithm
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.faults import FaultPlan, parse_faults
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.experiment.folder import write_run
from mxbench.experiment.results import load_history
from mxbench.loading import load_file
from mxbench.registry import Registry
from mxbench.sim.world import World
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.counter import Counter as CounterWorkload
from mxbench.workloads.hold import Hold
from mxbench_plugins.ricart_agrawala import RicartAgrawala

ROOT = Path(__file__).parent.parent
WRONG = ("enters_at_once", "replies_while_inside", "current_clock", "deadlocks", "raises_in_handler")
STATUS = {"valid": 0, "violated": 1, "undecided": 2, "not recorded": 2}
FEW, MANY = 200, 10_000


@pytest.fixture(scope="module")
def verify() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify", ROOT / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def algorithms() -> list[type[Algorithm]]:
    """Every shipped algorithm that lets in one, and wrong ones."""
    shipped = [known.cls for known in Registry().all("algorithms").values()]
    wrong = [load_file(ROOT / "tests" / "broken" / f"{stem}.py").mxbench_algorithms()[0] for stem in WRONG]
    return [*shipped, *wrong * 3]


def random_history(algorithms: list[type[Algorithm]], number: int) -> History:
    """Return the history of a run in which all is drawn: algorithm, load, network and faults, right or wrong."""
    draw = random.Random(f"verify/{number}")
    algorithm = draw.choice(algorithms)
    nodes = draw.randint(2, 5)
    network = Network(
        delay=Exponential(0.001), fifo=draw.random() < 0.6, loss=draw.choice((0.0, 0.0, 0.02)),
        duplicate=draw.choice((0.0, 0.0, 0.05)),
    )  # fmt: skip
    faults = FaultPlan()
    if draw.random() < 0.2:
        kind = draw.choice(("crash", "pause", "partition"))
        faults = parse_faults([{"random": kind, "count": 2, "between": ["0ms", "20ms"], "for": "3ms"}], nodes)
    elif draw.random() < 0.1:
        faults = parse_faults([{"at": f"{draw.randint(1, 20)}ms", "crash": draw.randrange(nodes)}], nodes)
    workload = draw.choice((Hold, CounterWorkload, Bank))  # the bank's blocks take the channels of the algorithm
    entries = draw.randint(1, 4)
    settings: dict[str, Any] = {"k": draw.randint(1, 3)} if algorithm.takes_k else {}
    if workload is Bank:
        settings["shares"] = tuple(Bank.shares(BankOptions(), nodes, [entries] * nodes, draw))
    made = plan(
        algorithm, nodes, workload=workload, entries=entries, engine="sim", seed=number, stall_limit=0.5,
        think=draw.choice((ZERO, Exponential(0.003))), dwell=draw.choice((Constant(0.001), Exponential(0.002))),
        servers=int(workload is CounterWorkload), falls_quiet=algorithm.falls_quiet,
        faults=msgspec.to_builtins(faults), **settings,
    )  # fmt: skip
    world = World(made, algorithm, workload, network, faults)
    ending = world.run()
    return History(made, ending, world.histories())


def store(history: History, folder: Path) -> Path:
    """Write a history as an engine does."""
    nodes = folder / "nodes"
    nodes.mkdir(parents=True, exist_ok=True)
    for old in nodes.iterdir():
        old.unlink()
    for node in history.nodes:
        (nodes / f"{node.node}.msgpack").write_bytes(msgspec.msgpack.encode(node))
    write_run(folder, history, {})
    return folder


def verdicts(
    verify: ModuleType, algorithms: list[type[Algorithm]], folder: Path, count: int
) -> Iterator[tuple[Any, ...]]:
    """Yield (number, mxbench's status, the status of verify.py, its sentence) of random histories."""
    for number in range(count):
        history = load_history(store(random_history(algorithms, number), folder))
        if history.ending.reason == "failed" and history.plan.most_inside > 1:
            continue  # the checker `width` does not look at a run that failed; verify.py does, as `fencing` does
        checker = Fencing() if history.plan.most_inside == 1 else Width()
        theirs, sentence = verify.judge(folder)
        yield number, STATUS[checker.check(history).outcome], theirs, sentence


def test_no_disagreement_on_a_few_hundred_random_histories(
    verify: ModuleType, algorithms: list[type[Algorithm]], tmp_path: Path
) -> None:
    _agree(verify, algorithms, tmp_path, FEW)


@pytest.mark.slow
def test_no_disagreement_on_ten_thousand_random_histories(
    verify: ModuleType, algorithms: list[type[Algorithm]], tmp_path: Path
) -> None:
    _agree(verify, algorithms, tmp_path, MANY)


def _agree(verify: ModuleType, algorithms: list[type[Algorithm]], folder: Path, count: int) -> None:
    found = list(verdicts(verify, algorithms, folder, count))
    assert [each for each in found if each[1] != each[2]] == []
    seen = Counter(each[1] for each in found)
    assert seen[0] > count / 5, "right ones among them"
    assert seen[1] > count / 10, "and wrong ones"
    assert seen[2] > 0, "and some of which nobody can tell"


# ---- the file by itself --------------------------------------------------------------------------------------------


def run_alone(*folders: Path) -> subprocess.CompletedProcess[str]:
    """Run verify.py as a reviewer does: by a Python that is shown no site-packages."""
    command = [sys.executable, "-I", "-S", str(ROOT / "verify.py"), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def stored(algorithm: type[Algorithm], folder: Path, **settings: Any) -> Path:
    settings = {"think": Exponential(0.003), "dwell": Constant(0.003), "entries": 6, **settings}
    made = plan(algorithm, 3, engine="sim", **settings)
    world = World(made, algorithm, Hold, Network(delay=Exponential(0.001)))
    return store(History(made, world.run(), world.histories()), folder)


def wrong(stem: str) -> type[Algorithm]:
    [algorithm] = load_file(ROOT / "tests" / "broken" / f"{stem}.py").mxbench_algorithms()
    return algorithm


def test_it_needs_nothing_but_python_and_says_in_a_sentence_that_mutual_exclusion_held(tmp_path: Path) -> None:
    done = run_alone(stored(RicartAgrawala, tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path}: held: of 18 entries no 2 are without an order between them\n"


def test_it_names_the_entries_of_a_violation(tmp_path: Path) -> None:
    done = run_alone(stored(wrong("replies_while_inside"), tmp_path))
    assert done.returncode == 1
    assert re.search(r"violated: none of these .*: entry \d of node \d, entry \d of node \d\n", done.stdout)


def test_of_several_runs_a_violation_decides(tmp_path: Path) -> None:
    right, bad = stored(RicartAgrawala, tmp_path / "right"), stored(wrong("enters_at_once"), tmp_path / "wrong")
    done = run_alone(right, bad, tmp_path / "nowhere")
    assert done.returncode == 1
    assert [line.split(": ")[1] for line in done.stdout.splitlines()] == ["held", "violated"]
    gone = tmp_path / "nowhere"
    assert done.stderr == f"{gone}: cannot be told: {gone / 'run.msgpack'}: No such file or directory\n"


def test_of_the_folder_of_an_invocation_every_run_is_judged(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    right, bad = stored(RicartAgrawala, runs / "1"), stored(wrong("enters_at_once"), runs / "2")
    (runs / ".3").mkdir()  # a run that was cut off
    done = run_alone(tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.split(": ")[:2] for line in done.stdout.splitlines()] == [
        [str(right), "held"],
        [str(bad), "violated"],
    ]
    shutil.rmtree(bad)
    assert run_alone(tmp_path).returncode == 0


def test_what_mxbench_run_prints_can_be_given_to_it(tmp_path: Path) -> None:
    text = (
        "{name: x, algorithm: lamport, nodes: 3, engine: sim, workload: {type: hold, entries_per_node: 2}, repeat: 2}"
    )
    (tmp_path / "x.yaml").write_text(text)
    done = run_alone(Path(mxbench.run(tmp_path / "x.yaml", results=tmp_path / "results")["result"]))
    assert (done.returncode, done.stderr, done.stdout.count(": held: of 6 entries")) == (0, "", 2)
    done = run_alone(tmp_path / "results" / "latest")
    assert (done.returncode, done.stdout.count(": held: of 6 entries")) == (0, 2)


@pytest.mark.parametrize("history", ["sections", "off"])
def test_without_the_messages_it_cannot_tell(history: str, tmp_path: Path) -> None:
    done = run_alone(stored(RicartAgrawala, tmp_path, history=history))
    assert done.returncode == 2
    assert f"messages were not recorded (history: {history}" in done.stdout


def test_a_node_without_a_history_is_told(tmp_path: Path) -> None:
    folder = stored(RicartAgrawala, tmp_path)
    (folder / "nodes" / "1.msgpack").unlink()
    done = run_alone(folder)
    assert (done.returncode, "2 of 3 nodes and servers left a history" in done.stdout) == (2, True)


CUT = [lambda data, at=at: data[:at] for at in (0, 1, 2, 17, 100, -1)]  # type: ignore[misc]
OTHER = [
    lambda data, other=other: other for other in (b"\xc1", b"\x00", b"\x81\x90\x00", b"\x80", b"\x91" * 5000, b"text")
]  # type: ignore[misc]
RENAMED = [lambda data: data.replace(b"codes", b"codex").replace(b"plan", b"plam")]
DAMAGE = [*CUT, *OTHER, *RENAMED]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
@pytest.mark.parametrize("name", ["run.msgpack", "nodes/1.msgpack"])
def test_a_damaged_file_is_told_in_one_sentence_on_stderr(tmp_path: Path, name: str, damage: Any) -> None:
    folder = stored(RicartAgrawala, tmp_path)
    file = folder / name
    file.write_bytes(damage(file.read_bytes()))
    done = run_alone(folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == f"{folder}: cannot be told: run.msgpack or a file in nodes/ is not what mxbench stored there\n"
    )


def test_any_byte_of_a_run_may_be_wrong_without_a_traceback(verify: ModuleType, tmp_path: Path) -> None:
    folder = stored(RicartAgrawala, tmp_path)
    draw = random.Random(1)
    for name in ("run.msgpack", "nodes/0.msgpack"):
        whole = (folder / name).read_bytes()
        for _ in range(150):
            data = bytearray(whole)
            data[draw.randrange(len(data))] = draw.randrange(256)
            (folder / name).write_bytes(data)
            status, sentence = verify.judge(folder)
            assert status in (0, 1, 2, 3)
            assert "Error" not in sentence
        (folder / name).write_bytes(whole)


def test_without_a_folder_it_says_how_it_is_called() -> None:
    done = run_alone()
    assert done.returncode == 2
    assert "python verify.py RUN_FOLDER" in done.stdout


def test_it_is_one_short_file_of_the_standard_library() -> None:
    text = (ROOT / "verify.py").read_text()
    imported = [
        alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names
    ]
    imported += [str(node.module) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert len(text.splitlines()) <= 150


@settings(max_examples=50, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20), max_leaves=40,
))  # fmt: skip
def test_it_reads_whatever_msgpack_a_history_can_hold(verify: ModuleType, value: Any) -> None:
    packed = msgspec.msgpack.encode(value)
    assert verify.unpack(packed) == (value, len(packed))
