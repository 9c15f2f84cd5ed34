"""What lies behind a line of the table: messages by type and by node, what nodes used, and the order of few entries."""

from typing import Any

from mxbench.report.findings import Row
from mxbench.report.text import digits_for, mean_of, printable

MOST_NODES = 12  # with more, counts by node are given as a range


def breakdown(rows: list[Row], configurations: list[list[Row]]) -> str:
    """Return lines for runs of one configuration; nothing for a sweep. A single run is told in more detail."""
    if len(configurations) != 1:
        return ""
    lines = [_by_type(rows)]
    row = rows[0]
    if len(rows) == 1 and 1 < row.get("nodes", 0) <= MOST_NODES and row.get("messages") is not None:
        lines.append(_by_node(row, "sent_by_node", "sent"))
        lines.append(_by_node(row, "received_by_node", "received"))
        spans = []
    else:
        spans = [
            _span(rows, "sent_by_node", "sent", "messages"),
            _span(rows, "received_by_node", "received", "messages"),
        ]
    spans += [
        _span(rows, "cpu_s_by_node", "used", "s of CPU time"),
        _span(rows, "peak_mb_by_node", "held at most", "MB of memory"),
    ]
    if any(spans):
        lines.append(f"each node {', '.join(span for span in spans if span)}")
    if len(rows) == 1:
        lines += [_order(row), _took(row)]
    return "\n".join(line for line in lines if line)


def _by_type(rows: list[Row]) -> str:
    types = {kind: None for row in rows for kind in row.get("messages_by_type") or {}}
    per_entry = {
        kind: mean_of(
            (row.get("messages_by_type") or {}).get(kind, 0) / row["entries"] for row in rows if row.get("entries")
        )
        for kind in types
    }
    counted = [f"{printable(kind)} {mean:.2f}" for kind, mean in per_entry.items() if mean is not None]
    return f"messages per entry by type: {', '.join(counted)}" if counted else ""


def _by_node(row: Row, key: str, verb: str) -> str:
    counts = row.get(key) or []
    if not counts or None in counts:
        return ""
    nodes = row["nodes"]
    # A server of the algorithm sends what is counted, one of the workload, such as a guard, nothing of it.
    each = [f"{node}: {count}" for node, count in enumerate(counts[:nodes])]
    each += [f"server {place}: {count}" for place, count in enumerate(counts[nodes:], nodes) if count]
    return f"messages {verb} by node: {', '.join(each)}; in all {sum(counts)}"


def _order(row: Row) -> str:
    order = row.get("entry_order")
    if not order:
        return ""
    stamped = any(entry["stamp"] for entry in order)
    entries = [f"{entry['node']} at {entry['stamp'][0]}" if entry["stamp"] else str(entry["node"]) for entry in order]
    return f"order of entries (node{' at its clock' * stamped}): {', '.join(entries)}"


def _took(row: Row) -> str:
    wall, duration = row.get("wall_s"), row.get("duration_ms")
    if wall is None or duration is None:
        return ""
    virtual = row.get("engine") == "sim"
    span = f"{duration / 1000:.3f} s from the first event to the last"
    return f"execution time: {wall:.3f} s, {f'in which it simulated {span}' if virtual else f'of which {span}'}"


def _span(rows: list[Row], key: str, verb: str, unit: str) -> str:
    found = [value for row in rows for value in _of_nodes(row, key) if isinstance(value, int | float)]
    if not found:
        return ""
    digits = 0 if all(isinstance(value, int) for value in found) else digits_for(found)
    low, high = f"{min(found):.{digits}f}", f"{max(found):.{digits}f}"
    return f"{verb} {low if low == high else f'{low} to {high}'} {unit}"


def _of_nodes(row: Row, key: str) -> list[Any]:
    """Return what a row tells by node, without what it tells of servers behind them."""
    by_node = row.get(key) or []
    return list(by_node)[: row.get("nodes", len(by_node))]
