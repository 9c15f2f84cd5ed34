"""The greatest rates that are sustained, as a table below that of a comparison (mxbench/experiment/saturation.py)."""

from typing import Any

from mxbench.report.text import printable, setting_text, table

HEADERS = ("sustained\nper s", "exceeded at\nper s", "served\nper s", "1 / (Sd + E)\nclaimed")
READING = """\
sustained: the greatest load of all nodes up to which waits do not grow (by over 0.02 s a second) in any run
exceeded: the least at which they do; served: entries a second at the greatest load of the sweep
1 / (Sd + E): what the claimed synchronisation delay and the mean dwell allow"""


def saturation(items: list[dict[str, Any]]) -> str:
    """Return the table, and how it is to be read; nothing where no rate is swept."""
    if not items:
        return ""
    keys = list(items[0]["setting"])
    rows = [
        [
            *(printable(item[key]) for key in ("algorithm", "nodes")),
            *(setting_text(item["setting"].get(key)) for key in keys),
            *map(_rate, (item["sustained_per_s"], item["exceeded_per_s"], item["served_per_s"])),
            _rate(item["claimed_capacity_per_s"]),
        ]
        for item in items
    ]
    headers = ["algorithm", "nodes", *map(printable, keys), *HEADERS]
    return f"{table(headers, rows, 'lr' + 'l' * len(keys) + 'r' * len(HEADERS))}\n\n{READING}"


def _rate(value: float | list[float] | None) -> str | None:
    if isinstance(value, list):
        return " to ".join(f"{bound:.1f}" for bound in value)
    return None if value is None else f"{value:.1f}"
