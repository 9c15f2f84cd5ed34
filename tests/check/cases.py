"""Questions whose whole graph is small: algorithms that are right and wrong, on every network."""

from pathlib import Path
from typing import Any

import models

from mxbench.check.question import parse_question

BROKEN = Path(__file__).parent.parent / "broken"
RING = "[[0,1],[1,2],[0,2]]"
CASES: list[tuple[Any, dict[str, Any]]] = [
    ("lamport", {"nodes": 2, "requests": "1,2"}),
    ("lamport", {"requests": "1,0,0"}),
    ("lamport", {"requests": "1,1,0", "network": "reordering"}),
    ("lamport", {"nodes": 2, "requests": 1, "network": "reordering+duplicating:2+lossy"}),
    ("ricart-agrawala", {"nodes": 2}),
    ("ricart-agrawala", {"requests": "1,1,0"}),
    ("ricart-agrawala", {"nodes": 2, "network": "reordering"}),
    ("ricart-agrawala", {"nodes": 2, "requests": "1,2", "network": "duplicating"}),
    ("ricart-agrawala", {"nodes": 2, "network": "lossy"}),
    ("ricart-agrawala", {"requests": "1,1,0", "network": "crashing"}),
    ("maekawa", {"nodes": 2}),
    ("maekawa", {"requests": "1,1,0", "quorums": RING}),
    ("maekawa", {"requests": 1, "quorums": RING, "network": "reordering"}),
    ("maekawa", {"nodes": 2, "requests": 1, "network": "reordering+duplicating"}),
    ("suzuki-kasami", {"requests": "1,1,0", "network": "reordering"}),
    ("suzuki-kasami", {"nodes": 2, "requests": 1, "network": "duplicating"}),
    ("singhal", {"requests": "1,1,0", "holder": 2}),
    ("naimi-trehel", {"requests": 1, "network": "reordering"}),
    ("ring", {"requests": "1,1,2"}),
    ("ring", {"nodes": 2, "network": "lossy"}),
    ("enters_at_once", {"requests": 1}),
    ("replies_while_inside", {"nodes": 2}),
    ("current_clock", {"nodes": 2}),
    ("deadlocks", {"nodes": 2}),
    ("deadlocks", {"requests": "1,1,0"}),
    ("maekawa_without_extra_failed", {"requests": 1, "quorums": RING}),
    ("enters_without_request", {}),
    ("raises_in_handler", {}),
    ("wrong_signature", {}),
    (models.NeverServed, {"nodes": 2}),
    (models.NeverServed, {"requests": 1}),
    (models.SometimesServed, {"requests": "0,1,1"}),
    (models.SometimesServed, {"requests": "0,1,2", "network": "lossy"}),
    (models.LooksAtTheClock, {"requests": 1}),
    (models.LooksAtTheClock, {"requests": "3,0"}),
    (models.TrueOrOne, {"nodes": 1}),
    (models.DeadlocksOrBreaks, {"nodes": 1}),
    (models.DeadlocksOrBreaks, {"nodes": 2, "requests": 1}),
]


def question_of(algorithm: Any, bound: dict[str, Any]) -> Any:
    file = BROKEN / f"{algorithm}.py"
    return parse_question(file if file.is_file() else algorithm, **bound)
