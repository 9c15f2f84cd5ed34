"""The kernel's part of the confinement alone, without the audit hook: what a submission meets that got around it."""

import subprocess
import sys

import pytest

from mxbench.grading.process import readable

SCRIPT = """
import ctypes, os, sys
from mxbench.grading.kernel import confine
libc = ctypes.CDLL(None, use_errno=True)
held = confine(sys.argv[2:])
def tried(name, act):
    try:
        result = act()
    except OSError:
        result = -1
    print(name, "refused" if result == -1 else "done")
print(*held)
tried("fork", libc.fork)
tried("clone", lambda: libc.syscall(56 if os.uname().machine == "x86_64" else 220, 17, 0, 0, 0, 0))
tried("socket", lambda: libc.socket(2, 1, 0))
tried("exec", lambda: libc.execv(b"/bin/true", None))
tried("kill", lambda: libc.kill(os.getppid(), 0))
tried("ptrace", lambda: libc.ptrace(16, os.getppid(), 0, 0))
create = os.O_WRONLY | os.O_CREAT
tried("write", lambda: libc.open(os.path.join(sys.argv[1], "new").encode(), create, 0o600))
tried("write in its own", lambda: libc.open(os.path.join(sys.argv[-1], "new").encode(), create, 0o600))
tried("read", lambda: libc.open(os.path.join(sys.argv[1], "secret").encode(), os.O_RDONLY))
tried("unlink", lambda: libc.unlink(os.path.join(sys.argv[1], "secret").encode()))
tried("chmod", lambda: libc.chmod(os.path.join(sys.argv[1], "secret").encode(), 0o777))
tried("judge", lambda: libc.open(f"/proc/{os.getppid()}/mem".encode(), os.O_RDONLY))
tried("limits", lambda: libc.setrlimit(9, ctypes.create_string_buffer(16)))
tried("read in its own", lambda: libc.open(os.path.join(sys.argv[-1], "own").encode(), os.O_RDONLY))
import decimal
print("imports", decimal.Decimal(2))
"""


@pytest.fixture
def said(tmp_path) -> dict[str, str]:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (own / "own").write_text("mine")
    (other / "secret").write_text("secret")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(other), *readable(), str(own)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    if lines[0] != "landlock seccomp":
        pytest.skip(f"this kernel has only: {lines[0] or 'neither Landlock nor seccomp'}")
    assert (other / "secret").read_text() == "secret"
    return dict(line.rsplit(" ", 1) for line in lines[1:])


def test_a_process_that_is_confined_reads_its_own_folder_and_python_and_does_nothing_else(said: dict[str, str]) -> None:
    assert said.pop("read in its own") == "done"
    assert said.pop("imports") == "2"
    assert set(said.values()) == {"refused"}, said
    assert len(said) == 13
