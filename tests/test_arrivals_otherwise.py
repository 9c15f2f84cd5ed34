"""What a message's fields hold and what its class says: one thing on every engine, the thing that comes over a wire."""

import json
from pathlib import Path
from typing import Any

import pytest
from arrivals_otherwise import LateBytes, LateStamp, Snapshot, Weighs
from oracles import assert_right
from worlds import simulate

from mxbench.check.answer import check
from mxbench.check.text import render
from mxbench.commands.check_answer import Asked, run_check
from mxbench.commands.replay_answer import run_replay
from mxbench.core.distributions import ZERO
from mxbench.core.scenario import Setup
from mxbench.sim.search import check_at_random

PLUGIN = """from arrivals_otherwise import Weighs
from mxbench import hookimpl

@hookimpl
def mxbench_algorithms():
    return [Weighs]
"""


def test_a_receiver_has_what_was_sent_and_not_what_became_of_it() -> None:
    assert check(Snapshot, nodes=3)["verdict"] == "valid"
    assert check_at_random(Snapshot, Setup(3, (2, 2, 2)), 50)[0]["property"] is None
    assert_right(simulate(Snapshot, 3, entries=5, dwell=ZERO), 15)


def test_what_is_no_number_and_what_is_converted_come_to_a_trace() -> None:
    found = check(Weighs, nodes=2, requests=1)
    assert (found["property"], len(found["trace"])) == ("mutual exclusion", 4)
    assert "Weight(1.0, nan, (0,))" in render(found)
    assert check_at_random(Weighs, Setup(2, (1, 1)), 50)[0]["property"] in ("mutual exclusion", "no deadlock")


def test_a_schedule_with_such_messages_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin, file = tmp_path / "weighs.py", tmp_path / "found.yaml"
    plugin.write_text(PLUGIN)
    assert run_check(Asked(algorithm=str(plugin), nodes=2, requests="1", save=file, as_json=True)) == 1
    capsys.readouterr()
    assert run_replay(str(file), [plugin], True) == 1
    assert json.loads(capsys.readouterr().out)["property"] == "mutual exclusion"


@pytest.mark.parametrize("algorithm", [LateBytes, LateStamp])
def test_a_breach_is_found_however_late_it_comes(algorithm: Any) -> None:
    found = check(algorithm, nodes=3)
    assert (found["verdict"], found["property"]) == ("violated", "contract")
    assert "a stamp is" in found["text"] or "holds a bytearray" in found["text"]
