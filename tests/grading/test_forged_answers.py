"""A submission that takes over the channel to its examiner: whatever it answers, the examiner outlives it."""

from pathlib import Path

import pytest
from attacks import ANSWERS_AT_RANDOM
from graded import RUBRIC, grade, processes_in

FORGERS = 12


@pytest.mark.slow
def test_answers_at_random_bring_no_point_for_safety_and_never_end_the_examiner(tmp_path: Path) -> None:
    texts = {f"forger{seed}": ANSWERS_AT_RANDOM.format(seed=seed) for seed in range(FORGERS)}
    status, told = grade(tmp_path, texts, RUBRIC)
    for one in told["submissions"]:
        assert one["failed"] is None, one["failed"]
        assert one["fault"] or all(item["text"] for item in one["items"])
        assert one["points"] == 0, one
    assert status == 0
    assert processes_in(tmp_path) == []
