"""The command `mxbench show`."""

from typing import Annotated

import typer

from mxbench.commands.damaged import note_damage
from mxbench.commands.telling import Plugins, note, say, standard_output


def show(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A folder of results, such as results/latest.")],
    ledger: Annotated[bool, typer.Option("--ledger", help="The chain of blocks and the balances.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Messages, clocks and entries, in an order of causes.")] = False,
    gantt: Annotated[bool, typer.Option("--gantt", help="Who waited and who was inside, over time.")] = False,
    waits: Annotated[bool, typer.Option("--waits", help="Where the time of each wait went.")] = False,
    report: Annotated[
        str | None, typer.Option(metavar="NAME", help="Any report that 'list reports' shows.", show_default=False)
    ] = None,
    plugin: Plugins = None,
    node: Annotated[
        int | None,
        typer.Option(metavar="N", help="Only what concerns one node (from 0).", show_default=False),
    ] = None,
) -> None:
    """Show a result: its table, or what happened in one of its runs."""
    from mxbench.errors import ResultError
    from mxbench.experiment.results import load_document, load_history, shown_run

    asked = [name for name, wanted in (("ledger", ledger), ("log", log), ("gantt", gantt), ("waits", waits)) if wanted]
    asked += [report] if report else []
    if len(asked) > 1:
        raise ResultError(f"--{asked[0]} and --{asked[1]}: ask for one at a time")
    if not asked:
        from mxbench.report.table import render

        if node is not None:
            raise ResultError("--node goes with --log, --ledger, --gantt, --waits or --report")
        document = load_document(result)
        note_damage([result])
        say(render(document), end="")
        return
    import shutil

    from mxbench.registry import Registry

    run, others = shown_run(result)
    if others:
        note(f"this is {run}; there are {others} more, in the folder beside it")
    history = load_history(run)
    note_damage([result])
    if node is not None and not 0 <= node < history.plan.nodes:
        raise ResultError(f"--node {node}: there is no such node; they are 0 to {history.plan.nodes - 1}")
    # Piped output is not cut to the width of a terminal that is not there.
    width = shutil.get_terminal_size().columns if (out := standard_output()) is not None and out.isatty() else 200
    files = tuple(str(file) for file in plugin or ())
    say(Registry(files).get("reports", asked[0]).cls().render(history, node=node, width=width).rstrip("\n"))
