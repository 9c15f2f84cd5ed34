"""Who pays whom how much, and in which order: read from a CSV file or drawn before the run.

A file has a header with the columns client, payee and amount, in any order, and a transfer a line. A line with a client
alone, payee and amount left empty, is a balance query of that client:

    client,payee,amount
    0,2,1.50
    2,,
    2,1,0.75

Each client takes its own lines, in their order. UTF-8, with or without a byte order mark; any line ends; quoted fields.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mxbench.files import read_some
from mxbench.workloads.money import parse_money

COLUMNS = ("client", "payee", "amount")
MAX_LINES = 1_000_000
MAX_BYTES = 100 * MAX_LINES
ENDLESS = 4096  # transfers drawn for a client whose number of entries is not known; after the last comes the first

Line = tuple[int, ...]  # (client, payee, cents), or (client,) for a balance query
Share = list[Any]  # [queries before the first transfer, [[payee, cents, queries after this transfer], ...]]


def accounts_of(n: int) -> int:
    """Return how many accounts n nodes have: one each; a second, which nobody pays from, if there is one node only."""
    return max(n, 2)


def read_transfers(path: str, n: int, base: Path) -> tuple[Line, ...]:
    """Return the lines of a CSV file, whose path is relative to `base`; raise ValueError that names file and line."""
    try:
        text = read_some(base / path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); it is looked for in {base}") from None
    lines = []
    for number, row in _rows(path, text):
        try:
            lines.append(parse_line(row, n))
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
    if not lines:
        raise ValueError(f"{path}: no transfer in it")
    return tuple(lines)


def parse_line(row: Sequence[Any], n: int) -> Line:
    """Return the line of [client, payee, amount] or [client]; raise ValueError that names the column."""
    client = _account("client", row[0], n)
    if all(cell is None or str(cell).strip() == "" for cell in row[1:]):
        return (client,)
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} values; write client, payee and amount, or the client alone for a query")
    payee = _account("payee", row[1], accounts_of(n))
    if payee == client:
        raise ValueError(f"payee: client {client} transfers to itself; name another one")
    try:
        amount = parse_money(row[2])
    except ValueError as error:
        raise ValueError(f"amount: {error}") from None
    if amount == 0:
        raise ValueError(f"amount: '{row[2]}' is nothing; transfer at least 0.01")
    return client, payee, amount


def deal(lines: Sequence[Line], n: int) -> list[Share]:
    """Return each client's share of the lines."""
    shares: list[Share] = [[0, []] for _ in range(n)]
    for client, *transfer in lines:
        share = shares[client]
        if transfer:
            share[1].append([*transfer, 0])
        elif share[1]:
            share[1][-1][2] += 1
        else:
            share[0] += 1
    return shares


def draw_share(client: int, n: int, entries: int | None, queries: int, largest: int, draw: Any) -> Share:
    """Return transfers of 1 to `largest` cents to other accounts, drawn evenly, with balance queries between them.

    entries: how many transfers; None for ENDLESS ones, the first of which are followed by a query each, as nobody
    knows how many of them the run will reach.
    """
    transfers = []
    for _ in range(ENDLESS if entries is None else entries):
        payee = draw.randrange(accounts_of(n) - 1)
        transfers.append([payee + (payee >= client), draw.randint(1, largest), 0])
    leading = 0
    for query in range(queries):
        place = query % ENDLESS + 1 if entries is None else draw.randint(0, entries)
        if place:
            transfers[place - 1][2] += 1
        else:
            leading += 1
    return [leading, transfers]


def _rows(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line that each row starts on, and its cells in the order of COLUMNS."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    order: list[int] | None = None
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if order is None:
                order = _columns(path, cells)
            elif any(cells) or len(cells) > 1:
                if len(cells) != len(COLUMNS):
                    raise ValueError(f"{path}:{start}: {len(cells)} values; the header names {len(COLUMNS)}")
                if start > MAX_LINES:
                    raise ValueError(f"{path}: over {MAX_LINES} lines")
                yield start, [cells[column] for column in order]
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}:{start}: not CSV: {error}") from None
    if order is None:
        raise ValueError(f"{path}: empty; its first line must be '{','.join(COLUMNS)}'")


def _columns(path: str, header: list[str]) -> list[int]:
    names = [name.lower() for name in header]
    if sorted(names) != sorted(COLUMNS):
        given = ",".join(header)
        raise ValueError(f"{path}:1: the header is '{given}'; the first line must be '{','.join(COLUMNS)}'")
    return [names.index(column) for column in COLUMNS]


def _account(column: str, value: object, accounts: int) -> int:
    text = str(value).strip()
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < accounts:
        return int(text)
    allowed = f"clients are 0 to {accounts - 1}" if accounts > 1 else "the only client is 0"
    raise ValueError(f"{column}: '{value}' is no client; {allowed}")
