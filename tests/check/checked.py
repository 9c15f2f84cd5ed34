"""What `mxbench list algorithms` says was searched: `python tests/check/checked.py` searches it anew.

Three nodes that ask twice each, on the worst network that the algorithm assumes; where that takes over
8,000,000 states (about a minute, where the search is compiled), a smaller bound.
"""

import csv
from pathlib import Path
from typing import Any

import mxbench
from mxbench.registry import Registry

FILE = Path(__file__).parent.parent.parent / "plugins" / "checked.csv"
FIELDS = ("algorithm", "requests", "network", "states", "transitions", "depth")
BOUNDS = ("2", "2,2,1", "2,1,1", "1")  # the first that does not take too many states
MAX_STATES = 8_000_000


def searched(algorithm: str, requests: str, network: str) -> dict[str, Any] | None:
    """Return the row of one algorithm, None if it takes too many states; raise AssertionError if it is wrong."""
    found = mxbench.check(algorithm, nodes=3, requests=requests, network=network, limit_states=MAX_STATES)
    if found["verdict"] == "undecided":
        return None
    assert found["verdict"] == "valid", found
    return {"algorithm": algorithm, "requests": requests, "network": network} | {key: found[key] for key in FIELDS[3:]}


def rows() -> list[dict[str, str]]:
    """Return what the file holds."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


if __name__ == "__main__":
    found = []
    for name, known in Registry().all("algorithms").items():
        network = "fifo" if known.cls.assumes.fifo else "reordering"
        found.append(next(row for bound in BOUNDS if (row := searched(name, bound, network))))
        print(found[-1], flush=True)
    with FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
