"""The runs of a result as a table: a row a run, and a column for each field of `run --json`.

A field within a field is named with a point: 'wait_ms.mean', 'setting.workload.dwell', 'findings.mutual exclusion' (its
outcome). Lists are JSON. Sentences and evidence stay in summary.json, and so does the list of what was expected.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

ELSEWHERE = ("expectations", "entry_order")


class Table(NamedTuple):
    """Named columns and rows of plain values: text, whole and broken numbers, true and false, or None.

    types: of columns that have one also where every value is None.
    """

    columns: list[str]
    rows: Iterable[list[Any]]
    types: Mapping[str, type] = MappingProxyType({})


def run_table(document: dict[str, Any]) -> Table:
    """Return the table of a document as `results.load_document` gives it; what a run does not tell is None."""
    flat = [dict(_flat(row)) for row in document.get("runs") or ()]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    return Table(columns, [[row.get(name) for name in columns] for row in flat])


def as_json(value: Any) -> str:
    """Return plain data as JSON in ASCII, bytes in hexadecimal."""
    return _ENCODER.encode(value)


def _flat(row: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        name = f"{above}{key}"
        if not above and key in ELSEWHERE:
            continue
        if not above and key == "findings":
            yield from ((f"findings.{finding['property']}", finding["outcome"]) for finding in value or ())
        elif isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield name, as_json(value) if isinstance(value, list | tuple) else value


def _told(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, default=_told)  # json.dumps makes one each time
