"""The command `mxbench compare`."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.telling import Plugins, progress


def compare(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="RESULT_OR_FILE...", help="Folders of results; experiments, which are run first."),
    ],
    form: Annotated[
        str, typer.Option("--format", metavar="F", help="plain, github, latex, csv, html or json.")
    ] = "plain",
    differences: Annotated[
        bool, typer.Option("--differences", help="The table of differences alone: by how much, and is it real?")
    ] = False,
    results: Annotated[Path, typer.Option(metavar="DIR", help="Where results of what is run go.")] = Path("results"),
    plugin: Plugins = None,
) -> None:
    """Compare algorithms, settings or results in one table, and tell which differences are real."""
    from mxbench.errors import ExperimentError
    from mxbench.experiment.comparison import compare as compared
    from mxbench.experiment.document import suggestion
    from mxbench.report.comparison import FORMATS, render

    if form not in FORMATS:
        raise ExperimentError(
            f"--format {form}: there is no such format{suggestion(form, FORMATS)} (formats: {', '.join(FORMATS)})"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with progress() as on_progress:
        comparison = compared(*sources, results=results, plugins=plugin or (), on_progress=on_progress)
    print(render(comparison, form, differences), end="")
    raise typer.Exit(comparison["exit_status"])
