"""The steps of plugins/README.md, followed literally: `python tests/guide.py` writes their outputs anew.

A block that begins with ```python FILE is what that file holds from there on; ```sh is what one types, and a ```text
right behind it what that prints. All of it happens in one folder that is empty at first. tests/test_authors_guide.py
compares.
"""

import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points
from pathlib import Path

GUIDE = Path(__file__).parent.parent / "plugins" / "README.md"
BLOCK = re.compile(r"```(?P<kind>python \S+|sh)\n(?P<body>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?", re.DOTALL)
VARYING = (  # what is another number each time
    (re.compile(r"\d+\.\d+ s \([\d,]+ transitions/s\)"), "# s (# transitions/s)"),
    (re.compile(r"in \d+\.\d+s(?: \(\d+:\d+:\d+\))?"), "in #s"),
)


def follow(guide: str, folder: Path) -> str:
    """Do in a folder what the guide says, and return the guide with what came of it."""

    def done(block: re.Match[str]) -> str:
        body, kind = block["body"], block["kind"]
        if kind != "sh":
            write(folder / kind.removeprefix("python "), body)
            return block[0]
        printed = "".join(typed(line, folder) for line in body.splitlines())
        if block["output"] is None:
            return block[0]
        return f"```sh\n{body}```\n\n```text\n{printed.rstrip()}\n```\n"

    return BLOCK.sub(done, guide)


def write(file: Path, text: str) -> None:
    """Write a file; one that `mxbench new` wrote just now is shown as it is."""
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def typed(line: str, folder: Path) -> str:
    """Return what a command prints, in a folder, where mxbench is installed."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    if not any(entry.value == "mxbench.pytest_plugin" for entry in entry_points(group="pytest11")):
        environment["PYTEST_PLUGINS"] = "mxbench.pytest_plugin"  # an editable install of before there was one
    done = subprocess.run(
        line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in (0, 1), f"{line}: {done.stdout}\n{done.stderr}"
    return done.stdout


def comparable(guide: str) -> str:
    """Return a guide without the numbers that vary."""
    for pattern, same in VARYING:
        guide = pattern.sub(same, guide)
    return guide


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        GUIDE.write_text(follow(GUIDE.read_text(), Path(name)))
