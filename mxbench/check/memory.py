"""How much memory this process uses, and how much the machine has: so that a search ends before the machine does.

Where the system tells neither, a search has no limit of memory but the number of its states.
"""

import os
import re
import sys

from mxbench.errors import ExperimentError

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
PART = 0.6  # of the machine's memory, for one search unless told otherwise


def memory_in_use() -> int:
    """Return the bytes that this process holds; the most that it ever held, or 0, where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        if resource is None:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def memory_for_a_search() -> int:
    """Return the bytes that a search may use unless it is told otherwise."""
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * PART)
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


def parse_bytes(text: str) -> int:
    """Return the bytes that a size like '2GB' or '500 MiB' stands for."""
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = (parts[2] or "B").upper() if parts else ""
    size = int(float(parts[1]) * UNITS[unit]) if parts and unit in UNITS else 0
    if size <= 0:
        raise ExperimentError(f"--limit-memory {text}: write a size above 0 with a unit, like 2GB or 500MB")
    return size
