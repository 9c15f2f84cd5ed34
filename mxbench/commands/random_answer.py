"""The command `mxbench check --random`: the random search, its clock, and its progress on a terminal."""

import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from mxbench.check.question import Question
from mxbench.check.text import ProgressLine
from mxbench.core.scenario import Setup
from mxbench.errors import ExperimentError
from mxbench.sim.explore import Explored
from mxbench.sim.search import check_at_random

if TYPE_CHECKING:
    from mxbench.commands.check_answer import Asked

MOST_NODES = 100


def random_answer(question: Question, asked: "Asked") -> tuple[dict[str, Any], Setup]:
    """Return the answer of a random search, and what its trace runs on."""
    schedules = asked.random or 0
    if schedules < 1:
        raise ExperimentError(f"--random {schedules}: try at least one schedule")

    @cache  # each question loads all plugins
    def resize(n: int) -> Setup | None:
        try:
            return asked.question(n, "1").setup
        except ExperimentError:  # quorums were given as a list, there are none for n, the holder is gone
            return None

    with ProgressLine() as line:
        started = time.perf_counter()

        def on_progress(found: Explored) -> str:
            seconds = time.perf_counter() - started
            if asked.limit_seconds is not None and seconds > asked.limit_seconds:
                return f"{asked.limit_seconds:g} seconds"
            if sys.stderr.isatty():
                left = seconds / found.schedules * (schedules - found.schedules)
                line.show(
                    f"{found.schedules:,} of {schedules:,} schedules, {found.steps:,} steps, "
                    f"{found.steps / max(seconds, 1e-9):,.0f} steps/s, {left:.0f} s left"
                )
            return ""

        found, setup = check_at_random(
            question.algorithm, question.setup, schedules, asked.seed, resize, on_progress,
            question.properties,
        )  # fmt: skip
        found["seconds"] = round(time.perf_counter() - started, 3)
    return found, setup
