"""The command `mxbench step`."""

from typing import Annotated

import typer

from mxbench.commands.telling import Plugins


def step(
    algorithm: Annotated[str, typer.Argument(metavar="ALGORITHM", help="A name, or a FILE.py with one algorithm.")],
    nodes: Annotated[
        int | None, typer.Option(metavar="N", help="How many nodes (3, or as many as a list has).", show_default=False)
    ] = None,
    requests: Annotated[str, typer.Option(metavar="R", help="Requests of each node, or a list like 1,1,0.")] = "1",
    network: Annotated[str, typer.Option(metavar="NET", help="fifo or reordering; all else you do yourself.")] = "fifo",
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="As of 'mxbench check'.", show_default=False),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Take an algorithm through a schedule by hand: you choose the next step, see each node's state, and can go back.

    Commands are read from standard input, a line each; 'help' lists them.
    """
    from mxbench.commands.check_answer import Asked
    from mxbench.commands.stepper import step_through

    step_through(
        Asked(algorithm=algorithm, nodes=nodes, requests=requests, network=network, sets=tuple(sets or ()),
              plugins=tuple(plugin or ()))
    )  # fmt: skip
