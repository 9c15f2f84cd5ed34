"""What a command makes of what is typed is what typer makes of it, and pydantic is loaded where it is needed alone."""

import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from mxbench.cli import COMMANDS
from mxbench.commands.parameters import Command

LINES = [
    "list", "list algorithms", "list quorums -n 5 --failure-rate 0.2 --plugin a.py --plugin b.py",
    "run a", "run a b --set x=1 --set y=2 --repeat 3 --results here --json --plugin a.py", "run a --results=",
    "show a --node 2 --log", "check lamport", "check lamport --seed 0 --requests 1,2 --set a=1 --save x.yaml",
    "step lamport --nodes 2", "replay a.yaml", "compare a b --format github", "compare a",
    "report a", "report a --out b.html", "figure a --kind waits --out x.pdf", "export a", "schema",
    "grade a --rubric b --seed 3", "bench", "bench compare", "bench --only tcp-10 --only spin",
    "new algorithm x", "new algorithm x --into y",
]  # fmt: skip
MISTAKES = [
    "run", "run a --repeat x", "run a --nothing", "list a b", "list -n x", "check lamport --seed=-1", "grade a",
    "bench nothing", "new", "show",
]  # fmt: skip
IS_LOADED = """
import sys
from mxbench.cli import app
app(sys.argv[1:], standalone_mode=False)
print('pydantic' in sys.modules)
"""


def application(name: str, kind: type[TyperCommand]) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name, cls=kind)(next(command for known, command, *_ in COMMANDS if known == name))
    return app


def values(kind: type[TyperCommand], line: str) -> dict[str, Any]:
    name, *typed = line.split()
    return typer.main.get_command(application(name, kind)).make_context(name, typed).params


@pytest.mark.parametrize("line", LINES)
def test_the_values_are_those_of_typer(line: str) -> None:
    ours, theirs = values(Command, line), values(TyperCommand, line)
    assert ours == theirs
    assert list(map(type, ours.values())) == list(map(type, theirs.values()))


def _with_a_parser(word: Annotated[str, typer.Option(parser=str.upper)] = "a") -> None: ...
def _with_a_pair(pair: Annotated[tuple[int, str] | None, typer.Option()] = None) -> None: ...
def _from_the_environment(words: Annotated[list[str] | None, typer.Option(envvar="MXBENCH_WORDS")] = None) -> None: ...


@pytest.mark.parametrize("typed", [[], ["--word", "b"], ["--pair", "1", "b"], ["--words", "c"]])
@pytest.mark.parametrize("command", [_with_a_parser, _with_a_pair, _from_the_environment])
def test_values_of_parameters_that_no_shipped_command_has(
    command: Callable[..., None], typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MXBENCH_WORDS", "a b")
    found = []
    for kind in (Command, TyperCommand):
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(cls=kind)(command)
        context = typer.main.get_command(app).make_context(
            "x", list(typed), ignore_unknown_options=True, allow_extra_args=True
        )
        found.append(context.params)
    assert found[0] == found[1]


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_as_by_typer(line: str) -> None:
    name, *typed = line.split()
    ours, theirs = (CliRunner().invoke(application(name, kind), typed) for kind in (Command, TyperCommand))
    assert (ours.exit_code, ours.stderr) == (theirs.exit_code, theirs.stderr)
    assert ours.exit_code == 2


@pytest.mark.parametrize("typed", [["list"], ["--version"]])
def test_pydantic_is_not_loaded_where_there_is_nothing_to_convert(typed: list[str]) -> None:
    command = [sys.executable, "-c", IS_LOADED, *typed]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False"
