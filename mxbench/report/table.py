"""The table of an experiment: what `run` prints at its end, and `show` without a flag.

It answers in this order: what was asked, what each run measured, what was checked and found, what went wrong, and the
verdict with what to type next. It reads the document of `run --json`, so nothing is said that is not in there. A row
may tell, as `setting`, what a sweep set in it, by dotted key; each such key becomes a column.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from mxbench.core.verdict import SEVERITY
from mxbench.report.breakdown import breakdown
from mxbench.report.findings import Row, claim, common_claim, findings, remarks
from mxbench.report.text import digits_for, mean_of, printable, setting_text, several, table

MOST_LINES = 12  # more runs than this, and the repeats of one configuration share a line
IDENTITY = (
    "experiment", "algorithm", "quorum_system", "topology", "algorithm_servers", "k", "engine", "workload", "nodes",
    "setting",
)  # fmt: skip
FIELD_OF = {"algorithm.quorums": "quorum_system", "algorithm.topology": "topology", "algorithm.k": "k"}


class Column(NamedTuple):
    """A column: its header, the side it is aligned to, what it shows of a run, and the digits behind the point.

    digits: None for text; -1 for as many as the largest number of the column leaves room for. common: the text for
    several runs, None where they have none in common and each text is shown with how often it occurs.
    """

    header: str
    side: str
    value: Callable[[Row], Any]
    digits: int | None = None
    common: Callable[[Sequence[Row]], str | None] = lambda rows: None


def render(document: dict[str, Any]) -> str:
    """Return the text for a document of `run --json`; fields that a row lacks show as '-'."""
    rows: list[Row] = document.get("runs") or []
    parts = [printable(document.get("question") or document.get("name") or "")]
    if rows:
        configurations = _configurations(rows)
        parts += [_subject(rows), _table(rows, configurations)]
        parts += [findings(rows), remarks(rows), breakdown(rows, configurations)]
    else:
        parts.append("no run has ended")
    return "\n\n".join(part for part in [*parts, _last_line(document, rows)] if part) + "\n"


# ---- the measurements -----------------------------------------------------------------------------------------------


def _configurations(rows: list[Row]) -> list[list[Row]]:
    """Return the rows in lists of repeats: those of one setting, as far as rows tell, each repeat once."""
    found: list[list[Row]] = []
    for row in rows:
        for group in found:
            alike = all(row.get(key) == group[0].get(key) for key in IDENTITY)
            if alike and row.get("repeat") not in [other.get("repeat") for other in group]:
                group.append(row)
                break
        else:
            found.append([row])
    return found


def _subject(rows: list[Row]) -> str:
    """Return what all runs have in common and the table need not repeat."""
    workload, engine = _same(rows, "workload"), _same(rows, "engine")
    said = [f"workload {printable(workload)}"] * bool(workload) + [f"engine {printable(engine)}"] * bool(engine)
    said.append(several(len(rows), "run"))
    quorums = _same(rows, "quorum_system")
    return ", ".join(said + [f"{printable(quorums)} quorums"] * bool(quorums))


def _same(rows: Iterable[Row], key: str) -> Any:
    values = [row.get(key) for row in rows]
    return values[0] if all(value == values[0] for value in values) else None


def _table(rows: list[Row], configurations: list[list[Row]]) -> str:
    merged = len(rows) > MOST_LINES and len(configurations) < len(rows)
    lines = configurations if merged else [[row] for row in rows]
    columns = _columns(rows, merged)
    decided = _decided(rows)
    averaged = not merged and len(configurations) == 1 < len(rows) and bool(decided)
    shown = lines + [rows] * averaged
    # A run's own line is what it measured, whatever became of it; a mean is of runs that came to their end.
    counted = (list(map(_decided, lines)) if merged else lines) + [decided] * averaged
    body = [list(line) for line in zip(*(_column_texts(column, shown, counted) for column in columns), strict=True)]
    if averaged:
        body[-1] = [cell if column.digits is not None else "" for cell, column in zip(body[-1], columns, strict=True)]
        body[-1][0] = f"mean of {len(decided)}"
    text = table([column.header for column in columns], body, "".join(c.side for c in columns))
    if not merged:
        return text
    some_left_out = len(decided) < len(rows)
    return f"{text}\neach line is the mean of its runs{' that were not undecided' * some_left_out}"


def _columns(rows: list[Row], merged: bool) -> list[Column]:
    identity = [Column("algorithm", "l", _at("algorithm"))]
    for key, header in (
        ("experiment", "experiment"), ("quorum_system", "quorums"), ("topology", "topology"),
        ("algorithm_servers", "servers"), ("k", "k"), ("workload", "workload"), ("engine", "engine"),
    ):  # fmt: skip
        if _varies(rows, key):
            identity.append(Column(header, "l", _at(key)))
    if any(_holder(row) != _holder(rows[0]) for row in rows):
        identity.append(Column("holder", "l", _holder))
    for key in {key: None for row in rows for key in row.get("setting") or {}}:
        if key not in ("algorithm", "nodes", "engine", "workload.type") and not _told_by_a_field(rows, key):
            identity.append(Column(printable(key), "l", _at("setting", key)))
    saturated = [Column("saturated\nper entry", "r", _at("saturated_messages_per_entry"), 2)]
    return [
        *identity,
        Column("nodes", "r", _at("nodes")),
        Column("runs", "r", _at("seed"), common=_count) if merged else Column("seed", "r", _at("seed")),
        Column("entries", "r", _at("entries"), 0),
        Column("messages\nper entry", "r", _at("messages_per_entry"), 2),
        *saturated * any(row.get("claim_regime") == "saturated" for row in rows),
        Column("claimed", "r", claim, common=common_claim),
        Column("ratio", "r", _at("claim_ratio"), 2),
        Column("wait ms\np50", "r", _at("wait_ms", "p50"), -1),
        Column("wait ms\np99", "r", _at("wait_ms", "p99"), -1),
        Column("sync ms\nmean", "r", _at("sync_delay_ms", "mean"), -1),
        Column("entries\nper s", "r", _at("entries_per_s"), -1),
        *[Column("sustained", "l", _sustained)] * any(row.get("sustained") is not None for row in rows),
        Column("verdict", "l", _verdict),
    ]


def _count(rows: Sequence[Row]) -> str:
    return str(len(rows))


def _varies(rows: list[Row], key: str) -> bool:
    return any(row.get(key) != rows[0].get(key) for row in rows)


def _holder(row: Row) -> Any:
    """Return where the token starts, None unless it was chosen together with the algorithm; no field tells it."""
    algorithm = (row.get("setting") or {}).get("algorithm")
    return algorithm.get("holder") if isinstance(algorithm, dict) else None


def _told_by_a_field(rows: list[Row], key: str) -> bool:
    """Return whether a column of the rows' own shows what a sweep set: then that is not shown twice."""
    field, set_to = FIELD_OF.get(key, ""), [(row.get("setting") or {}).get(key) for row in rows]
    same = all(value in (None, row.get(field)) for value, row in zip(set_to, rows, strict=True))
    return bool(field) and _varies(rows, field) and same


