"""What the handlers of a workload may record, and that every engine refuses the rest alike."""

from pathlib import Path

import pytest

import mxbench
from mxbench.core.contract import ContractBreach
from mxbench.core.workload import WorkloadMessage, WorkloadOut
from mxbench.experiment.results import load_history

BAD = '''"""A workload with a fault."""

from typing import Any

from mxbench import hookimpl
from mxbench.core.workload import WorkloadMessage
from mxbench.workloads.hold import Hold


class Note(WorkloadMessage):
    """A note."""

    text: str = ""


class Bad(Hold):
    """Has a fault."""

    name = "bad"
    kept: Any = None

    {}


@hookimpl
def mxbench_workloads():
    return [Bad]
'''
FAULTS = {
    "sends to its own node": (
        "def on_start(self, out): out.send(self.parameters.me, Note())",
        "bad.py:22: the workload sent Note(text='') to its own node 0; no link leads there (in on_start, node 0, step ",
    ),
    "has another signature": (
        "def on_entered(self, entry): pass",
        "bad.py:16: TypeError: Bad.on_entered() takes 2 positional arguments but 3 were given (in class Bad, node 0, ",
    ),
    "asks for what it has not": (
        "def on_entered(self, entry, out): self.nothing",
        "bad.py:22: AttributeError: 'Bad' object has no attribute 'nothing' (in on_entered, node 0, ",
    ),
    "sends a field of another type": (
        "def on_start(self, out): out.broadcast(Note(5))",
        "bad.py:16: it sent Note(text=5), whose fields are not what its class says: Expected `str`, got `int` - at ",
    ),
    "sets a timer without a duration": (
        "def on_start(self, out): out.set_timer('soon', None)",
        "bad.py:22: it set the timer 'soon' to None; a timer has a name and a duration in seconds, such as ",
    ),
    "keeps what is not plain": (
        "def on_start(self, out): self.kept = iter([])",
        "bad.py:16: the state 'kept' holds a list_iterator, which is not plain data; keep numbers, strings, tuples, ",
    ),
}
EXPERIMENT = "name: bad\nalgorithm: lamport\nnodes: 1\nengine: {}\nworkload: {{type: bad, entries: 3}}\n"


class Note(WorkloadMessage):
    """A note."""


class Unknown(WorkloadMessage):
    """A message of another workload."""


@pytest.fixture
def out() -> WorkloadOut:
    return WorkloadOut(1, range(3), (Note,))


def test_a_message_to_another_node_is_recorded(out: WorkloadOut) -> None:
    out.send(2, Note())
    assert out.effects == [("send", (2, Note()))]


@pytest.mark.parametrize(
    ("to", "message", "said"),
    [
        (1, Note(), r"to its own node 1; no link leads there"),
        (3, Note(), r"to 3: no such node or message class"),
        (-1, Note(), r"to -1: no such node"),
        (0, Unknown(), r"to 0: no such node or message class"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(
    out: WorkloadOut, to: int, message: WorkloadMessage, said: str
) -> None:
    with pytest.raises(ContractBreach, match=said):
        out.send(to, message)
    assert out.effects == []


def test_what_is_no_message_of_its_own_is_not_broadcast_and_nobody_leaves_who_is_outside(out: WorkloadOut) -> None:
    with pytest.raises(ContractBreach, match="not a message class of its own"):
        out.broadcast(Unknown())
    with pytest.raises(ContractBreach, match="released the critical section while outside"):
        out.release()
    assert out.effects == []


@pytest.mark.parametrize("engine", ["sim", "tcp"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_workload_is_not_the_algorithms(fault: str, engine: str, tmp_path: Path) -> None:
    code, said = FAULTS[fault]
    (tmp_path / "bad.py").write_text(BAD.format(code))
    (tmp_path / "bad.yaml").write_text(EXPERIMENT.format(engine))
    found = mxbench.run(tmp_path / "bad.yaml", plugins=[tmp_path / "bad.py"], results=tmp_path / "results")
    history = load_history(Path(found["runs"][0]["result"]))
    assert history.ending.failed == "contract"
    assert said in history.ending.text
