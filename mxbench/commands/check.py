"""The command `mxbench check`."""

from typing import Annotated

import typer

from mxbench.commands.telling import Plugins


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
    from mxbench.commands.check_answer import run_check

    status = run_check(
        algorithm, nodes, requests, network, sets or [], plugin or [], limit_states, limit_seconds, as_json
    )
    raise typer.Exit(status)
