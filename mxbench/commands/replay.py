"""The command `mxbench replay`."""

from typing import Annotated

import typer

from mxbench.commands.telling import Plugins


def replay(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A file that 'mxbench check' or 'step' saved.")],
    plugin: Plugins = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Run a saved schedule again on the simulator, step by step: does the violation show?

    Exit status 1 if it does; 0 if all steps were taken and nothing is violated; 3 if the algorithm has changed so that
    a step is no longer possible.
    """
    from mxbench.commands.replay_answer import run_replay

    raise typer.Exit(run_replay(scenario, plugin or [], as_json))
