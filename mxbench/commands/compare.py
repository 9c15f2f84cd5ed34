"""The command `mxbench compare`."""

from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.damaged import note_damage, note_unfinished
from mxbench.commands.telling import Plugins, end_as_with_ctrl_c, progress, say


def compare(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RESULT_OR_FILE...",
            help="Folders of results; experiments, which are run first. With --theory, the shipped 'theory' if none.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="F", help="plain, github, latex, csv, html or json.")
    ] = "plain",
    differences: Annotated[
        bool, typer.Option("--differences", help="The table of differences alone: by how much, and is it real?")
    ] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="K=V", help="Only settings with that value, such as nodes=9. May be repeated.", show_default=False
        ),
    ] = None,
    theory: Annotated[
        bool, typer.Option("--theory", help="What algorithms claim beside what was measured, and how costs grow.")
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
    end_as_with_ctrl_c()
    if theory:
        if differences or where:
            raise ExperimentError(
                f"--theory and {'--differences' if differences else '--where'}: ask for one at a time"
            )
        raise typer.Exit(_theory(sources or ["theory"], form, results, plugin))
    note_damage(sources or ())  # now: what runs for this makes folders, which may have the name of a source
    note_unfinished(sources or ())
    with progress() as on_progress:
        comparison = compared(*sources or (), results=results, plugins=plugin or (), on_progress=on_progress,
                              where=where or ())  # fmt: skip
    say(render(comparison, form, differences), end="")
    raise typer.Exit(comparison["exit_status"])


def _theory(sources: list[str], form: str, results: Path, plugin: list[Path] | None) -> int:
    """Print claims beside measurements; return 1 if one does not hold, else the status of what was run for it."""
    from mxbench.experiment.comparison import gather
    from mxbench.experiment.theory import theory
    from mxbench.report.theory import render

    note_damage(sources)
    note_unfinished(sources)
    with progress() as on_progress:
        loaded, status = gather(*sources, results=results, plugins=plugin or (), on_progress=on_progress)
    document = theory(loaded)
    say(render(document, form), end="")
    return status or int(not document["holds"])
