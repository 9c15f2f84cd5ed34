"""What the checker finds, as numbers: a change of one of them wants an explanation.

The five nodes are three requesters that meet at two pure arbiters: the least at which Maekawa's deadlock can show.
"""

from pathlib import Path
from typing import Any

import pytest

from mxbench.check.answer import check

BROKEN = Path(__file__).parent.parent / "broken"
FIVE: dict[str, Any] = {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}

FOUR: dict[str, Any] = {"nodes": 4, "requests": 1}
RING = "[[0,1],[1,2],[0,2]]"
CIRCLES: dict[str, dict[str, Any]] = {  # of each system the least number of nodes at which it shows, with who must ask
    "grid": {"requests": "0,1,1,1", "quorums": "grid"},
    "difference-cover": {"requests": "1,1,1,0", "quorums": "difference-cover"},
    "tree": {"requests": "1,0,0,1,1", "quorums": "tree"},
    "majority": {"requests": "1,1,1,0", "quorums": "majority"},
}
SLOW = pytest.mark.slow


def pinned(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["states"], found["transitions"], found["depth"]


@pytest.mark.parametrize(
    ("algorithm", "bound", "numbers"),
    [
        ("lamport", {"nodes": 2}, (1_656, 2_623, 20)),
        pytest.param("lamport", {"requests": 1, "forget": False}, (949_199, 2_159_714, 24), marks=SLOW),
        ("ricart-agrawala", {}, (31_888, 86_789, 36)),
        ("ricart-agrawala", {"requests": "1,1,2", "network": "reordering"}, (6_285, 19_366, 24)),
        pytest.param("ricart-agrawala", {"nodes": 4, "requests": 1}, (1_412_505, 7_430_854, 32), marks=SLOW),
        ("lamport-suppressed", {"nodes": 2}, (664, 999, 20)),
        pytest.param("lamport-suppressed", {"requests": 1}, (47_310, 111_874, 24), marks=SLOW),
        pytest.param("lamport-suppressed", {"requests": "2,1,1"}, (426_578, 1_103_329, 32), marks=SLOW),
        ("carvalho-roucairol", {}, (7_945, 18_642, 36)),
        ("carvalho-roucairol", {"network": "reordering"}, (10_766, 29_214, 36)),
        pytest.param("carvalho-roucairol", {"nodes": 4, "requests": 1}, (32_321, 133_151, 32), marks=SLOW),
        ("lodha-kshemkalyani", {"requests": 1}, (2_184, 5_639, 17)),
        pytest.param("lodha-kshemkalyani", {}, (86_712, 239_138, 36), marks=SLOW),
        pytest.param("lodha-kshemkalyani", {"nodes": 4, "requests": 1}, (1_445_916, 7_011_177, 29), marks=SLOW),
        ("chandy-misra", {}, (3_826, 9_879, 30)),
        ("chandy-misra", {"network": "reordering"}, (5_267, 15_381, 30)),
        pytest.param("chandy-misra", {"nodes": 4, "requests": 1}, (23_615, 100_484, 32), marks=SLOW),
        ("raymond-k-entry", {}, (31_888, 86_789, 36)),
        ("raymond-k-entry", {"k": 2, "requests": 1}, (7_310, 22_827, 18)),
        pytest.param("raymond-k-entry", {"k": 2, "requests": "2,1,1", "network": "reordering"},
                     (101_868, 417_175, 24), marks=SLOW),
        pytest.param("raymond-k-entry", {"k": 2}, (2_002_054, 7_614_147, 34), marks=SLOW),
        ("maekawa", FIVE, (10_484, 34_862, 26)),
        ("maekawa", {**FIVE, "network": "reordering"}, (15_566, 53_556, 28)),
        ("maekawa", {"quorums": RING}, (13_260, 30_937, 32)),
        pytest.param("maekawa", {}, (123_983, 356_383, 46), marks=SLOW),
        ("suzuki-kasami", {}, (15_110, 48_061, 30)),
        ("suzuki-kasami", {"holder": 2}, (13_809, 43_342, 30)),
        pytest.param("suzuki-kasami", {"network": "reordering"}, (62_103, 272_637, 30), marks=SLOW),
        pytest.param("suzuki-kasami", FOUR, (81_039, 422_942, 24), marks=SLOW),
        pytest.param("suzuki-kasami", {**FOUR, "network": "reordering"}, (126_799, 700_961, 24), marks=SLOW),
        ("ricart-agrawala-token", {}, (10_475, 33_145, 30)),
        ("ricart-agrawala-token", {"network": "reordering"}, (39_421, 166_348, 30)),
        ("ricart-agrawala-token", FOUR, (56_547, 302_871, 24)),
        ("ricart-agrawala-token", {**FOUR, "network": "reordering"}, (89_839, 502_625, 24)),
        ("singhal", {}, (10_778, 27_878, 29)),
        pytest.param("singhal", {"network": "reordering"}, (78_038, 298_906, 32), marks=SLOW),
        ("singhal", {**FOUR, "holder": 2}, (30_606, 110_868, 24)),
        pytest.param("singhal", {**FOUR, "network": "reordering"}, (70_431, 272_441, 24), marks=SLOW),
        pytest.param("singhal", {"requests": 3}, (183_584, 543_241, 44), marks=SLOW),
        ("naimi-trehel", {"holder": 2}, (1_432, 2_779, 21)),
        ("naimi-trehel", {"network": "reordering"}, (1_530, 3_113, 22)),
        ("naimi-trehel", FOUR, (1_386, 2_980, 18)),
        ("naimi-trehel", {**FOUR, "network": "reordering"}, (1_476, 3_352, 18)),
        ("ring", {}, (525, 1_095, 20)),
        ("ring", {**FOUR, "holder": 1, "network": "reordering"}, (432, 972, 15)),
        ("maekawa", CIRCLES["grid"], (9_857, 30_071, 27)),
        ("maekawa", CIRCLES["difference-cover"], (13_801, 44_058, 27)),
        ("maekawa", CIRCLES["tree"], (10_501, 33_654, 26)),
        ("maekawa", CIRCLES["majority"], (13_801, 44_058, 27)),
        ("maekawa", {"quorums": "projective-plane"}, (13_260, 30_937, 32)),
        ("agrawal-el-abbadi", {}, (4_485, 10_229, 30)),
        ("agrawal-el-abbadi", {"network": "reordering"}, (8_859, 22_585, 31)),
        ("agrawal-el-abbadi", {**FIVE, "network": "reordering"}, (6_586, 21_521, 26)),
        ("agrawal-el-abbadi", {"quorums": RING}, (7_719, 17_987, 30)),
        ("agrawal-el-abbadi", CIRCLES["tree"], (3_473, 10_557, 24)),
        ("agrawal-el-abbadi", {"nodes": 7, "requests": "0,0,0,1,1,1,1"}, (52_170, 235_747, 32)),
        ("raymond", {}, (854, 1_705, 20)),
        ("raymond", {"network": "reordering"}, (1_004, 2_055, 21)),
        ("raymond", {"topology": "line", "holder": 2}, (860, 1_719, 21)),
        ("raymond", {"nodes": 4, "requests": 1, "topology": "binary", "holder": 2}, (981, 2_205, 21)),
        ("neilsen-mizuno", {}, (1_052, 2_129, 20)),
        ("neilsen-mizuno", {"network": "reordering"}, (1_112, 2_329, 20)),
        ("neilsen-mizuno", {"topology": "line", "holder": 2}, (1_060, 2_152, 21)),
        ("neilsen-mizuno", {"nodes": 4, "requests": 1, "topology": "random", "holder": 1}, (1_358, 3_178, 18)),
        ("coordinator", {}, (727, 1_488, 24)),
        ("coordinator", {"network": "reordering"}, (869, 1_800, 24)),
        ("coordinator", {"server": True}, (1_238, 2_748, 30)),
        ("coordinator", {"server": True, "network": "reordering"}, (1_505, 3_390, 30)),
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
        ("suzuki-kasami", {"network": "lossy", "requests": 1}, "no deadlock", 9),
        ("ring", {"network": "lossy", "requests": 1}, "no deadlock", 4),
        ("ring", {"network": "duplicating", "requests": 1}, "mutual exclusion", 6),
        ("lamport-suppressed", {"network": "reordering", "requests": 1}, "mutual exclusion", 7),
        ("carvalho-roucairol", {"network": "duplicating"}, "mutual exclusion", 10),
        ("lodha-kshemkalyani", {"network": "reordering", "requests": 1}, "no deadlock", 14),
        ("lodha-kshemkalyani", {"network": "reordering", "nodes": 2}, "mutual exclusion", 10),
        ("chandy-misra", {"network": "duplicating"}, "mutual exclusion", 10),
        pytest.param("raymond-k-entry", {"network": "duplicating", "k": 2, "requests": "2,1,1"}, "mutual exclusion", 13,
                     marks=SLOW),
        ("maekawa", {"network": "reordering+duplicating", "nodes": 2, "requests": "1,2"}, "no deadlock", 11),
        ("agrawal-el-abbadi", {"network": "duplicating", "requests": 1}, "no deadlock", 13),
        ("agrawal-el-abbadi", {"network": "lossy", "requests": 1}, "no deadlock", 6),
        ("agrawal-el-abbadi", {"network": "crashing", "requests": 1}, "no deadlock", 3),
    ],
    ids=str,
)  # fmt: skip
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
        ("singhal_as_printed", {"requests": "1,1,2"}, "no deadlock", 15),
        ("maekawa_without_extra_failed", CIRCLES["grid"], "no deadlock", 14),
        ("maekawa_without_extra_failed", CIRCLES["difference-cover"], "no deadlock", 13),
        ("maekawa_without_extra_failed", CIRCLES["tree"], "no deadlock", 16),
        ("maekawa_without_extra_failed", CIRCLES["majority"], "no deadlock", 13),
        ("lodha_kshemkalyani_as_printed", {}, "no deadlock", 13),
        ("cao_singhal_as_stated", {"nodes": 2, "requests": "2,1"}, "no deadlock", 16),
        pytest.param("cao_singhal_as_stated", {}, "no deadlock", 20, marks=SLOW),
        pytest.param("cao_singhal_as_stated", FIVE, "no deadlock", 24, marks=SLOW),
        ("raymond_one_reply_short", {"nodes": 2}, "mutual exclusion", 2),
        ("raymond_one_reply_short", {"k": 2}, "mutual exclusion", 3),
        ("raymond_one_reply_short", {"k": 2, "nodes": 4}, "mutual exclusion", 9),
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


@pytest.mark.parametrize(
    ("bound", "numbers"),
    [
        ({"nodes": 2, "requests": "2,1"}, (350, 535, 18)),
        ({"nodes": 2}, (1_284, 2_164, 25)),
        pytest.param({"requests": 1}, (54_564, 151_903, 34), marks=SLOW),
        pytest.param({"quorums": RING}, (163_585, 485_263, 39), marks=SLOW),
        pytest.param(FIVE, (903_547, 3_455_710, 45), marks=SLOW),
    ],
    ids=str,
)
def test_locks_with_numbers_mend_cao_and_singhals_rules(bound: dict[str, Any], numbers: tuple[int, int, int]) -> None:
    found = check(BROKEN.parent / "cao_singhal.py", **bound)
    assert found["verdict"] == "valid", found["text"]
    assert pinned(found) == numbers


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
