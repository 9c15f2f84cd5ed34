"""Tables of `mxbench bench` that were kept: DIR/benchmarks/bench-<time>.json, the newest last."""

from pathlib import Path
from typing import Any

import msgspec

from mxbench.bench.row import Row
from mxbench.errors import MachineError, ResultError
from mxbench.files import write_whole

FOLDER = "benchmarks"


class Table(msgspec.Struct, kw_only=True):
    """One table, and where it was made (experiment/environment.py)."""

    environment: dict[str, Any]
    noise: float
    rows: list[Row]


def make_ready(results: Path) -> None:
    """Make the folder of the tables, so that one that cannot be is told before anything is measured."""
    try:
        (results / FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"{results / FOLDER}: no table can be kept there: {error.strerror}") from error


def save(table: Table, results: Path) -> Path:
    """Keep a table among the results, and return its file."""
    folder = results / FOLDER
    file = folder / f"bench-{table.environment['time'].partition('+')[0].replace(':', '-')}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, msgspec.json.format(msgspec.json.encode(table), indent=2))
    except OSError as error:
        raise MachineError(f"{file}: the table cannot be kept: {error.strerror}") from error
    return file


def last_two(results: Path) -> tuple[Table, Table]:
    """Return the last table but one and the last; raise ResultError if there are no two."""
    files = sorted((results / FOLDER).glob("bench-*.json"))
    if len(files) < 2:
        raise ResultError(
            f"{results / FOLDER}: {len(files)} tables are kept there, and two are compared; "
            "'mxbench bench' makes one and keeps it"
        )
    before, after = map(load, files[-2:])
    return before, after


def load(file: Path) -> Table:
    """Return a kept table; raise ResultError if the file is none."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Table)
    except OSError as error:
        raise ResultError(f"{file}: cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ResultError(f"{file}: not what mxbench stored there: {error}") from error
