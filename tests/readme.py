"""The generated parts of README.md and plugins/README.md: `python tests/readme.py` writes them anew, or those whose
names hold a given text; tests/test_readme.py compares them.

A part stands between `<!-- name -->` and `<!-- end -->`. Code and tables must be the same; of what a command prints,
and of measured tables, all but the numbers.
"""

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from mxbench.algorithm_table import HEADERS, algorithm_rows
from mxbench.registry import Registry

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GUIDE = ROOT / "plugins" / "README.md"
FILES = (README, GUIDE)
PART = re.compile(r"<!-- (?P<name>(?:table|code|output): .+?) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL)


def parts(text: str) -> dict[str, str]:
    """Return the generated parts of a README, by name."""
    return {match["name"]: match["text"] for match in PART.finditer(text)}


def make(name: str) -> str:
    """Return what the part of that name should hold now."""
    kind, _, what = name.partition(": ")
    return MAKERS[kind](what).rstrip("\n") + "\n"


def without_numbers(text: str) -> str:
    """Return a text with every number as '#', and runs of blanks and dashes as one: what two runs have in common."""
    text = re.sub(r"\d{4}-\d\d-\d\d_\S+", "#", text)
    text = re.sub(r"\d+(,\d{3})*(\.\d+)?", "#", text)  # a rate has more or fewer groups of digits on another day
    text = re.sub(r"# to #", "#", text)
    return re.sub(r"[ -]+", " ", text).strip()


def _output(command: str) -> str:
    words = command.split()
    assert words[0] == "mxbench"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tests").symlink_to(ROOT / "tests")
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
    assert not done.stderr, done.stderr
    return f"```text\n{done.stdout.rstrip()}\n```"


def _code(file: str) -> str:
    """The file without docstrings, its own and those of its classes and functions; comments stay."""
    source = (ROOT / file).read_text()
    lines = source.splitlines()
    dropped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            text = node.body[0]
            dropped |= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
            if lines[text.end_lineno or 0].strip() == "":  # the blank line behind it
                dropped.add((text.end_lineno or 0) + 1)
    kept = "\n".join(line for number, line in enumerate(lines, 1) if number not in dropped)
    return f"```python\n{kept.strip()}\n```"


def _table(name: str) -> str:
    return {"algorithms": _algorithms, "classics": _classics}[name]()


def _classics() -> str:
    """The published result, as `mxbench compare` shows it: the file is what the README quotes."""
    command = [sys.executable, "-m", "mxbench", "compare", str(ROOT / "results" / "published" / "classics")]
    done = subprocess.run([*command, "--format", "github"], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def _algorithms() -> str:
    rows = algorithm_rows(Registry().all("algorithms").values())
    return tabulate([(f"`{name}`", *row) for name, *row in rows], HEADERS, tablefmt="github", disable_numparse=True)


MAKERS: dict[str, Callable[[str], str]] = {"output": _output, "code": _code, "table": _table}

if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""

    def renewed(part: re.Match[str]) -> str:
        return f"<!-- {part['name']} -->\n{make(part['name'])}<!-- end -->" if wanted in part["name"] else part[0]

    for file in FILES:
        file.write_text(PART.sub(renewed, file.read_text()))
