"""A table as CSV (RFC 4180, with line feeds): numbers as they are, an empty cell for what is not known.

A spreadsheet computes a cell that begins as a formula does, so such a text gets an apostrophe before it. Numbers do
not: -1 is a number.
"""

import csv
import io
from typing import Any

from mxbench.report.export.rows import Table
from mxbench.report.text import printable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are full-width


def render(table: Table) -> str:
    """Return the table as CSV, its column names in the first line."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_cell(name) for name in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    shown = printable(value)
    return f"'{shown}" if value.lstrip(" ").startswith(FORMULA) else shown
