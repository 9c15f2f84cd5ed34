"""What `mxbench list` prints: every plugin by kind, with its origin and the first line of what it says of itself."""

from collections.abc import Iterable

from tabulate import tabulate

from mxbench.registry import Registry


def listing(kinds: Iterable[str], files: tuple[str, ...] = ()) -> str:
    """Return a table for each kind; `files` are plugins of one file to be listed too."""
    kinds = tuple(kinds)
    not_plugins = {"topologies": _topologies, "experiments": _experiments}
    rows = {kind: not_plugins[kind]() if kind in not_plugins else None for kind in kinds}
    registry = Registry(files)
    parts = []
    for kind in kinds:
        found = rows[kind] or [
            (known.name, known.ref.file or known.origin, _first_line(known.cls))
            for known in registry.all(kind.replace("-", "_")).values()
        ]
        table = tabulate(
            found, headers=(kind.replace("-", " "), "origin", ""), tablefmt="simple", disable_numparse=True
        )
        parts.append("\n".join(line.rstrip() for line in table.splitlines()))
    return "\n\n".join(parts)


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().partition("\n")[0]


def _topologies() -> list[tuple[str, str, str]]:
    from mxbench.core.topologies import TOPOLOGIES

    return [(name, "built in", (shape.__doc__ or "").partition("\n")[0]) for name, shape in TOPOLOGIES.items()]


def _experiments() -> list[tuple[str, str, str]]:
    from mxbench.errors import ExperimentError
    from mxbench.experiment.finding import shipped
    from mxbench.experiment.source import read

    found = []
    for name, file in shipped().items():
        try:
            question = str(read(file).data.get("question", ""))
        except ExperimentError as error:
            question = str(error)
        found.append((name, "built in", question))
    return found
