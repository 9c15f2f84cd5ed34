"""The command line. Each command imports what it needs when it runs, so that --help answers at once.

Exit status: 0 all is as expected; 1 a violation, or an `expect` that is not met; 2 the input or a plugin is wrong; 3
undecided, or the machine failed; 130 interrupted.
"""

from typing import Annotated

import typer

from mxbench import __version__
from mxbench.commands.bench import bench
from mxbench.commands.check import check
from mxbench.commands.compare import compare
from mxbench.commands.export import export
from mxbench.commands.figure import figure
from mxbench.commands.grade import grade
from mxbench.commands.list_plugins import list_plugins
from mxbench.commands.new import new
from mxbench.commands.parameters import Command, Group
from mxbench.commands.replay import replay
from mxbench.commands.report import report
from mxbench.commands.run import run
from mxbench.commands.schema import schema
from mxbench.commands.show import show
from mxbench.commands.step import step
from mxbench.commands.telling import told

app = typer.Typer(
    name="mxbench",
    cls=Group,
    help="Run, judge and compare distributed mutual exclusion algorithms, each one a plugin.",
    epilog="Example: mxbench run lamport_bank",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich is slow to import, and wraps and cuts what is piped
)


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


COMMANDS = (  # in the order of --help, each with what it is for, no longer than fits there, and an example
    ("run", run, "Run experiments: was it right, and what did it cost?",
     "mxbench run lamport_bank --set nodes=5 --set workload.dwell=2ms --repeat 3"),
    ("show", show, "Show a result: its table, or what happened in one of its runs.",
     "mxbench show results/latest --log --node 2"),
    ("check", check, "Try every schedule within a bound: is an algorithm right?",
     "mxbench check lamport --requests 1 --network reordering"),
    ("step", step, "Take an algorithm through a schedule by hand.",
     "mxbench step ricart-agrawala --nodes 3 --requests 1"),
    ("replay", replay, "Run a saved schedule again, step by step.",
     "mxbench replay results/scenarios/lamport-mutual-exclusion.yaml"),
    ("compare", compare, "Compare algorithms, settings or results in one table.",
     "mxbench compare results/latest --format github"),
    ("report", report, "Write a page that shows a result or a counterexample.", "mxbench report results/latest"),
    ("figure", figure, "Draw a figure for a paper: PDF, SVG or PNG.",
     "mxbench figure results/latest --kind wait-cdf --out waits.pdf"),
    ("export", export, "Write a result for other programs: CSV, Parquet, LaTeX, ...",
     "mxbench export results/latest --to chrome --out trace.json"),
    ("grade", grade, "Grade a course's submissions, none of which is trusted.",
     "mxbench grade submissions --rubric rubric.yaml"),
    ("bench", bench, "Measure what mxbench costs on this machine.", "mxbench bench --only tcp-10 --only spin"),
    ("new", new, "Write an algorithm to begin with, its test and an experiment.", "mxbench new algorithm hello"),
    ("list", list_plugins, "List what there is to choose from, and where it comes from.",
     "mxbench list algorithms --plugin mine.py"),
    ("schema", schema, "Print the JSON Schema of an experiment file.", "mxbench schema > schema.json"),
)  # fmt: skip
for _name, _command, _short, _example in COMMANDS:
    app.command(_name, cls=Command, short_help=_short, epilog=f"Example: {_example}")(told(_command))
