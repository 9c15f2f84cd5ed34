"""What a plugin does wrong is told alike wherever it runs: with its file and line, as its author's mistake."""

from pathlib import Path

import pytest
from command_line import invoked

GREEDY = """from mxbench import Algorithm, Message, hookimpl
from mxbench.core.distributions import Constant


class Ask(Message):
    clock: int
    names: list[str] = []


class Greedy(Algorithm):
    name = "greedy"

    def on_request(self, request, out):
        ACTION

    def on_release(self, out):
        pass


@hookimpl
def mxbench_algorithms():
    return [Greedy]
"""
EXPERIMENT = "{name: g, algorithm: greedy, nodes: 2, workload: {type: hold, entries_per_node: 1}}"
OF_THE_CLASS, OF_THE_LINE = 10, 14
FAULTS = {
    "a field of another type": (
        "out.broadcast(Ask('one'))",
        OF_THE_CLASS,
        "whose fields are not what its class says: Expected `int`, got `str`",
    ),
    "an item of another type": ("out.broadcast(Ask(1, [2]))", OF_THE_CLASS, "Expected `str`, got `int`"),
    "no bytes": ("out.broadcast(Ask(1 << 70))", OF_THE_CLASS, "which cannot be encoded"),
    "a stamp that is none": (
        "out.enter(stamp=(1,))",
        OF_THE_CLASS,
        "it entered with the stamp (1,); a stamp is (clock, node), two whole numbers of 64 bits",
    ),
    "a stamp of words": ("out.enter(stamp='x')", OF_THE_CLASS, "it entered with the stamp 'x'"),
    "a stamp too large": (
        "out.enter(stamp=(1 << 70, 0))",
        OF_THE_CLASS,
        "two whole numbers of 64 bits",
    ),
    "a message that holds itself": (
        "names = []; names.append(names); out.broadcast(Ask(1, names))",
        OF_THE_CLASS,
        "which cannot be encoded",
    ),
    "a timer without a duration": (
        "out.set_timer('again', 0.5)",
        OF_THE_LINE,
        "it set the timer 'again' to 0.5; a timer has a name and a duration in seconds, such as Constant(0.01)",
    ),
    "a choice among nothing": ("out.choose([])", OF_THE_LINE, "it asked to choose from nothing"),
    "a timer for ever": ("out.set_timer('again', Constant(float('inf')))", OF_THE_LINE, "timer 'again' to Constant("),
    "a timer before now": ("out.set_timer('again', Constant(-1.0))", OF_THE_LINE, "timer 'again' to Constant("),
    "a timer of words": ("out.set_timer('again', Constant('1s'))", OF_THE_LINE, "timer 'again' to Constant("),
    "a timer without a name": ("out.set_timer(5, Constant(0.5))", OF_THE_LINE, "it set the timer 5 to Constant("),
    "an end of everything": ("raise SystemExit(0)", OF_THE_LINE, "SystemExit: 0"),
    "words like ours": (
        "raise ValueError('step 7 of node 1, step 9')",
        OF_THE_LINE,
        "ValueError: step 7 of node 1, step 9 (",
    ),
    "half a character": ("raise ValueError('\\ud800')", OF_THE_LINE, "ValueError: \\ud800"),
}
AT_THE_START = "pass\n\n    def on_start(self, out):\n        out.choose([1, 2])"
WHERE = {
    "check": ("check", "greedy.py", "--nodes", "2", "--requests", "1"),
    "random": ("check", "greedy.py", "--nodes", "2", "--random", "3"),
    "sim": ("run", "greedy.yaml", "--plugin", "greedy.py", "--engine", "sim"),
    "tcp": ("run", "greedy.yaml", "--plugin", "greedy.py", "--engine", "tcp"),
}


@pytest.mark.parametrize("where", WHERE)
def test_a_choice_in_the_first_step_is_told_with_its_line(where: str, tmp_path: Path) -> None:
    """No schedule has that step, so no trace could show what was chosen."""
    (tmp_path / "greedy.py").write_text(GREEDY.replace("ACTION", AT_THE_START))
    (tmp_path / "greedy.yaml").write_text(EXPERIMENT)
    done = invoked(tmp_path, *WHERE[where])
    assert f"greedy.py:{OF_THE_LINE + 3}: it chose in its first step" in done.stdout + done.stderr
    assert done.returncode == (1 if where in ("check", "random") else 2)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_line(fault: str, where: str, tmp_path: Path) -> None:
    action, line, text = FAULTS[fault]
    (tmp_path / "greedy.py").write_text(GREEDY.replace("ACTION", action))
    (tmp_path / "greedy.yaml").write_text(EXPERIMENT)
    done = invoked(tmp_path, *WHERE[where])
    said = done.stdout + done.stderr
    assert f"greedy.py:{line}: " in said
    assert text in said
    assert done.returncode == (1 if where in ("check", "random") else 2)
