"""The author's guide, plugins/README.md: its steps are followed, its code run, its tables compared with the classes."""

import re
from pathlib import Path
from typing import Any

import pytest
from guide import comparable, follow
from heap_loop import HeapLoop
from oracles import assert_right, overlaps, repeated_numbers
from plans import plan, run

import mxbench
from mxbench import hookspecs
from mxbench.commands.new import write_algorithm
from mxbench.conformance.suite import Suite
from mxbench.core.algorithm import Algorithm, Out
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Exponential
from mxbench.loading import load_file
from mxbench.registry import KINDS, Registry
from mxbench.workloads.hold import Hold
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

GUIDE = (Path(__file__).parent.parent / "plugins" / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
STEPS = re.findall(r"```python hello\.py\n(.*?)```", GUIDE, re.DOTALL)
HOOKS = [name for name in vars(hookspecs) if name.startswith("mxbench_")]


def file_with(hook: str, folder: Path) -> str:
    """Write the guide's example of a hook into a file of its own, as a reader would."""
    [code] = [block for block in BLOCKS if f"def {hook}()" in block]
    file = folder / f"{hook}.py"
    file.write_text(code)
    return str(file)


def example(kind: str, name: str, folder: Path) -> Any:
    registry = Registry(files=(file_with(f"mxbench_{kind}", folder),))
    return registry.get(kind, name).cls


def test_every_hook_has_its_heading_in_the_order_of_a_run() -> None:
    assert re.findall(r"^### (\w+)$", GUIDE, re.MULTILINE) == HOOKS == [f"mxbench_{kind}" for kind in KINDS]


def test_the_hooks_that_the_guide_calls_stable_are_the_first_three() -> None:
    said = dict(re.findall(r"^### (\w+)\n\n(Stable|Provisional|Returns)", GUIDE, re.MULTILINE))
    assert [hook for hook in HOOKS if said[hook] == "Stable"] == HOOKS[:3]
    assert [hook for hook in HOOKS if said[hook] == "Provisional"] == [
        "mxbench_properties", "mxbench_reports", "mxbench_engines",
    ]  # fmt: skip


def test_the_tables_name_every_handler_and_every_effect() -> None:
    def named(owner: type, prefix: str = "") -> set[str]:
        return {name for name in dir(owner) if name.startswith(prefix) and not name.startswith("_")}

    assert set(re.findall(r"^\| `(on_\w+)\(", GUIDE, re.MULTILINE)) == named(Algorithm, "on_")
    assert set(re.findall(r"^\| `out\.(\w+)\(", GUIDE, re.MULTILINE)) == {
        name for name in named(Out) if callable(getattr(Out, name))
    }


def step(number: int, folder: Path) -> Path:
    """Write what the guide's file holds after so many steps."""
    file = folder / "hello.py"
    file.write_text(STEPS[number])
    return file


@pytest.mark.slow
def test_every_step_does_what_the_guide_says_and_ends_with_a_green_suite(tmp_path: Path) -> None:
    said = follow(GUIDE, tmp_path)
    assert comparable(said) == comparable(GUIDE), "python tests/guide.py writes the outputs anew"
    assert re.search(r"^14 passed in ", said, re.MULTILINE)
    assert (tmp_path / "hello.py").read_text() == STEPS[-1]


def test_the_first_step_is_what_the_command_writes(tmp_path: Path) -> None:
    plugin, *_ = write_algorithm("hello", tmp_path)
    assert plugin.read_text() == STEPS[0]


@pytest.mark.parametrize(("number", "wrong"), [(0, True), (1, False), (2, True), (3, False)])
def test_a_step_that_is_called_wrong_is_wrong_in_a_run_too(number: int, wrong: bool, tmp_path: Path) -> None:
    cls = load_file(step(number, tmp_path)).Hello
    histories = [run(cls, 3, entries=20, think=Exponential(0.001), seed=seed) for seed in range(5)]
    assert any(overlaps(history) for history in histories) is wrong
    assert any(repeated_numbers(history) for history in histories) is wrong


def test_the_table_of_checks_names_every_check() -> None:
    named = set(re.findall(r"`([a-z-]+)", " ".join(re.findall(r"^\| (`[a-z].*?) \|", GUIDE, re.MULTILINE))))
    for check in Suite(RicartAgrawala).checks():
        assert re.sub(r"n\d$", "n", check.name) in named


def test_the_hub_quorums_work(tmp_path: Path) -> None:
    hub = example("quorum_systems", "hub", tmp_path)()
    for nodes in (1, 2, 5, 8):
        quorums = hub.for_nodes(nodes)
        assert {len(quorum) for quorum in quorums[1:]} <= {2}
        assert_right(run(Maekawa, nodes, quorums=quorums), entries=3 * nodes)


def test_the_property_of_the_guide_is_violated_as_soon_as_three_wait(tmp_path: Path) -> None:
    found = mxbench.check(
        "ricart-agrawala", requests=1, properties=[example("properties", "at-most-two-wait", tmp_path)]
    )
    assert (found["verdict"], found["property"], len(found["trace"])) == ("violated", "at-most-two-wait", 3)


def test_the_workload_counts_its_visits(tmp_path: Path) -> None:
    visits = example("workloads", "visits", tmp_path)
    history = run(RicartAgrawala, 2, entries=3, workload=visits, options={"first": 5})
    assert history.values() == {0: [5, 6, 7], 1: [5, 6, 7]}
    assert_right(history, entries=6)


def test_the_checker_sees_who_never_entered(tmp_path: Path) -> None:
    checker = example("checkers", "everybody-enters", tmp_path)()
    assert checker.check(run(RicartAgrawala, 3)).outcome == "valid"

    class OnlyNodeZero(RicartAgrawala):
        """Lets nobody else in."""

        name = "only-node-zero"

        def enter_if_all_replied(self, out: Out) -> None:
            if self.me == 0:
                super().enter_if_all_replied(out)

    found = checker.check(run(OnlyNodeZero, 3, entries=1))
    assert (found.outcome, found.text) == ("violated", "nodes [1, 2] asked, and never entered")


def test_the_metric_measures_and_has_no_value_where_nothing_was_sent(tmp_path: Path) -> None:
    metric = example("metrics", "busiest", tmp_path)()
    assert metric.measure(run(RicartAgrawala, 4)) == {"busiest_node_share": 0.25}
    assert metric.measure(run(RicartAgrawala, 1)) == {"busiest_node_share": None}


def test_the_report_shows_the_order_of_entries(tmp_path: Path) -> None:
    report = example("reports", "order", tmp_path)()
    history = run(RicartAgrawala, 3, entries=1)
    assert report.render(history) == "0 1 2"
    assert report.render(history, node=1) == "1"


def test_the_engine_is_taken(tmp_path: Path) -> None:
    assert example("engines", "tcp-patient", tmp_path).name == "tcp-patient"


def test_the_sentence_about_a_breach_is_what_an_author_sees(tmp_path: Path) -> None:
    file = step(0, tmp_path)
    file.write_text(file.read_text().replace("out.enter()\n", f"out.enter()\n{ENTERS_AGAIN}"))
    hello = load_file(file).Hello
    loop = HeapLoop(plan(hello, 1), hello, Hold)
    with pytest.raises(ContractBreach) as error:
        loop.run()
    said = str(loop.places[0].node.blame(error.value))
    assert said.replace(str(file), "hello.py") in GUIDE
    assert "node 0, step 4" in said


ENTERS_AGAIN = """
    def on_release(self, out: Out) -> None:
        out.enter()
"""
