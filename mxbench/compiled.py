"""The parts of mxbench that are there in C too: taken where it was installed with a compiler at hand.

MXBENCH_PURE=1 in the environment takes those in Python.
"""

import importlib
import os
from typing import Any

PURE = "MXBENCH_PURE"


def compiled(module: str) -> Any:
    """Return a compiled module; None if it was not compiled, or is not wanted."""
    if os.environ.get(PURE):
        return None
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
