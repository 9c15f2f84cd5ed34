"""Everything but the engine `tcp` works where POSIX is not: what only POSIX has is hidden, then the commands are typed.

This is no proof for another system. It holds that nothing else leans on these modules and calls, at import or later.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# What Windows does not have, and some others neither; uvloop is nowhere needed.
MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "uvloop", "_posixshmem")
CALLS = {
    "os": ("fork", "forkpty", "register_at_fork", "sysconf", "getloadavg", "sched_getaffinity", "getuid", "geteuid",
           "mkfifo", "statvfs", "killpg", "setsid"),
    "select": ("epoll", "poll", "POLLIN", "POLLOUT", "POLLHUP", "POLLERR"),
    "signal": ("set_wakeup_fd", "SIGCHLD", "SIGHUP"),
}  # fmt: skip
HIDE = f"""
import sys
for name in {MODULES}:
    sys.modules[name] = None
for module, names in {CALLS}.items():
    module = __import__(module)
    for name in names:
        vars(module).pop(name, None)
"""
# Libraries that use such calls themselves where they find a POSIX system are imported before they are hidden.
FIRST = "import asyncio, subprocess, multiprocessing, concurrent.futures, tempfile, shutil, typer, rich.live, pluggy\n"
MAIN = "\nfrom mxbench.__main__ import main\nmain()\n"
FILE = """name: small
algorithm: ricart-agrawala
nodes: 3
engine: sim
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
repeat: 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(FILE)
    return tmp_path


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command without POSIX."""
    command = [sys.executable, "-c", FIRST + HIDE + MAIN, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_what_is_hidden_cannot_be_had(folder: Path) -> None:
    code = "import os\nprint(hasattr(os, 'fork'))\nimport fcntl\n"
    done = subprocess.run([sys.executable, "-c", FIRST + HIDE + code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"
    assert "import of fcntl halted" in done.stderr


@pytest.mark.slow
def test_every_module_but_those_of_tcp_can_be_imported(folder: Path) -> None:
    code = """
import importlib, pkgutil, mxbench, mxbench_plugins
for package in (mxbench, mxbench_plugins):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__") and (found.name == "mxbench.net.engine" or ".net." not in found.name):
            importlib.import_module(found.name)
print("all")
"""
    done = subprocess.run([sys.executable, "-c", FIRST + HIDE + code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("all\n", "")


@pytest.mark.slow
def test_a_simulated_experiment_runs_is_stored_and_shown(folder: Path) -> None:
    done = typed(folder, "run", "small.yaml", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert [row["messages_per_entry"] for row in document["runs"]] == [4, 4]
    shown = typed(folder, "show", "results/latest")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "verdict: valid, as expected" in shown.stdout


@pytest.mark.slow
def test_the_other_commands_work(folder: Path) -> None:
    listed = typed(folder, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "tcp" in listed.stdout
    checked = typed(folder, "check", "lamport", "--requests", "1", "--nodes", "2")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.slow
def test_tcp_says_what_it_needs_and_what_to_do(folder: Path) -> None:
    done = typed(folder, "run", "small.yaml", "--engine", "tcp")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "mxbench: the engine 'tcp' needs os.fork and select.poll and the module 'resource', which this system does not "
        "have; simulate instead: --engine sim; no run had ended, and nothing is kept\n"
    )
    assert not (folder / "results" / "small").exists()
