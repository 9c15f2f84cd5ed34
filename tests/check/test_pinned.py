"""What the checker finds, as numbers: a change of one of them wants an explanation.

The five nodes are three requesters that meet at two pure arbiters: the least at which Maekawa's deadlock can show.
"""

from pathlib import Path
from typing import Any

import pytest

from mxbench.check.answer import check

BROKEN = Path(__file__).parent.parent / "broken"
FIVE: dict[str, Any] = {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}

RING = "[[0,1],[1,2],[0,2]]"
SLOW = pytest.mark.slow


def pinned(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["states"], found["transitions"], found["depth"]


@pytest.mark.parametrize(
    ("algorithm", "bound", "numbers"),
    [
        ("lamport", {"nodes": 2}, (1_656, 2_623, 20)),
        pytest.param("lamport", {"requests": 1}, (949_199, 2_159_714, 24), marks=SLOW),
        ("ricart-agrawala", {}, (31_888, 86_789, 36)),
        ("ricart-agrawala", {"requests": "1,1,2", "network": "reordering"}, (6_285, 19_366, 24)),
        pytest.param("ricart-agrawala", {"nodes": 4, "requests": 1}, (1_412_505, 7_430_854, 32), marks=SLOW),
        ("maekawa", FIVE, (10_484, 34_862, 26)),
        ("maekawa", {**FIVE, "network": "reordering"}, (15_566, 53_556, 28)),
        ("maekawa", {"quorums": RING}, (13_260, 30_937, 32)),
        pytest.param("maekawa", {}, (123_983, 356_383, 46), marks=SLOW),
    ],
    ids=str,
)  # fmt: skip
def test_finds_a_shipped_algorithm_valid(
    algorithm: str, bound: dict[str, Any], numbers: tuple[int, int, int]
) -> None:  # fmt: skip
    found = check(algorithm, **bound)
    assert found["verdict"] == "valid", found["text"]
    assert pinned(found) == numbers
    assert found["trace"] == []
    assert found["outside_assumptions"] == []
    assert found["sometimes"]["contention"]
    assert all(found["sometimes"]["entered"].values())


@pytest.mark.parametrize(
    ("algorithm", "bound", "violated", "steps"),
    [
        ("lamport", {"network": "reordering", "requests": 1}, "mutual exclusion", 7),
        ("lamport", {"network": "duplicating", "nodes": 2}, "mutual exclusion", 12),
        ("lamport", {"network": "lossy", "nodes": 2}, "mutual exclusion", 5),
        ("ricart-agrawala", {"network": "crashing", "requests": 1}, "no deadlock", 6),
        ("ricart-agrawala", {"network": "lossy", "requests": 1}, "no deadlock", 11),
        ("maekawa", {"network": "reordering+duplicating", "nodes": 2, "requests": "1,2"}, "no deadlock", 11),
    ],
    ids=str,
)
def test_finds_the_shortest_way_wrong_outside_the_assumptions(
    algorithm: str, bound: dict[str, Any], violated: str, steps: int
) -> None:
    found = check(algorithm, **bound)
    assert (found["verdict"], found["property"], len(found["trace"])) == ("violated", violated, steps)
    assert found["outside_assumptions"], "the network is the question, and the answer says what it breaks"


@pytest.mark.parametrize(
    ("stem", "bound", "violated", "steps"),
    [
        ("enters_at_once", {}, "mutual exclusion", 2),
        ("replies_while_inside", {}, "mutual exclusion", 10),
        ("replies_while_inside", {"nodes": 2}, "mutual exclusion", 6),
        ("current_clock", {}, "mutual exclusion", 10),
        ("current_clock", {"nodes": 2}, "mutual exclusion", 6),
        ("deadlocks", {}, "no deadlock", 9),
        ("deadlocks", {"nodes": 2}, "no deadlock", 4),
        ("maekawa_without_extra_failed", FIVE, "no deadlock", 16),
        ("enters_without_request", {}, "contract", 2),
        ("raises_in_handler", {}, "contract", 2),
        ("wrong_signature", {}, "contract", 2),
        ("not_plain_data", {}, "contract", 0),
    ],
    ids=lambda value: str(value).replace("_", "-"),
)
def test_catches_a_broken_plugin(stem: str, bound: dict[str, Any], violated: str, steps: int) -> None:
    found = check(BROKEN / f"{stem}.py", **{"requests": 1, **bound})
    assert (found["verdict"], found["property"], len(found["trace"])) == ("violated", violated, steps)


def test_three_nodes_twice_are_blind_to_the_deadlock_of_maekawa_as_printed() -> None:
    found = check(BROKEN / "maekawa_without_extra_failed.py", quorums=RING)
    assert found["verdict"] == "valid"


@pytest.mark.parametrize(
    ("stem", "text"),
    [("enters_without_request", "out.enter()"), ("raises_in_handler", "self.requests[sender] += 1"),
     ("wrong_signature", "class WrongSignature"), ("not_plain_data", "class NotPlainData")],
)  # fmt: skip
def test_a_breach_names_file_and_line(stem: str, text: str) -> None:
    file = BROKEN / f"{stem}.py"
    line = next(number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line)
    assert f"{file}:{line}: " in check(file)["text"]
