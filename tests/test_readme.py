"""The README says what is so: its code is the code, its tables are generated, its commands run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from readme import GUIDE, README, make, parts, without_numbers

TEXT = README.read_text()
PARTS = parts(TEXT)


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_up_to_date(name: str) -> None:
    now = make(name)
    if name.startswith("output: "):
        assert without_numbers(PARTS[name]) == without_numbers(now)
    else:
        assert PARTS[name] == now, "run `python tests/readme.py` and look at what has changed"


def test_the_guide_has_the_same_table_of_algorithms() -> None:
    assert parts(GUIDE.read_text())["table: algorithms"] == PARTS["table: algorithms"]


def test_the_parts_that_a_reader_sees_first_are_there() -> None:
    assert {"table: algorithms", "code: plugins/lamport.py", "output: mxbench run lamport_bank --repeat 1"} <= set(
        PARTS
    )


def test_the_two_lines_that_set_everything_up_are_there_once() -> None:
    lines = [line for line in TEXT.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith(".venv/bin/mxbench run experiments/lamport_bank.yaml")
    assert lines[1].endswith(".venv/bin/pytest -q")


@pytest.mark.slow
def test_every_show_command_works_on_a_real_result(tmp_path: Path) -> None:
    commands = ["mxbench run lamport_bank --repeat 1", *re.findall(r"^(mxbench show [^#\n]+)", TEXT, re.MULTILINE)]
    assert len(commands) >= 5
    for command in commands:
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip(), command


def test_the_python_example_runs(tmp_path: Path) -> None:
    code = re.search(r"```python\n(import mxbench\n.*?)```", TEXT, re.DOTALL)
    assert code is not None
    done = subprocess.run(
        [sys.executable, "-c", code[1]], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("valid 6.0 ")
    assert len(done.stdout.splitlines()) == 61


def test_the_shortest_experiment_runs(tmp_path: Path) -> None:
    text = re.search(r"```yaml\n(\{name: x.*?)```", TEXT, re.DOTALL)
    assert text is not None
    (tmp_path / "x.yaml").write_text(text[1])
    done = subprocess.run(
        [sys.executable, "-m", "mxbench", "run", "x.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the numbers 1 to 300 were used once each" in done.stdout


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (README.parent / link).exists()
