"""Markup out of text that nobody vouches for: every name and value becomes text, and nothing that a browser obeys."""

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

from mxbench.report.text import printable


def text(value: object) -> str:
    """Return a value as markup that shows it; line ends, marks of direction and the like as escapes."""
    return html.escape(printable(value), quote=True)


def lines(values: str) -> str:
    """Return lines of text, a paragraph each."""
    return "".join(f"<p>{text(line)}</p>" for line in values.splitlines())


def tag(name: str, inside: str, **attributes: object) -> str:
    """Return an element around markup; attributes are text, `class_` stands for class."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{inside}</{name}>"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], sides: str, caption: str = "") -> str:
    """Return a table that scrolls by itself where the page is narrow; sides: 'l' or 'r' a column."""
    styles = ["" if side == "l" else ' class="number"' for side in sides]
    named = zip(headers, styles, strict=True)
    head = "".join(
        f'<th scope="col"{style}>{"<br>".join(map(text, header.splitlines()))}</th>' for header, style in named
    )
    body = "".join(
        "<tr>" + "".join(f"<td{style}>{_cell(cell)}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>\n"
        for row in rows
    )
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    inside = f"{title}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    return f'<div class="scrolls" tabindex="0"><table>{inside}</table></div>'


def more(title: str, inside: str, opened: bool = False) -> str:
    """Return markup that is folded away under a title."""
    return f"<details{' open' * opened}><summary>{text(title)}</summary>\n{inside}\n</details>"


def data(value: Any) -> str:
    """Return plain data as JSON that can stand inside a script element, whatever its texts say."""
    dumped = json.dumps(value, separators=(",", ":"), ensure_ascii=True, default=str)
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _cell(value: object) -> str:
    shown = "-" if value is None else value
    if shown in ("valid", "violated", "undecided", "not recorded"):
        return f'<span class="outcome {str(shown).replace(" ", "-")}">{shown}</span>'
    return text(shown)
