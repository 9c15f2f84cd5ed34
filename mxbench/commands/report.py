"""The command `mxbench report`."""

from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.damaged import note_damage
from mxbench.commands.telling import Plugins, say


def report(
    results: Annotated[
        list[str],
        typer.Argument(metavar="RESULT...", help="Folders of results, such as results/latest; or one scenario."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Where the page goes, if not beside what it shows.", show_default=False),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Write a page that shows a result: verdict, tables, who waited and was inside, messages, ledger.

    It is one file, needs no network, and prints well. Several results are compared on one page. A file is a scenario,
    or what 'mxbench check --json' printed, to go through step by step.
    """
    from mxbench.experiment.index import refresh_index
    from mxbench.report.page.writing import report as written

    file = written(*results, out=out, plugins=plugin or ())
    refresh_index(file)
    note_damage(results)
    say(file)
