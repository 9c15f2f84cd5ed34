"""The command `mxbench figure`."""

from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.damaged import note_damage, note_unfinished
from mxbench.commands.telling import say


def figure(
    results: Annotated[
        list[str], typer.Argument(metavar="RESULT...", help="Folders of results, such as results/latest.")
    ],
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="wait-cdf, response-cdf, sync-delay, messages-by-type, load-by-node, throughput, fairness; or sweep: "
            "a measure over what was swept.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="FILE.pdf, FILE.svg or FILE.png.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Only settings with this, as nodes=9. May be repeated.", show_default=False
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="M",
            help="Of a sweep: messages_per_entry (the default), wait_ms.mean, entries_per_s, ...",
            show_default=False,
        ),
    ] = None,
    over: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of a sweep: what goes along the axis.", show_default=False)
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Logarithmic axes for values.")] = False,
    theme: Annotated[str, typer.Option(metavar="T", help="light or dark.")] = "light",
    width: Annotated[str, typer.Option(metavar="W", help="column (of two), or page.")] = "column",
) -> None:
    """Draw a figure for a paper: PDF, SVG or PNG, in colours that the colour-blind tell apart and grey paper too.

    A sweep has a confidence band for each line, and dots where the claim of the algorithm lies.
    """
    from mxbench.report.figure.writing import figure as drawn

    file = drawn(*results, kind=kind, out=out, where=where or (), measure=measure, over=over, log=log, theme=theme,
                 width=width)  # fmt: skip
    note_damage(results)
    note_unfinished(results)
    say(file)
