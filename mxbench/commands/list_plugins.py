"""The command `mxbench list`."""

from typing import Annotated

import typer

from mxbench.commands.telling import Plugins, say

KINDS = (
    "algorithms", "quorum-systems", "topologies", "workloads", "checkers", "metrics", "properties", "reports",
    "engines", "experiments",
)  # fmt: skip
FAILURE_RATE = 0.1


def list_plugins(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help=f"One of {', '.join(KINDS)}; all if none is given.", show_default=False),
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option("-n", "--nodes", help="With quorums: compare the systems for so many nodes.", show_default=False),
    ] = None,
    failure_rate: Annotated[
        float | None,
        typer.Option(
            metavar="P", help=f"With -n: how likely a node is down; {FAILURE_RATE} if not given.", show_default=False
        ),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """List what there is to choose from, and where each comes from; 'list quorums -n 13' compares quorum systems."""
    from mxbench.errors import ExperimentError

    files = tuple(map(str, plugin or ()))
    wanted = KINDS if kind is None else ("quorum-systems" if kind == "quorums" else kind.replace("_", "-"),)
    if wanted[0] not in KINDS:
        from mxbench.experiment.document import suggestion

        raise ExperimentError(f"there is no kind '{kind}'{suggestion(kind, KINDS)} (kinds: {', '.join(KINDS)})")
    if nodes is None and failure_rate is None:
        from mxbench.listing import listing

        say(listing(wanted, files))
        return
    if wanted != ("quorum-systems",):
        raise ExperimentError("-n and --failure-rate go with 'mxbench list quorums'")
    if nodes is None:
        raise ExperimentError("--failure-rate goes with a number of nodes, as in 'mxbench list quorums -n 13'")
    from mxbench.quorum_table import quorum_table

    say(quorum_table(nodes, FAILURE_RATE if failure_rate is None else failure_rate, files))
