"""How reports write names, values and times, so that no run can bend the lines of a terminal."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from tabulate import tabulate

from mxbench.core.history import History
from mxbench.experiment.document import flow

BRIEF_TEXT = 16  # characters; a longer string (a hash) is cut to this where there is no room for it
BRIEF_ITEMS = 8  # items of a longer list
SIDES = {"l": "left", "r": "right"}
FILLER = "\ue000"  # no printable text holds it: it is a character of private use
NO_MESSAGES = "messages were not recorded (history: sections); run it with --set history=full to see them"


def printable(text: object) -> str:
    """Return the text with everything that a terminal would obey, and line ends, as escapes."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)


def setting_text(value: Any) -> str:
    """Return a value of a setting as an experiment writes it on one line; '-' for none."""
    return "-" if value is None else printable(flow(value))


def cells(text: str) -> int:
    """Return how many columns of a terminal printable text takes: two for a wide character, none for an accent."""
    if text.isascii():
        return len(text)
    widths = (0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return sum(widths)


def value_text(value: Any, brief: bool = False) -> str:
    """Return plain data as Python writes it, bytes in hexadecimal; `brief` cuts long strings and lists and says so."""
    if isinstance(value, str | bytes):
        text = value.hex() if isinstance(value, bytes) else value
        if brief and len(text) > BRIEF_TEXT:
            return printable(text[: BRIEF_TEXT // 2]) + "..."
        return text if isinstance(value, bytes) else f"'{printable(text)}'"
    if isinstance(value, dict):
        return "{" + _items([f"{value_text(k, brief)}: {value_text(v, brief)}" for k, v in value.items()], brief) + "}"
    if isinstance(value, list | tuple):
        return "[" + _items([value_text(item, brief) for item in value], brief) + "]"
    return printable(value)


def _items(items: list[str], brief: bool) -> str:
    if brief and len(items) > BRIEF_ITEMS:
        items = [*items[: BRIEF_ITEMS - 2], f"... {len(items) - BRIEF_ITEMS + 2} more"]
    return ", ".join(items)


def folded(text: str, room: int, indent: int) -> list[str]:
    """Return the text as lines of at most `room` columns, broken at spaces, all but the first indented.

    A word longer than a line stays whole: a name that is cut cannot be searched for.
    """
    if cells(text) <= room:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and cells(longer) > room:
            lines.append(line)
            longer = " " * indent + word
        line = longer
    return [*lines, line]


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], align: str) -> str:
    """Return rows of text under headers (of one line or two), never wrapped; align: 'l' or 'r' a column."""

    def filled(cell: object) -> str:
        # tabulate counts characters, not columns of the terminal: behind a wide one stands a filler while it does.
        text = unicodedata.normalize("NFC", printable("-" if cell is None else cell))
        return "".join(c + FILLER * (cells(c) - 1) for c in text)

    # The header is made of rows as well: as a header tabulate would give each column two more blanks.
    body = [[filled(cell) for cell in row] for row in rows]
    tall = max(header.count("\n") for header in headers) + 1
    stacked = [["", *header.split("\n")][-tall:] if tall > 1 else [header] for header in headers]
    head = [[filled(lines[height]) for lines in stacked] for height in range(tall)]
    rule = ["-" * max(len(cell) for cell in column) for column in zip(*head, *body, strict=True)]
    text = tabulate(
        [*head, rule, *body], tablefmt="plain", disable_numparse=True, colalign=[SIDES[side] for side in align]
    )
    return "\n".join(line.rstrip() for line in text.replace(FILLER, "").splitlines())


def ms(ns: float) -> str:
    """Return a time in ms with the digits of a microsecond."""
    return f"{ns / 1e6:.3f}"


def mean_of(values: Iterable[Any]) -> float | None:
    """Return the mean of the numbers among some values; None if there is none."""
    known = [value for value in values if isinstance(value, int | float)]
    return sum(known) / len(known) if known else None


def digits_for(numbers: Iterable[float | None]) -> int:
    """Return how many digits behind the point a column needs whose largest number has about four figures."""
    largest = max((abs(number) for number in numbers if number is not None), default=0)
    return next(digits for digits, bound in ((0, 1000), (1, 100), (2, 1), (3, 0)) if largest >= bound)


def several(count: int, noun: str) -> str:
    """Return '1 entry', '2 entries', '3 runs'."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count} {noun if count == 1 else plural}"


def headline(history: History) -> str:
    """Return one line that says which run this is and, unless it fell quiet, how it ended."""
    plan, ending = history.plan, history.ending
    quorums = f" ({printable(plan.quorum_system)} quorums)" if plan.quorum_system else ""
    quorums = f" ({printable(plan.topology)})" if plan.topology else quorums
    quorums = f" (k = {plan.k})" if plan.k is not None else quorums
    repeat = f", repeat {plan.repeat}" if plan.repeat > 1 else ""
    entries = several(len(history.entries), "entry") if plan.history != "off" else "entries were not recorded"
    line = (
        f"{printable(plan.algorithm.name)}{quorums}, {several(plan.nodes, 'node')}, {printable(plan.workload.name)}"
        f" on {printable(plan.engine)}, seed {plan.seed}{repeat}: {entries}"
    )
    if ending.reason != "quiet":
        line += f"; {ending.reason}: {printable(ending.text or ending.failed or 'no cause was given')}"
    return line


def cautions(history: History) -> list[str]:
    """Return a sentence for each thing that keeps a report of this run from showing all of it."""
    found = []
    present = {node.node for node in history.nodes}
    lost = [str(node) for node in history.plan.places if node not in present]
    if history.plan.history == "off":
        found.append("no events were recorded (history: off); run it with --set history=full")
    elif lost:
        found.append(f"nothing is left of what node{'s' * (len(lost) > 1)} {', '.join(lost)} recorded")
    return found


def cautions_of_messages(history: History) -> list[str]:
    """Return the cautions for a report that shows messages too."""
    return [*cautions(history), *[NO_MESSAGES] * (history.plan.history == "sections")]


def no_such_node(history: History, node: int) -> str:
    """Return the sentence for a node that this run does not have."""
    return f"there is no node {node} in this run; its nodes are {', '.join(str(known.node) for known in history.nodes)}"
