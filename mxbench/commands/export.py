"""The command `mxbench export`."""

from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.damaged import note_damage, note_unfinished
from mxbench.commands.telling import note, say


def export(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A folder of results, such as results/latest.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="csv, parquet, latex, chrome or mermaid.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it goes; else text is printed, and Parquet goes into the result.",
            show_default=False,
        ),
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="The events of one run instead of a row a run (csv, parquet).")
    ] = False,
) -> None:
    """Write a result for other programs: its rows, a table for a paper, or one run's events as a trace or a diagram.

    A chrome trace opens in Perfetto (ui.perfetto.dev): sections as slices, messages as arrows. A Mermaid diagram is for
    small runs.
    """
    from mxbench.report.export.writing import exported, save

    made = exported(result, to, events)
    if made.left:
        note(f"this is {made.folder}; there are {made.left} more, in the folder beside it")
    if made.missing:
        note(made.missing)
    note_damage([result])
    note_unfinished([result])
    if out is None and to != "parquet":
        say(made.data.decode(), end="")
        return
    say(save(made, out if out is not None else made.folder / made.name))
