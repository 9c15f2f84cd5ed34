"""What an algorithm is told before it starts, read of its parameters without a step of Python.

`c/told.h` has the same in C, for where there was a compiler when mxbench was installed, and compiled.py chooses.
"""

from operator import attrgetter
from typing import Any


def told(holder: Any, field: Any, doc: str | None) -> Any:
    """Return an attribute that cannot be set: a field of what a field holds. holder, field: the slots of the two."""
    return property(attrgetter(f"{holder.__name__}.{field.__name__}"), doc=doc)
