"""The report `gantt` on histories of the heap loop, with messages of a millisecond."""

from itertools import pairwise

import msgspec
import plans
import pytest
from report_runs import Greedy, Selfish, one_ms

from mxbench.core.distributions import ZERO, Constant
from mxbench.core.history import History
from mxbench.report.gantt import ASCII, BLOCKS, Gantt, draw, ink_for
from mxbench.report.text import cells
from mxbench_plugins.lamport import Lamport

THREE_NODES = """\
lamport, 3 nodes, hold on tcp, seed 1: 6 entries

node  |0 ms      |5          |10       entries  mean wait ms
   0  ░░▅█▇░░░░░░░░░░░▃██▁                   2         3.000
   1  ░░░░░░░▇█▅░░░░░░░░░░░▅█▇               2         4.000
   2  ░░░░░░░░░░░▁██▃░░░░░░░░░░░▇█▅          2         5.000

█ inside (▁▂▃▄▅▆▇ for a part of the column), ░ waiting and
  not inside; a column is 0.419 ms"""


def lanes(text: str) -> dict[str, str]:
    """The lines of the first drawing by their label, up to the totals."""
    drawing = text.split("\n\n")[1].splitlines()
    end = drawing[0].index("entries")
    return {line[:4].strip(): line[6:end] for line in drawing[1:]}


def test_draws_waiting_and_stays_on_one_axis() -> None:
    assert draw(plans.run(Lamport, 3, entries=2, delay=one_ms), None, 60, BLOCKS) == THREE_NODES


def test_a_stay_of_no_length_is_seen() -> None:
    history = plans.run(Lamport, 3, entries=2, delay=one_ms, dwell=ZERO)
    for ink in (BLOCKS, ASCII):
        for lane in lanes(draw(history, None, 80, ink)).values():
            assert lane.count(ink.inside[0]) == 2
            assert set(lane) <= {ink.waiting, ink.inside[0], " "}


def test_many_stays_in_a_column_show_as_their_share_of_it() -> None:
    always, seldom = (
        plans.run(Lamport, 1, entries=400, think=Constant(think), dwell=Constant(0.001)) for think in (0.0, 0.003)
    )
    assert set(lanes(draw(always, None, 60, BLOCKS))["0"].strip()) == {"█"}
    assert set(lanes(draw(seldom, None, 60, BLOCKS))["0"].strip()) <= {"▂", "▃"}  # a quarter of the time


def test_a_crowded_run_is_drawn_again_larger_and_says_which_part() -> None:
    text = draw(plans.run(Lamport, 10, entries=20), None, 100, BLOCKS)
    assert "larger, the middle of the run: entries 97 to 104 of 200; a column is" in text
    assert "█" in text.split("larger")[1]
    assert "larger" not in draw(plans.run(Lamport, 3, entries=2), None, 100, BLOCKS)


def test_two_nodes_inside_at_once_are_marked_below_the_lanes_and_enlarged() -> None:
    history = plans.run(Greedy, 3, entries=30, think=Constant(0.0005))
    text = draw(history, None, 80, BLOCKS)
    assert "!" in lanes(text)[""]
    assert "! two nodes inside at once, by their clocks" in text
    assert "larger, the first time that two nodes are inside: entries" in text
    assert "!" in text.split("larger")[1]


def test_company_that_is_allowed_is_no_overlap() -> None:
    history = plans.run(Greedy, 3, entries=30, think=Constant(0.0005))
    allowed = [History(msgspec.structs.replace(history.plan, k=k), history.ending, history.nodes) for k in (2, 3)]
    two, three = (draw(one, None, 80, BLOCKS) for one in allowed)
    assert "!" not in three
    assert "the first time" not in three
    assert "! more than 2 nodes inside at once, by their clocks" in two
    assert "larger, the first time that more than 2 nodes are inside: entries" in two


def test_stays_that_touch_do_not_overlap() -> None:
    instant = plans.run(Lamport, 3, entries=5, delay=lambda sender, to, message: 0)
    times = sorted((entry.entered, entry.released) for entry in instant.entries)
    assert any(before[1] == after[0] for before, after in pairwise(times)), "none touches another"
    assert "!" not in draw(instant, None, 80, BLOCKS)


def test_who_waits_to_the_end_is_drawn_and_named() -> None:
    history = plans.run(Selfish, 3, entries=30, think=Constant(0.002))
    text = draw(history, None, 80, BLOCKS)
    drawn = lanes(text)
    assert drawn["1"].strip() == drawn["2"].strip() != ""
    assert set(drawn["1"].strip()) == {"░"}
    assert text.count("-  waits") == 2
    assert "larger, the end of the run: entries 26 to 30 of 30" in text


def test_totals_count_waits_from_the_time_a_request_was_due() -> None:
    history = plans.run(Greedy, 1, entries=3, rate=1e6)
    waits = [entry.entered - entry.arrival for entry in history.entries if entry.entered is not None]
    assert max(waits) > 1_000_000, "the second request had to be late"
    assert f"{sum(waits) / 3e6:.3f}" in draw(history, None, 80, BLOCKS)


def test_of_one_node_there_is_one_lane_and_its_own_close_up() -> None:
    text = draw(plans.run(Lamport, 10, entries=20), 3, 100, BLOCKS)
    assert list(lanes(text)) == ["3"]
    assert "of 20 of node 3" in text
    none = Gantt().render(plans.run(Lamport, 3, entries=1), node=3)
    assert none == "there is no node 3 in this run; its nodes are 0, 1, 2"


def test_nothing_to_draw_is_a_sentence() -> None:
    empty = plans.run(Lamport, 3, entries=0)
    assert draw(empty, None, 80, BLOCKS).endswith("0 entries\nnobody requested to enter")
    off = History(msgspec.structs.replace(empty.plan, history="off"), empty.ending, [])
    assert draw(off, None, 80, BLOCKS).endswith(
        "no events were recorded (history: off); run it with --set history=full"
    )


def test_a_single_node_in_no_time_at_all_has_a_drawing() -> None:
    assert lanes(draw(plans.run(Lamport, 1, entries=3, dwell=ZERO), None, 60, BLOCKS))["0"].rstrip() == "▁"


def test_an_output_that_has_no_blocks_gets_ascii() -> None:
    assert ink_for("utf-8") == ink_for(None) == BLOCKS
    assert ink_for("ascii") == ink_for("latin-1") == ink_for("no-such-encoding") == ASCII
    assert draw(plans.run(Lamport, 10, entries=9), None, 80, ink_for("ascii")).isascii()


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("nodes", [1, 3, 12])
def test_no_line_is_wider_than_asked_and_the_chart_uses_the_width(width: int, nodes: int) -> None:
    for history in (plans.run(Lamport, nodes, entries=4), plans.run(Selfish, nodes, entries=4)):
        text = draw(history, None, width, BLOCKS)
        assert max(map(cells, text.splitlines())) <= width
        assert len(next(line for line in text.splitlines() if line.startswith("node"))) > width - 10


def test_the_ticks_of_the_axis_stand_where_their_time_is() -> None:
    text = draw(plans.run(Lamport, 3, entries=8, delay=one_ms), None, 120, ASCII)
    axis = text.split("\n\n")[1].splitlines()[0]
    column = float(text.split("a column is ")[1].split(" ms")[0])
    ticks = [(index - 6, float(axis[index + 1 :].split()[0])) for index, char in enumerate(axis) if char == "|"]
    assert len(ticks) > 3
    assert all(at * column <= time + 0.01 * time and time < (at + 1) * column * 1.01 for at, time in ticks)
