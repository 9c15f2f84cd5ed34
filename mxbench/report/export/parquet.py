"""A table as Parquet, through DuckDB (extra `[data]`): whole numbers, broken numbers, booleans, and text for the rest.

DuckDB reads the rows from a file of JSON lines, as its Python interface takes rows one by one and slowly. It is told
to fetch no extension.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mxbench.errors import MachineError, ResultError
from mxbench.report.export.rows import Table

LIMIT = 1 << 63  # of BIGINT
OFFLINE: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
LONGEST_LINE = 1 << 28  # bytes


def render(table: Table) -> bytes:
    """Return the table as the bytes of a Parquet file; raise ResultError where DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        raise ResultError(
            "parquet needs DuckDB, which is not installed: pip install 'mxbench[data]'; or export with --to csv"
        ) from None
    rows = [list(row) for row in table.rows]
    kinds = [_kind([row[at] for row in rows], table.types.get(name)) for at, name in enumerate(table.columns)]
    with TemporaryDirectory(prefix="mxbench-") as folder:
        lines, made = Path(folder) / "rows.json", Path(folder) / "rows.parquet"
        with lines.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({f"c{place}": value for place, value in enumerate(row)}) + "\n")
        # Columns are numbered until the last step, so that no name is part of a statement but as a quoted identifier.
        source = ", ".join(f"'c{place}': '{kind}'" for place, kind in enumerate(kinds))
        named = ", ".join(f"c{place} AS {_quoted(name)}" for place, name in enumerate(table.columns)) or "1 AS nothing"
        read = (
            f"read_json('{_text(lines)}', format = 'newline_delimited', columns = {{{source}}}, "
            f"maximum_object_size = {LONGEST_LINE})"
        )
        try:
            with duckdb.connect(config=OFFLINE) as connection:
                connection.execute("SET threads = 1")  # the rows keep their order, and the bytes are the same
                connection.execute(f"COPY (SELECT {named} FROM {read}) TO '{_text(made)}' (FORMAT parquet)")
        except duckdb.Error as error:
            raise MachineError(f"DuckDB {duckdb.__version__} would not write the table: {error}") from error
        return made.read_bytes()


def _kind(values: list[Any], usual: type | None) -> str:
    kinds = {type(value) for value in values if value is not None} or ({usual} if usual else set())
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int} and all(-LIMIT <= value < LIMIT for value in values if value is not None):
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
