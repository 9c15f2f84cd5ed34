r"""The table of a result for a paper: a LaTeX `table` with booktabs rules, claimed beside measured, and its caption.

It is the table of `mxbench compare RESULT --format latex` with what a document needs around it. Every character that
LaTeX would obey is escaped, and what is no ASCII is left to the document's fonts, but for the sign of an interval.
"""

from typing import Any

from mxbench.report.comparison import reading, render
from mxbench.report.text import printable

ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def table(comparison: dict[str, Any], question: str, label: str) -> str:
    """Return the table of a comparison; it wants `booktabs` in the preamble, which its first line says."""
    intervals = next((line for line in reading(comparison).splitlines() if "interval (t)" in line), "")
    caption = " ".join(part for part in (_sentence(question), _sentence(intervals)) if part)
    body = render(comparison, "latex").rstrip("\n").replace("±", r"$\pm$")
    return (
        "% needs \\usepackage{booktabs}\n"
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{escaped(caption)}}}\n\\label{{tab:{_label(label)}}}\n"
        f"{body}\n"
        "\\end{table}\n"
    )


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