def _at(key: str, inner: str | None = None) -> Callable[[Row], Any]:
    """Return what looks up a field of a row, or a key within it; None for what is not there."""
    return lambda row: row.get(key) if inner is None else (row.get(key) or {}).get(inner)


def _sustained(row: Row) -> str | None:
    """Return whether a rate was sustained, None where the run does not tell."""
    told = row.get("sustained")
    return None if told is None else "yes" if told else "no"


def _column_texts(column: Column, lines: Sequence[list[Row]], counted: Sequence[list[Row]]) -> list[str]:
    """Return the text of each line; counted: of each line the runs whose numbers are its mean."""
    if column.digits is None:
        return [column.common(line) or _joined(map(column.value, line)) for line in lines]
    means = [mean_of(map(column.value, line)) for line in counted]
    digits = column.digits if column.digits >= 0 else digits_for(means)
    return ["-" if mean is None else f"{mean:.{digits}f}" for mean in means]


def _decided(line: list[Row]) -> list[Row]:
    """Return the runs whose numbers a mean may be made of, as in `mxbench compare`."""
    return [row for row in line if row.get("verdict") != "undecided"]


def _joined(values: Iterable[Any]) -> str:
    """Return the one value, or each with how often it occurs."""
    texts = [setting_text(value) for value in values]
    if len(set(texts)) == 1:
        return texts[0]
    return ", ".join(f"{texts.count(text)} {text}" for text in sorted(set(texts), key=_rank))


def _rank(outcome: str) -> int:
    return -SEVERITY.get(outcome.partition(" ")[0], -1)


def _verdict(row: Row) -> str | None:
    verdict = row.get("verdict")
    return f"{verdict} ({row['failed']})" if verdict and row.get("failed") else verdict


def _last_line(document: dict[str, Any], rows: list[Row]) -> str:
    """Return the verdict, whether it was expected, where the result is, and what to type next."""
    verdict, met, result = document.get("verdict") or "undecided", document.get("expect_met"), document.get("result")
    line = f"verdict: {verdict}"
    if met is not None:
        line += ", as expected" if met else ", and not all is as expected"
    if not result:
        return line
    if document.get("interrupted"):
        line += f"; unfinished, continue with: mxbench run {shlex.quote(printable(result))}"
    bad = next((row for row in rows if row.get("verdict") != "valid"), None)
    shown = bad or next(iter(rows), {})
    target = (shown.get("result") if len(rows) > 1 else None) or result  # of several runs one has to be named
    flag = "--log" if bad is not None else "--ledger" if _has_ledger(shown) else "--gantt"
    return f"{line}; result: {printable(result)}; next: mxbench show {shlex.quote(printable(target))} {flag}"


def _has_ledger(row: Row) -> bool:
    return row.get("workload") == "bank" or any(
        "ledger" in str(finding.get("property")) for finding in row.get("findings") or []
    )
