"""How another Python is started that runs a module of mxbench: as a file of its own, with what this one can import."""

import os
import sys


def command(module: str, *arguments: str) -> list[str]:
    """Return the command. -P: a file of the user's folder, token.py say, must not come before the standard library."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**more: str) -> dict[str, str]:
    """Return the environment: what this process can import, that one can too."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder), **more}
