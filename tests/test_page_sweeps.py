"""The charts of a sweep on its page: which there are, what runs along them, and the claims beside the points."""

from pathlib import Path
from typing import Any

import pytest
from result_pages import embedded, ran

import mxbench
from mxbench.report.figure.writing import specification


def test_a_sweep_over_nodes_has_a_line_an_algorithm_with_its_claim(tmp_path: Path) -> None:
    swept = ["matrix.algorithm=[lamport, maekawa]", "matrix.nodes=[3, 5]"]
    swept += ["workload.think=0s", "network.delay={exponential: 1ms}", "workload.entries_per_node=9"]
    charts = swept_charts(ran(tmp_path, set=swept, repeat=3))
    first, saturated = charts["messages per entry"], charts["saturated messages per entry"]
    assert first["across"] == "nodes"
    lamport, maekawa = first["series"]
    assert (lamport["name"], lamport["points"]) == ("lamport", [[3, 6, 6, 6], [5, 12, 12, 12]])
    assert lamport["claim"] == [[3, 6, 6], [5, 12, 12]]
    assert all(low < mean < high for _, mean, low, high in maekawa["points"])
    assert maekawa["claim"] == []  # what is claimed of a saturated maekawa is claimed of its window
    assert [x for x, low, high in saturated["series"][1]["claim"] if low < high] == [3, 5]
    assert list(charts) == [
        "messages per entry", "saturated messages per entry", "wait, ms (mean)", "response time, ms (mean)",
        "synchronisation delay, ms", "entries per s", "Jain's index", "most entries of others before one's own",
    ]  # fmt: skip


def swept_charts(result: Path) -> dict[str, dict[str, Any]]:
    """The charts of a sweep on its page, by their titles."""
    return {chart["title"]: chart for chart in embedded(mxbench.report(result).read_text())["sweep"]["charts"]}


def test_a_sweep_over_a_delay_is_drawn_in_ms_with_the_theory_in_units_of_the_delay(tmp_path: Path) -> None:
    swept = ["matrix.network.delay=[1ms, 500us]", "workload.think=0s", "workload.entries_per_node=9"]
    charts = swept_charts(ran(tmp_path, set=swept))
    assert {chart["across"] for chart in charts.values()} == {"network.delay, ms"}
    [waits] = charts["wait, ms (mean)"]["series"]
    assert [x for x, *_ in waits["points"]] == [0.5, 1]
    assert waits["points"][0][1] < waits["points"][1][1]
    [delays] = charts["synchronisation delay, T"]["series"]
    assert [(x, low, high) for x, low, high in delays["claim"]] == [(0.5, 1, 1), (1, 1, 1)]
    assert [mean for _, mean, _, _ in delays["points"]] == pytest.approx([1, 1])
    assert "response time, T" not in charts  # nothing is claimed of it where everybody waits


def test_durations_that_are_drawn_and_constant_ones_are_lines_of_their_own(tmp_path: Path) -> None:
    swept = ["matrix.workload.think=[2ms, {exponential: 2ms}, 10ms, {exponential: 10ms}]"]
    lines = swept_charts(ran(tmp_path, set=swept))["wait, ms (mean)"]["series"]
    assert {line["name"]: [x for x, *_ in line["points"]] for line in lines} == {
        "lamport, constant": [2, 10], "lamport, exponential": [2, 10],
    }  # fmt: skip


def test_a_sweep_over_the_load_shows_the_most_that_is_claimed(tmp_path: Path) -> None:
    swept = ["matrix.workload.rate=[5, 50]", "network.delay=1ms", "workload.think=null"]
    result = ran(tmp_path, set=swept)
    charts = swept_charts(result)
    [rates] = charts["entries per s, and the most that is claimed"]["series"]
    assert rates["claim"] == [[5, 500, 500], [50, 500, 500]]  # 1 / (1 ms from exit to entry + 1 ms inside)
    assert 0 < rates["points"][0][1] < rates["points"][1][1] < 500
    assert "saturated messages per entry" not in charts
    figure = specification([result], "sweep", measure="entries_per_s")
    assert figure["layer"][-1]["encoding"]["y"]["title"] == ["entries per s", "(dots: at most, as claimed)"]


def test_a_claim_for_all_asking_at_once_is_drawn_where_all_do(tmp_path: Path) -> None:
    swept = ["matrix.algorithm=[lamport, maekawa]", "matrix.nodes=[3, 4]", "workload.think=null"]
    charts = swept_charts(ran(tmp_path, set=[*swept, "matrix.workload.arrivals=[one-at-a-time, closed]"]))
    saturated = [title for title in charts if title.startswith("saturated messages per entry")]
    assert saturated == ["saturated messages per entry (workload.arrivals closed)"]


def test_charts_of_a_sweep_beyond_the_bound_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ran(tmp_path, set=["matrix.nodes=[2, 3]"])
    whole = embedded(mxbench.report(result).read_text())["sweep"]
    monkeypatch.setattr("mxbench.report.page.sweep.MOST_CHARTS", 2)
    cut = embedded(mxbench.report(result).read_text())["sweep"]
    assert (cut["charts"], cut["left"]) == (whole["charts"][:2], len(whole["charts"]) - 2)


def test_what_else_varies_gets_a_chart_of_its_own(tmp_path: Path) -> None:
    swept = ["matrix.nodes=[3, 5]", "matrix.workload.dwell=[1ms, 5ms]"]
    assert list(swept_charts(ran(tmp_path, set=swept)))[:2] == [
        "messages per entry (workload.dwell 1ms)", "messages per entry (workload.dwell 5ms)",
    ]  # fmt: skip


def test_repeats_of_one_setting_are_no_sweep(tmp_path: Path) -> None:
    assert swept_charts(ran(tmp_path, repeat=3)) == {}
