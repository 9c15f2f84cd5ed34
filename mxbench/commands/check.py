"""The command `mxbench check`."""

from pathlib import Path
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
        typer.Option(
            "--set",
            metavar="K=V",
            help="quorums=NAME or [[0,1],...], topology=NAME, holder=N, server=true, k=N.",
            show_default=False,
        ),
    ] = None,
    plugin: Plugins = None,
    limit_states: Annotated[
        int, typer.Option(metavar="N", min=1, help="Give up, undecided, at so many states.")
    ] = 20_000_000,
    limit_seconds: Annotated[
        float | None, typer.Option(metavar="S", min=0, help="Give up, undecided, after S seconds.", show_default=False)
    ] = None,
    limit_memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Give up, undecided, at so much memory, like 2GB (60 % of the machine's).",
            show_default=False,
        ),
    ] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            metavar="NAME",
            help="Judge this too; 'mxbench list properties' shows all.",
            show_default=False,
        ),
    ] = None,
    no_forget: Annotated[
        bool, typer.Option("--no-forget", help="Tell states apart even by what the algorithm says no step reads.")
    ] = False,
    random: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Try N schedules at random instead, for more nodes than can be searched; never 'valid'.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Of the random schedules.")] = 1,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where a counterexample goes (results/scenarios/ALGORITHM-PROPERTY.yaml).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Try every schedule of an algorithm within a bound: is it right, and if not, what is the shortest way wrong?"""
    from mxbench.commands.check_answer import Asked, run_check

    asked = Asked(
        algorithm=algorithm, nodes=nodes, requests=requests, network=network, sets=tuple(sets or ()),
        plugins=tuple(plugin or ()), limit_states=limit_states, limit_seconds=limit_seconds, random=random, seed=seed,
        save=save, as_json=as_json, limit_memory=limit_memory, properties=tuple(properties or ()),
        forget=not no_forget,
    )  # fmt: skip
    raise typer.Exit(run_check(asked))
