"""The command `mxbench run`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from mxbench.commands.telling import INTERRUPTED, Plugins, end_as_with_ctrl_c, note, progress, say, say_json
from mxbench.errors import MxbenchError


def run(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="A path, a shipped experiment's name, or a result to run again."),
    ],
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="K=V", help="Set a key, such as workload.dwell=2ms. May be repeated.", show_default=False
        ),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="E", help="What carries the runs out.", show_default=False)
    ] = None,
    repeat: Annotated[int | None, typer.Option(metavar="N", help="Runs of each setting.", show_default=False)] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", help="The seed of the first run.", show_default=False)
    ] = None,
    results: Annotated[Path, typer.Option(metavar="DIR", help="Where results go.")] = Path("results"),
    plugin: Plugins = None,
    break_assumptions: Annotated[
        bool, typer.Option("--break-assumptions", help="Run outside what the algorithm assumes, and mark the result.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No live view and no notes: the result alone.")] = False,
) -> None:
    """Run experiments: was it right, and what did it cost?"""
    from mxbench.experiment.invocation import Interrupted, carry_out, combine, prepare

    end_as_with_ctrl_c()
    prepared = [
        prepare(file, set=sets or (), engine=engine, repeat=repeat, seed=seed, plugins=plugin or (),
                break_assumptions=break_assumptions)
        for file in files
    ]  # fmt: skip
    documents: list[dict[str, Any]] = []
    try:
        with progress(quiet) as on_progress:
            for number, experiment in enumerate(prepared, 1):
                told = on_progress and partial(on_progress, experiment=(number, len(prepared)))
                documents.append(carry_out(experiment, results, told, None if quiet else note))
    except (Interrupted, MxbenchError) as error:  # what ended before is told all the same
        ended = [*documents, error.document] if as_json and isinstance(error, Interrupted) else documents
        if ended:
            _tell(ended, as_json)
        raise
    _tell(documents, as_json)
    raise typer.Exit(combine(documents)["exit_status"])


def _tell(documents: list[dict[str, Any]], as_json: bool) -> None:
    from mxbench.experiment.invocation import combine

    if as_json:
        whole = combine(documents)
        say_json(whole | {"exit_status": INTERRUPTED} if whole["interrupted"] else whole)
    else:
        from mxbench.report.table import render

        say("\n\n".join(render(document).rstrip("\n") for document in documents))
