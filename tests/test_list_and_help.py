"""`mxbench list`, the help of each command, and an output that nobody reads or that cannot be written."""

import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from command_line import HEAP, QUICK, typed

import mxbench
from mxbench.experiment.finding import shipped
from mxbench.listing import listing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quick.yaml").write_text(QUICK)
    return tmp_path


@pytest.mark.slow
def test_list_shows_every_kind_with_its_origin(folder: Path) -> None:
    done = typed(folder, "list", "--plugin", HEAP)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^lamport +built in +Lamport 1978", done.stdout, re.MULTILINE)
    assert re.search(rf"^heap +{re.escape(HEAP)} +Runs in this process", done.stdout, re.MULTILINE)
    assert re.search(r"^lamport_bank +built in ", done.stdout, re.MULTILINE)
    only = typed(folder, "list", "quorum-systems").stdout
    assert "grid" in only
    assert "lamport" not in only


def test_list_shows_what_each_shipped_experiment_asks() -> None:
    asked = {name: yaml.safe_load(file.read_text())["question"] for name, file in shipped().items()}
    shown = listing(["experiments"]).splitlines()[2:]
    assert {name: text for name, _, text in (re.split(r" {2,}", line, maxsplit=2) for line in shown)} == asked


def test_list_imports_nothing_that_only_a_run_needs() -> None:
    code = "import sys, mxbench.cli; mxbench.cli.app(['list'], standalone_mode=False); print('', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"pydantic", "yaml", "rich", "multiprocessing", "mxbench.sim.world", "mxbench.net.cluster"}


def test_list_tells_an_unknown_kind(folder: Path) -> None:
    done = typed(folder, "list", "algoritms")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "mxbench: there is no kind 'algoritms'; did you mean 'algorithms'? (kinds: algorithms, "
    )


def test_help_of_each_command_holds_an_example(folder: Path) -> None:
    assert typed(folder, "--version").stdout == f"mxbench {mxbench.__version__}\n"
    for name in ("run", "show", "list"):
        assert f"Example: mxbench {name} " in typed(folder, name, "--help").stdout


def test_help_imports_nothing_that_only_a_run_needs() -> None:
    code = "import sys, mxbench.cli; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"pydantic", "yaml", "rich", "msgspec", "pluggy", "tabulate", "asyncio", "multiprocessing"}


@pytest.mark.slow
def test_help_is_there_in_a_third_of_a_second(folder: Path) -> None:
    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, cwd=folder, check=True)
        return time.perf_counter() - started

    # Beside the bare interpreter, so that a busy machine slows both: 0.3 s where that takes 0.05.
    rounds = [(seconds("-m", "mxbench", "--help"), seconds("-c", "pass")) for _ in range(9)]
    assert statistics.median(helped / bare for helped, bare in rounds) < 6


def test_an_interrupt_while_it_is_loaded_is_one_line() -> None:
    code = """import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "mxbench.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from mxbench.__main__ import main
main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "mxbench: interrupted\n")


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("check lamport --nodes 2 --requests 1 2>&-", 0, ""),
        ("step lamport <&-", 0, ""),
        ("--help >/dev/full", 3, "mxbench: standard output cannot be written: No space left on device\n"),
        ("--version >/dev/full", 3, "mxbench: standard output cannot be written: No space left on device\n"),
        ("--help | head -1", 0, ""),
    ],
)
def test_streams_that_are_closed_or_full_are_no_verdict(folder: Path, how: str, status: int, said: str) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m mxbench {how}"],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (status, said)


def test_too_few_files_are_told_before_a_node_is_started(folder: Path) -> None:
    run = f"ulimit -n 40; {sys.executable} -m mxbench run lamport_bank --set nodes=20 --repeat 1"
    done = subprocess.run(["bash", "-c", run], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert (
        "mxbench: a process may open 40 files here, and each of these nodes needs 52: raise 'ulimit -n'" in done.stderr
    )


def test_too_little_memory_is_told_in_a_line(folder: Path) -> None:
    code = """import sys
import mxbench.listing
def fill(*_):
    raise MemoryError
mxbench.listing.listing = fill
sys.argv = ["mxbench", "list"]
from mxbench.__main__ import main
main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (3, "mxbench: there is not enough memory for this\n")


def test_a_mistake_of_our_own_is_no_verdict() -> None:
    code = """import sys
import mxbench.listing
mxbench.listing.listing = None
sys.argv = ["mxbench", "list"]
from mxbench.__main__ import main
main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-2:] == [
        "TypeError: 'NoneType' object is not callable",
        "mxbench: that is a mistake of mxbench itself, and says nothing of what was asked",
    ]


def test_a_reader_that_has_enough_is_no_mistake(folder: Path) -> None:
    shell = f"{sys.executable} -m mxbench list | head -1"
    done = subprocess.run(shell, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("algorithms")
    assert done.stderr == ""


@pytest.mark.parametrize("stdout", [">/dev/full", ">&-"])
def test_an_output_that_cannot_be_written_is_no_violation_and_no_traceback(folder: Path, stdout: str) -> None:
    shell = f"{sys.executable} -m mxbench schema {stdout}"
    done = subprocess.run(shell, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    said = "mxbench: standard output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == ((3, said) if "full" in stdout else (0, ""))
