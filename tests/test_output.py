"""What the commands print: the answer alone on standard output, and a status that no reader of a pipe changes."""

import json
import subprocess
from pathlib import Path

import pytest
from command_line import command, invoked, typed

LOUD = """import mxbench.core.report
from mxbench import Algorithm, hookimpl

print("imported")


class Loud(Algorithm):
    name = "loud"

    def on_request(self, request, out):
        print("asked")
        out.enter()


class Report(mxbench.core.report.Report):
    name = "loud"

    def render(self, history, node, width):
        print("rendered")
        return '"{}"'


@hookimpl
def mxbench_algorithms():
    return [Loud]


@hookimpl
def mxbench_reports():
    return [Report]
"""
EXPERIMENT = (
    "{name: loud, algorithm: loud, nodes: 2, engine: sim, workload: {type: hold, entries_per_node: 3, dwell: 1ms}}"
)
PLUGIN = ("--plugin", "loud.py")
COMMANDS = {
    "run": (1, "run", "loud.yaml", *PLUGIN, "--json"),
    "tcp": (1, "run", "loud.yaml", *PLUGIN, "--engine", "tcp", "--json"),
    "check": (1, "check", "loud.py", "--nodes", "2", "--json"),
    "random": (1, "check", "loud.py", "--nodes", "2", "--random", "5", "--json"),
    "replay": (1, "replay", "loud.scenario", "--json"),
    "compare": (1, "compare", "loud.yaml", *PLUGIN, "--format", "json"),
    "schema": (0, "schema", *PLUGIN),
    "show": (0, "show", "results/latest", "--report", "loud", *PLUGIN),
}


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    (tmp_path / "loud.py").write_text(LOUD)
    (tmp_path / "loud.yaml").write_text(EXPERIMENT)
    assert invoked(tmp_path, "check", "loud.py", "--nodes", "2", "--save", "loud.scenario").returncode == 1
    assert invoked(tmp_path, "run", "loud.yaml", *PLUGIN).returncode == 1
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_plugin_prints_is_not_among_the_answer(name: str, loud: Path) -> None:
    status, *arguments = COMMANDS[name]
    done = typed(loud, *arguments)
    assert done.returncode == status
    json.loads(done.stdout)
    assert "imported\n" in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_has_enough_does_not_change_the_status(name: str, loud: Path) -> None:
    status, *arguments = COMMANDS[name]
    with subprocess.Popen(command(*arguments), cwd=loud, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        running.stdout.close()  # before there is an answer
        assert running.wait(60) == status


UNWRITABLE = {"/proc/nothing/x.yaml": "No such file", "/": "Is a directory", "loud.py/x.yaml": "Not a directory"}


@pytest.mark.parametrize("place", UNWRITABLE)
def test_a_place_where_nothing_can_be_saved_is_told_before_the_search(place: str, loud: Path) -> None:
    done = invoked(loud, "check", "lamport", "--nodes", "4", "--requests", "3", "--save", place)  # for hours
    assert done.returncode == 3
    assert done.stderr.startswith(f"mxbench: {place}: the scenario cannot be written there: {UNWRITABLE[place]}")
    assert done.stdout == ""


def test_to_ask_for_nothing_is_a_mistake_and_to_ask_alone_is_said(tmp_path: Path) -> None:
    for requests in ("0", "0,0,0"):
        done = invoked(tmp_path, "check", "lamport", "--requests", requests)
        said = f"mxbench: --requests {requests}: if no node asks, there is nothing to check\n"
        assert (done.returncode, done.stderr) == (2, said)
    for alone in (("--nodes", "1"), ("--requests", "1,0,0")):
        done = invoked(tmp_path, "check", "lamport", *alone, "--json")
        assert (
            "contention: no schedule had two nodes that wanted to be inside" in json.loads(done.stdout)["not_covered"]
        )
    done = invoked(tmp_path, "check", "lamport", "--requests", "1,1,0", "--json")
    assert not [said for said in json.loads(done.stdout)["not_covered"] if said.startswith("contention")]


def test_a_limit_may_be_without_end(tmp_path: Path) -> None:
    assert invoked(tmp_path, "check", "lamport", "--nodes", "2", "--limit-seconds", "inf").returncode == 0
