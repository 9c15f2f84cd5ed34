"""Where a search gives up: never with 'valid', and before the machine does."""

from pathlib import Path

import pytest

from mxbench import Out
from mxbench.check.answer import check
from mxbench.check.memory import memory_in_use, parse_bytes
from mxbench.check.question import parse_question
from mxbench.check.search import Limits, Search
from mxbench.check.space import Space
from mxbench.errors import ExperimentError
from mxbench_plugins.ricart_agrawala import RicartAgrawala

BROKEN = Path(__file__).parent.parent / "broken"


def test_a_violation_that_was_reached_is_told_though_a_limit_was_hit() -> None:
    """All limits: the states in which two are inside, or all wait, are those that were reached last."""
    for stem, bound in (("replies_while_inside", {"nodes": 2}), ("deadlocks", {"nodes": 2, "requests": 1})):
        whole = check(BROKEN / f"{stem}.py", **bound)
        found = check(BROKEN / f"{stem}.py", **bound, limit_states=whole["states"] - 1)
        assert (found["property"], found["limit"]) == (whole["property"], None)
        assert found["trace"] == whole["trace"]


def test_a_breach_is_told_though_a_limit_was_hit_before_its_level_was_searched() -> None:
    class Breaks(RicartAgrawala):
        name = "breaks"

        def on_release(self, out: Out) -> None:
            raise ValueError("as it leaves")

    found, whole = (check(Breaks, nodes=4, requests=2, limit_states=states) for states in (20_000, 100_000))
    assert found["states"] < whole["states"]
    assert (found["property"], found["limit"], found["trace"][-1]["event"]) == ("contract", None, "release")
    assert len(found["trace"]) == len(whole["trace"])


def test_a_schedule_is_rebuilt_of_steps_that_were_worked_out_before_the_limit() -> None:
    """Another one may never return, or ask to begin anew; and who reads the schedule has what was searched."""
    search = Search(Space(parse_question("lamport", requests=1)), Limits(50_000))
    assert search.run().limit is not None
    depth, expanded = search._cut
    levels = search.graph.levels
    assert 0 < expanded < len(levels[depth])
    worked_out = [len(node.locals) for node in search.space.reactions]
    for state in list(levels[depth + 1])[:50]:
        assert len(search._schedule(state)) == depth + 1
    assert [len(node.locals) for node in search.space.reactions] == worked_out


def test_a_limit_of_memory_that_is_hit_is_undecided() -> None:
    found = check("lamport", limit_bytes=memory_in_use() // 2)
    assert found["verdict"] == "undecided"
    assert found["limit"].endswith("MB of memory")
    assert found["peak_bytes"] >= memory_in_use() // 4


@pytest.mark.parametrize(
    ("text", "size"), [("2GB", 2_000_000_000), ("1.5 GiB", 1_610_612_736), ("500mb", 500_000_000), ("4096", 4096)]
)
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "lots", "0GB", "-1GB", "2 TB", "GB", "1.2.3GB"])
def test_refuses_a_size_that_is_none(text: str) -> None:
    with pytest.raises(ExperimentError, match="write a size above 0 with a unit, like 2GB"):
        parse_bytes(text)


@pytest.mark.slow
def test_a_state_takes_less_than_400_bytes() -> None:
    found = check("lamport", requests=1, forget=False)
    assert found["bytes_per_state"] < 400
    assert found["peak_bytes"] > 949_199 * 80, "an int and its place in a set take that much"
    assert check("lamport", nodes=1)["bytes_per_state"] is None, "too few to show in the memory of a process"
