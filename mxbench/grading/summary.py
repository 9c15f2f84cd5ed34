"""What `mxbench grade` prints: a line for each submission, and where the rest is."""

from pathlib import Path

from mxbench.grading.grade import Graded
from mxbench.grading.rubric import Rubric
from mxbench.grading.sheet import remarks
from mxbench.report.text import printable, table

MAX_REMARK = 110


def render(rubric: Rubric, all_graded: list[Graded], seed: int, folder: Path) -> str:
    """Return the grades as text for a terminal."""
    rows = []
    for one in all_graded:
        said = printable(remarks(one))
        rows.append((one.name, f"{one.points:g}", said if len(said) <= MAX_REMARK else said[: MAX_REMARK - 4] + " ..."))
    lines = [f"{rubric.name}: {len(all_graded)} submissions, {rubric.points:g} points in all, seed {seed}", ""]
    lines.append(table(("submission", "points", "what took points"), rows, "lrl"))
    loose = sorted({name for one in all_graded for name in ("landlock", "seccomp") if one.in_force
                    and name not in one.in_force})  # fmt: skip
    if loose:
        lines += ["", f"This system has no {' and no '.join(loose)}: submissions were held by limits and an audit "
                  "hook, which a determined one gets around; grade strangers' work in a container."]  # fmt: skip
    lines += ["", f"{folder}/index.html, pages/, grades.csv, junit.xml, grades.json"]
    return "\n".join(lines)
