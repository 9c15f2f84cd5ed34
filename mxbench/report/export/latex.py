r"""The table of a result for a paper: a LaTeX `table*` with booktabs rules, claimed beside measured, and its caption.

It is as wide as a page of two columns: in small letters, with headers in lines above each other, and with what does not
vary said in the caption instead of in a column. Every character that LaTeX would obey is escaped, and what is no ASCII
is left to the document's fonts, but for the sign of an interval.
"""

from collections.abc import Iterator
from typing import Any

from mxbench.report.comparison import Column, measured_columns, reading
from mxbench.report.text import printable

ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


CONSTANT = ("nodes", "runs", "sustained", "verdict")  # columns that the caption can stand for
# How many letters of a size a page of two columns has room for, and the points on either side of a column.
SIZES = ((100, r"\footnotesize", 3), (125, r"\scriptsize", 2))
SMALLEST = (r"\tiny", 2)


def table(comparison: dict[str, Any], question: str, label: str) -> str:
    """Return the table of a comparison; it wants `booktabs` in the preamble, which its first line says."""
    intervals = next((line for line in reading(comparison).splitlines() if "interval (t)" in line), "")
    columns = measured_columns(comparison)
    fixed = [column for column in columns if column.header in CONSTANT and _same(column)]
    columns = [column for column in columns if column not in fixed]
    said = ", ".join(f"{column.header} {column.cells[0]}" for column in fixed)
    caption = " ".join(_sentence(part) for part in (question, said, intervals) if part.strip())
    sides, (size, beside) = "".join(column.side for column in columns), _size(columns)
    lines = [" & ".join(map(_header, columns)), *map(" & ".join, _rows(columns))]
    body = [f"{line} \\\\\n" for line in lines]
    return (
        "% needs \\usepackage{booktabs}\n"
        "\\begin{table*}\n\\centering\n"
        f"\\caption{{{escaped(caption)}}}\n\\label{{tab:{_label(label)}}}\n"
        f"{size}\n\\setlength{{\\tabcolsep}}{{{beside}pt}}\n"
        f"\\begin{{tabular}}{{@{{}}{sides}@{{}}}}\n\\toprule\n{body[0]}\\midrule\n{''.join(body[1:])}\\bottomrule\n"
        "\\end{tabular}\n"
        "\\end{table*}\n"
    )


def _same(column: Column) -> bool:
    return len(column.cells) > 1 and len(set(column.cells)) == 1


def _size(columns: list[Column]) -> tuple[str, int]:
    letters = sum(max(map(len, [*_lines(column), *column.cells])) for column in columns)
    return next(((size, beside) for most, size, beside in SIZES if letters <= most), SMALLEST)


def _header(column: Column) -> str:
    """Return a header, its lines above each other."""
    lines = list(map(escaped, _lines(column)))
    if len(lines) == 1:
        return lines[0]
    above = r"\\".join(lines)
    return f"\\begin{{tabular}}[b]{{@{{}}{column.side}@{{}}}}{above}\\end{{tabular}}"


def _lines(column: Column) -> list[str]:
    """Return the lines of a header, one for each part of a key such as workload.rate."""
    return column.header.replace(".", ".\n").splitlines()


def _rows(columns: list[Column]) -> Iterator[list[str]]:
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield [escaped(cell) for cell in cells]


def escaped(text: str) -> str:
    """Return text that LaTeX sets as it stands."""
    return "".join(ESCAPED.get(char, char) for char in printable(text)).replace("±", r"$\pm$")


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def _label(text: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text)
