"""Where the processes that are timed find their modules compiled: as most users have them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

NONE, FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"


@contextmanager
def kept() -> Iterator[None]:
    """Let the processes that are started meanwhile keep their bytecode, and no longer, if the environment wants none.

    Else each of them would compile mxbench anew, which takes longer than most of what is measured.
    """
    if not os.environ.get(NONE):
        yield
        return
    before = {name: os.environ.get(name) for name in (NONE, FOLDER)}
    with tempfile.TemporaryDirectory(prefix="mxbench-") as folder:
        del os.environ[NONE]
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
            os.environ.update({name: value for name, value in before.items() if value is not None})
