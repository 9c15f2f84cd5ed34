"""The command line. Each command imports what it needs when it runs, so that --help answers at once.

Exit status: 0 all is as expected; 1 a violation, or an `expect` that is not met; 2 the input or a plugin is wrong; 3
undecided, or the machine failed; 130 interrupted.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from mxbench import __version__
from mxbench.errors import MachineError, MxbenchError

INTERRUPTED = 130  # as a shell has it: 128 + SIGINT
KINDS = ("algorithms", "quorum-systems", "workloads", "checkers", "metrics", "reports", "engines", "experiments")

app = typer.Typer(
    name="mxbench",
    help="Run, judge and compare distributed mutual exclusion algorithms, each one a plugin.",
    epilog="Example: mxbench run lamport_bank",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich is slow to import, and wraps and cuts what is piped
)
Plugins = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE.py", help="Load a plugin of one file. May be repeated.", show_default=False),
]


def main() -> NoReturn:
    """Run the command line; a mistake is one line (or one for each) on standard error and an exit status."""
    app()
    sys.exit(0)


def _told(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a sentence and an exit status where it raises what the user is to be told."""

    @functools.wraps(command)
    def telling(*arguments: Any, **options: Any) -> None:
        with _telling():
            command(*arguments, **options)

    return telling


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except MxbenchError as error:
        for line in str(error).splitlines():
            print(f"mxbench: {line}", file=sys.stderr)
        sys.exit(3 if isinstance(error, MachineError) else 2)
    except KeyboardInterrupt as error:
        print(f"mxbench: {error or 'interrupted'}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python flushes once more, and complains
        sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mxbench {__version__}")
        raise typer.Exit


@app.callback()
def _mxbench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: mxbench run lamport_bank --set nodes=5 --set workload.dwell=2ms --repeat 3")
@_told
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
) -> None:
    """Run experiments: was it right, and what did it cost?"""
    from mxbench.experiment.invocation import Interrupted, carry_out, combine, prepare

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended politely, a run is cleaned up as with Ctrl-C
    prepared = [
        prepare(file, set=sets or (), engine=engine, repeat=repeat, seed=seed, plugins=plugin or (),
                break_assumptions=break_assumptions)
        for file in files
    ]  # fmt: skip
    documents: list[dict[str, Any]] = []
    with _progress() as on_progress:
        for experiment in prepared:
            try:
                documents.append(carry_out(experiment, results, on_progress, _note))
            except Interrupted as error:
                documents.append(error.document)
                if as_json:
                    _print_json(combine(documents))
                raise
    if as_json:
        _print_json(combine(documents))
    else:
        from mxbench.report.table import render

        print("\n\n".join(render(document).rstrip("\n") for document in documents))
    raise typer.Exit(combine(documents)["exit_status"])


@app.command(epilog="Example: mxbench show results/latest --log --node 2")
@_told
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
        print(render(load_document(result)), end="")
        return
    import shutil

    from mxbench.registry import Registry

    run, others = shown_run(result)
    if others:
        print(f"mxbench: this is {run}; there are {others} more, in the folder beside it", file=sys.stderr)
    history = load_history(run)
    if node is not None and not 0 <= node < history.plan.nodes:
        raise ResultError(f"--node {node}: there is no such node; they are 0 to {history.plan.nodes - 1}")
    # Piped output is not cut to the width of a terminal that is not there.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    files = tuple(str(file) for file in plugin or ())
    print(Registry(files).get("reports", asked[0]).cls().render(history, node=node, width=width).rstrip("\n"))


@app.command(epilog="Example: mxbench check lamport --requests 1 --network reordering")
@_told
def check(
    algorithm: Annotated[str, typer.Argument(metavar="ALGORITHM", help="A name, or a FILE.py with one algorithm.")],
    nodes: Annotated[
        int | None, typer.Option(metavar="N", help="How many nodes (3, or as many as a list has).", show_default=False)
    ] = None,
    requests: Annotated[str, typer.Option(metavar="R", help="Requests of each node, or a list like 1,1,1,0,0.")] = "2",
    network: Annotated[
        str,
        typer.Option(
            metavar="NET", help="fifo, reordering, duplicating, lossy, crashing; joined by '+', bounded as in lossy:2."
        ),
    ] = "fifo",
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="quorums=NAME or quorums=[[0,1],...].", show_default=False),
    ] = None,
    plugin: Plugins = None,
    limit_states: Annotated[int, typer.Option(metavar="N", help="Give up, undecided, at so many states.")] = 5_000_000,
    limit_seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Give up, undecided, after S seconds.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Try every schedule of an algorithm within a bound: is it right, and if not, what is the shortest way wrong?"""
    from mxbench.commands_check import run_check

    status = run_check(
        algorithm, nodes, requests, network, sets or [], plugin or [], limit_states, limit_seconds, as_json
    )
    raise typer.Exit(status)


@app.command(epilog="Example: mxbench compare results/latest --format github")
@_told
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
    with _progress() as on_progress:
        comparison = compared(*sources, results=results, plugins=plugin or (), on_progress=on_progress)
    print(render(comparison, form, differences), end="")
    raise typer.Exit(comparison["exit_status"])


@app.command("list", epilog="Example: mxbench list algorithms --plugin mine.py")
@_told
def list_plugins(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help=f"One of {', '.join(KINDS)}; all if none is given.", show_default=False),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """List what there is to choose from, and where each comes from."""
    from mxbench.listing import listing

    wanted = KINDS if kind is None else (kind.replace("_", "-"),)
    if wanted[0] not in KINDS:
        from mxbench.errors import ExperimentError
        from mxbench.experiment.document import suggestion

        raise ExperimentError(f"there is no kind '{kind}'{suggestion(kind, KINDS)} (kinds: {', '.join(KINDS)})")
    print(listing(wanted, tuple(map(str, plugin or ()))))


@app.command(epilog="Example: mxbench schema > schema.json")
@_told
def schema(plugin: Plugins = None) -> None:
    """Print the JSON Schema of an experiment file, for editors; shipped experiments name it in their first line."""
    from mxbench.experiment.json_schema import json_schema
    from mxbench.registry import Registry

    _print_json(json_schema(Registry(tuple(map(str, plugin or ())))))


def _note(text: str) -> None:
    print(f"mxbench: {text}", file=sys.stderr)


def _print_json(document: dict[str, Any]) -> None:
    import json

    print(json.dumps(document, indent=2, default=str))


@contextmanager
def _progress() -> Iterator[Any]:
    """Yield what follows the runs on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        yield None
        return
    from mxbench.live import LiveProgress

    with LiveProgress() as live:
        yield live.update
