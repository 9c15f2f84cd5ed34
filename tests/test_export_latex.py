"""Results as a table of LaTeX: what it says, that no name is obeyed, and that it fits a page."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from exported_results import HOSTILE, QUICK, WIDE, ran

import mxbench
from mxbench.report.export import latex
from mxbench.report.export.writing import exported


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("export"), QUICK.format(question="Is it?"))


def test_latex_is_a_booktabs_table_with_the_question_as_its_caption(result: Path) -> None:
    text = exported(result, "latex").data.decode()
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{table*}\n")
    assert [mark for mark in ("\\toprule", "\\midrule", "\\bottomrule") if text.count(mark) != 1] == []
    assert "\\caption{Is it? Nodes 3, runs 2, verdict valid.}" in text
    compared = mxbench.compare(result)["lines"]
    for line, (name, cost, claimed) in zip(
        compared, re.findall(r"^(\S+) & ([\d.]+) & [\d.]+ & (\d+) &.* \\\\$", text, re.MULTILINE), strict=True
    ):
        assert name == line["algorithm"]
        assert (float(cost), int(claimed)) == (
            line["measures"]["messages_per_entry"]["mean"], line["claimed_messages_per_entry"],
        )  # fmt: skip
    header = text.partition("\\toprule\n")[2].partition("\\midrule")[0]
    assert "{@{}r@{}}messages\\\\per entry\\end{tabular}" in header
    assert "verdict" not in header


def test_what_varies_keeps_its_latex_column_and_a_wide_table_gets_smaller_letters(tmp_path: Path) -> None:
    narrow, wide = ran(tmp_path, QUICK.format(question="Is it?")), ran(tmp_path, WIDE)
    texts = [exported(result, "latex").data.decode() for result in (narrow, wide)]
    assert ["\\footnotesize\n" in text for text in texts] == [True, False]
    assert ["\\scriptsize\n" in text for text in texts] == [False, True]
    assert r"& nodes & \begin{tabular}[b]{@{}l@{}}network.\\delay.\\exponential\end{tabular} &" in texts[1]
    assert "Runs 3, verdict valid. Each number is the mean" in texts[1]


def test_latex_obeys_nothing_of_a_name(tmp_path: Path) -> None:
    result = ran(tmp_path, QUICK.format(question=json.dumps(HOSTILE)))
    caption = re.search(r"\\caption\{(.*)\}", exported(result, "latex").data.decode())
    assert caption
    bare = re.sub(
        r"\\(textbackslash\{\}|textasciitilde\{\}|textasciicircum\{\}|textless\{\}|textgreater\{\}|pm|[&%$#_{}])",
        "",
        caption[1],
    )
    assert not set("\\&%$#_{}~^<>\n") & set(bare)
    assert latex.escaped("100 % ± {x}") == r"100 \% $\pm$ \{x\}"


ARTICLE = r"""\documentclass[10pt,twocolumn]{article}
\usepackage{booktabs}
\begin{document}
Before.
\input{%s}
\end{document}
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [QUICK.format(question="Is it 100 % & more_of #it?"), WIDE], ids=["narrow", "wide"])
def test_a_page_of_two_columns_has_room_for_the_table(tmp_path: Path, text: str) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no pdflatex is installed: 'apt-get install texlive-latex-recommended' gives one")
    table = mxbench.export(ran(tmp_path, text), "latex", tmp_path / "t.tex")
    (tmp_path / "a.tex").write_text(ARTICLE % table.name)
    done = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout
    assert "Output written on a.pdf" in done.stdout
