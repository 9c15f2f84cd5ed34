"""The parts of mxbench that are there in C too: taken where it was installed with a compiler at hand.

MXBENCH_PURE=1 in the environment takes those in Python.
"""

import importlib
import os
from typing import Any

PURE = "MXBENCH_PURE"


def compiled(module: str, version: int) -> Any:
    """Return a compiled module; None if it is not wanted, was not compiled, or was compiled for other Python beside it.

    version: of what the two say to each other, which stands in the C too; raise both when it changes.
    """
    if os.environ.get(PURE):
        return None
    try:
        found = importlib.import_module(module)
    except (ImportError, AttributeError):  # one of another version may look for what is no longer there
        return None
    return found if getattr(found, "VERSION", None) == version else None
