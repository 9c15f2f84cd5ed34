"""The command `mxbench list`."""

from typing import Annotated

import typer

from mxbench.commands.telling import Plugins

KINDS = ("algorithms", "quorum-systems", "workloads", "checkers", "metrics", "reports", "engines", "experiments")


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
