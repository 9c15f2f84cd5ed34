"""`mxbench new algorithm NAME`: three files to begin with, and what the checker says of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from mxbench.commands.new import TEMPLATES, class_name, write_algorithm
from mxbench.core.contract import check_declaration
from mxbench.errors import ExperimentError
from mxbench.testing import algorithms_of


def mxbench(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mxbench", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_the_three_files_are_written_and_the_checker_rejects_the_algorithm_with_a_picture(tmp_path: Path) -> None:
    done = mxbench(tmp_path, "new", "algorithm", "hello")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Wrote hello.py, test_hello.py and hello.yaml. The algorithm grants always, which is")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hello.py", "hello.yaml", "test_hello.py"]
    checked = mxbench(tmp_path, "check", "hello.py")
    assert checked.returncode == 1
    assert "VIOLATED (mutual exclusion): nodes 0 and 1 are inside together after 2 steps." in checked.stdout
    assert "#  ENTERS (number 1)" in checked.stdout


@pytest.mark.slow
def test_the_experiment_runs_and_shows_the_violation(tmp_path: Path) -> None:
    write_algorithm("two-words", tmp_path)
    done = mxbench(tmp_path, "run", "two_words.yaml", "--set", "engine=sim")
    assert done.returncode == 1, done.stderr
    assert "violated      no overlap" in done.stdout


def test_what_is_written_is_clean_and_has_its_names(tmp_path: Path) -> None:
    into = tmp_path / "new" / "folder"
    plugin, test, experiment = write_algorithm("my-2nd-lock", into)
    assert [file.name for file in (plugin, test, experiment)] == [
        "my_2nd_lock.py", "test_my_2nd_lock.py", "my_2nd_lock.yaml"
    ]  # fmt: skip
    [cls] = algorithms_of(plugin)
    assert (cls.name, cls.__name__) == ("my-2nd-lock", "My2ndLock")
    check_declaration(cls)
    for file in (plugin, test, experiment):
        for word in ("new_algorithm", "new-algorithm", "NewAlgorithm"):
            assert word not in file.read_text()
    for command in ("check", "format --check"):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command.split(), "--isolated", "--line-length=120", str(into)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text("mine")
    done = mxbench(tmp_path, "new", "algorithm", "hello")
    assert done.returncode == 2
    assert done.stderr == (
        "mxbench: hello.yaml: is there already; move it away, or choose another name or --into DIR\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["hello.yaml"]
    assert (tmp_path / "hello.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Hello", "'Hello' is no name of an algorithm; write lower-case words joined by '-'"),
        ("my_lock", "'my_lock' is no name of an algorithm"),
        ("../lock", "'../lock' is no name of an algorithm"),
        ("a" * 61, "is no name of an algorithm"),
        ("lamport", "the name 'lamport' is taken (built in); choose another"),
        ("random", "'random': a file random.py would hide the module of that name"),
        ("msgspec", "'msgspec': a file msgspec.py would hide the module of that name"),
        ("mxbench", "'mxbench': a file mxbench.py would hide the module of that name"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError) as error:
        write_algorithm(name, tmp_path)
    assert said in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_something_else_than_an_algorithm_is_refused(tmp_path: Path) -> None:
    done = mxbench(tmp_path, "new", "workload", "hello")
    assert (done.returncode, done.stderr) == (
        2,
        "mxbench: new workload: only algorithms can be begun so; write 'mxbench new algorithm NAME'\n",
    )


def test_the_name_of_the_class_hides_nothing_that_the_file_imports() -> None:
    assert [class_name(name) for name in ("hello", "my-lock", "out", "entry-request", "true")] == [
        "Hello", "MyLock", "OutLock", "EntryRequestLock", "TrueLock"
    ]  # fmt: skip


def test_every_template_is_in_the_package() -> None:
    folder = Path(sys.modules["mxbench"].__file__ or "").parent / "templates"
    files = {file.name for file in folder.iterdir() if file.is_file()}
    assert files == {"__init__.py", *TEMPLATES}
