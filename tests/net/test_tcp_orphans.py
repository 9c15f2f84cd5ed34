"""What a plugin forks does not outlive the run; nor does a spawner outlive, with a word, who listens to it."""

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import typed
from plans import plan

from mxbench.child import command as command_of
from mxbench.child import environment
from mxbench.net.process import HOST
from mxbench.net.spawner import Launch
from mxbench.net.wire import frame
from mxbench_plugins.lamport import Lamport

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
FORKS = """import os, time
from mxbench import Algorithm, hookimpl


class Forks(Algorithm):
    name = "forks"

    def on_request(self, request, out):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:  # a grandchild, in a session of its own
                with open(f"{self.me}.pid", "w") as file:
                    file.write(f"{os.getpid()} ")
                os.write(PIPE, b"x")
                time.sleep(600)
            os._exit(0)
        os.read(READY, 1)  # until it has told
        out.enter()


READY, PIPE = os.pipe()


@hookimpl
def mxbench_algorithms():
    return [Forks]
"""


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_plugin_forked_ends_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "forks.py").write_text(FORKS)
    (tmp_path / "forks.yaml").write_text(
        "{name: forks, algorithm: forks, nodes: 2, workload: {type: hold, entries_per_node: 1, dwell: 1ms}}"
    )
    typed(tmp_path, "run", "forks.yaml", "--plugin", "forks.py")
    pids = [int((tmp_path / f"{node}.pid").read_text()) for node in (0, 1)]
    assert not [pid for pid in pids if is_there(pid)]


def test_a_spawner_whose_reports_nobody_reads_ends_without_a_word() -> None:
    launch = Launch(plan(Lamport, 2), [0, 1], b"secret", HOST, 1)  # nobody listens there
    with subprocess.Popen(
        command_of("mxbench.net.spawner"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    ) as spawner:  # fmt: skip
        assert spawner.stdout is not None
        spawner.stdout.close()
        spawner.stdout = None
        _, said = spawner.communicate(frame(launch), timeout=60)
    assert (spawner.returncode, said) == (0, b"")
