"""Where the processes that are timed find their modules compiled: as most users have them."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from mxbench.child import environment

STARTED = "import mxbench.cli, mxbench.experiment.workers, mxbench.net.spawner, mxbench.sim.world"
NONE, FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


@contextmanager
def kept() -> Iterator[None]:
    """Let the processes that are started meanwhile keep their bytecode, and no longer, if the environment wants none.

    Else each of them would compile mxbench anew, which takes longer than most of what is measured. What most of them
    need is compiled before anything is timed.
    """
    if not os.environ.get(NONE):
        yield
        return
    before = {name: os.environ.get(name) for name in (NONE, FOLDER)}
    with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
        del os.environ[NONE]
        os.environ[FOLDER] = folder
        try:
            command = [sys.executable, "-P", "-c", STARTED]
            subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment())
            yield
        finally:
            del os.environ[FOLDER]
            os.environ.update({name: value for name, value in before.items() if value is not None})
