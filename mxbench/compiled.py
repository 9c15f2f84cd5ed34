"""The parts of mxbench that are there in C too: taken where it was installed with a compiler at hand.

MXBENCH_PURE=1 in the environment takes those in Python.
"""

import importlib
import os
from typing import Any

PURE = "MXBENCH_PURE"
# Each with the version of what it and the Python beside it say to each other, which stands in the C too: raise both
# when that changes.
PARTS = {"mxbench.core._envelope": 4, "mxbench.net._pump": 2, "mxbench.sim._lane": 4, "mxbench.check._graph": 3}


def in_use() -> list[str]:
    """Return the modules that are taken in C here."""
    return [module for module in PARTS if compiled(module) is not None]


def compiled(module: str) -> Any:
    """Return a compiled module; None if it is not wanted, was not compiled, or was compiled for other Python beside
    it."""
    if os.environ.get(PURE):
        return None
    try:
        found = importlib.import_module(module)
    except (ImportError, AttributeError):  # one of another version may look for what is no longer there
        return None
    return found if getattr(found, "VERSION", None) == PARTS[module] else None
