"""How much memory this process uses, and how much the machine has: so that a search ends before the machine does."""

import os
import resource
import sys

PART = 0.6  # of the machine's memory, for one search unless told otherwise
_PAGE = os.sysconf("SC_PAGE_SIZE")


def memory_in_use() -> int:
    """Return the bytes that this process holds; the most that it ever held, where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def memory_for_a_search() -> int:
    """Return the bytes that a search may use unless it is told otherwise."""
    return int(os.sysconf("SC_PHYS_PAGES") * _PAGE * PART)
