"""The command `mxbench bench`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.telling import note, say, say_json


class What(StrEnum):
    """What `bench` does: measure the table, compare the last two, or show how costs grow."""

    table = "table"
    compare = "compare"
    scale = "scale"


def bench(
    what: Annotated[
        What, typer.Argument(help="table: measure; compare: the last two tables; scale: how costs grow with n.")
    ] = What.table,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Measure this alone, and longer. May be repeated.", show_default=False
        ),
    ] = None,
    results: Annotated[Path, typer.Option(metavar="DIR", help="Tables are kept in DIR/benchmarks.")] = Path("results"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Measure what mxbench costs on this machine, beside programs that do the same work with nothing around it.

    It takes under two minutes. Read the ratios: times of a shared machine mean little. That an aim is not met is no
    failure.
    """
    if what is What.table:
        _table(only or [], results, as_json)
    elif what is What.compare:
        _compare(results, as_json)
    else:
        _scale(as_json)


def _table(only: list[str], results: Path, as_json: bool) -> None:
    import msgspec

    from mxbench.bench.cases import run_cases
    from mxbench.bench.saved import Table, make_ready, save
    from mxbench.bench.table import render
    from mxbench.experiment.environment import environment

    make_ready(results)
    made_in = environment()
    with _status() as begin:
        noise, rows = run_cases(only, begin)
    table = Table(environment=made_in, noise=noise, rows=rows)
    if as_json:
        say_json(msgspec.to_builtins(table))
    else:
        say(render(rows, noise, made_in), end="")
    note(f"kept in {save(table, results)}; 'mxbench bench compare' shows what has changed since the table before it")


def _compare(results: Path, as_json: bool) -> None:
    import msgspec

    from mxbench.bench.saved import last_two
    from mxbench.bench.table import render_changes

    before, after = last_two(results)
    if as_json:
        say_json({"before": msgspec.to_builtins(before), "after": msgspec.to_builtins(after)})
    else:
        say(render_changes(before.rows, after.rows), end="")


def _scale(as_json: bool) -> None:
    from mxbench.bench.scale import measured, render

    with _status() as begin:
        curves = measured(begin)
    if as_json:
        say_json({"curves": curves})
    else:
        say(render(curves), end="")


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """Yield what tells, on a terminal, what is measured now."""
    if not sys.stderr.isatty():
        yield lambda what: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda what: status.update(f"measuring: {what}")
