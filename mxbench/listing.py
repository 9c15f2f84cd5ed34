"""What `mxbench list` prints: every plugin by kind, with its origin and the first line of what it says of itself."""

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from mxbench.algorithm_table import HEADERS as ALGORITHM_HEADERS
from mxbench.algorithm_table import algorithm_rows
from mxbench.registry import SHIPPED, Registry


def listing(kinds: Iterable[str], files: tuple[str, ...] = ()) -> str:
    """Return a table for each kind; `files` are plugins of one file to be listed too."""
    kinds = tuple(kinds)
    not_plugins = {"topologies": _topologies, "experiments": _experiments}
    rows = {kind: not_plugins[kind]() if kind in not_plugins else None for kind in kinds}
    registry = Registry(files)
    parts = []
    for kind in kinds:
        if kinds == ("algorithms",):
            rows_of = algorithm_rows(registry.all(kind).values())
            origins = [known.ref.file or known.origin for known in registry.all(kind).values()]
            table = [(*row, origin) for row, origin in zip(rows_of, origins, strict=True)]
            return _table(table, (*ALGORITHM_HEADERS, "origin"))
        found = rows[kind] or [
            (known.name, known.ref.file or known.origin, _first_line(known.cls))
            for known in registry.all(kind.replace("-", "_")).values()
        ]
        parts.append(_table(found, (kind.replace("-", " "), "origin", "")))
    return "\n\n".join(parts)


def _table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    table = tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True)
    return "\n".join(line.rstrip() for line in table.splitlines())


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().partition("\n")[0]


def _topologies() -> list[tuple[str, str, str]]:
    from mxbench.core.topologies import TOPOLOGIES

    return [(name, SHIPPED, (shape.__doc__ or "").partition("\n")[0]) for name, shape in TOPOLOGIES.items()]


def _experiments() -> list[tuple[str, str, str]]:
    from mxbench.experiment.finding import shipped

    return [(name, SHIPPED, _question(file.read_text(encoding="utf-8"))) for name, file in shipped().items()]


def _question(text: str) -> str:
    """Return what a shipped experiment asks, in one line of plain text, as a test holds: to read them all as YAML would
    take a quarter of the command."""
    key = "question: "
    return next((line.removeprefix(key) for line in text.splitlines() if line.startswith(key)), "")
