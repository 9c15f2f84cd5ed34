"""A bare process that wants to be awake every 2 ms and prints how late it was each time, in ns: what a machine can do.

It sleeps until shortly before each time and then waits awake: `python wakes_up.py COUNT`. Processes that are started
together want to be awake at the same times.
"""

import os
import sys
import time

PERIOD_NS, AHEAD_NS = 2_000_000, 500_000


def main(count: int) -> None:
    late = []
    due = (time.monotonic_ns() // PERIOD_NS + 2) * PERIOD_NS
    for _ in range(count):
        time.sleep(max(0, due - AHEAD_NS - time.monotonic_ns()) / 1e9)
        while (now := time.monotonic_ns()) < due:
            os.sched_yield()
        late.append(now - due)
        due = (now // PERIOD_NS + 2) * PERIOD_NS
    print(*late)


if __name__ == "__main__":
    main(int(sys.argv[1]))
