"""The ledger, the charts and the sweeps of a page as a browser draws them, beside what the histories hold."""

import math
import statistics
from pathlib import Path

import pytest
from chromium import Page
from small_pages import ALL, BROKEN, CONTRAST, EXPERIMENT, result
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.metrics.delay import synchronisation_delays

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TITLES = "[...document.querySelectorAll('#charts figcaption')].map((one) => one.textContent)"


def test_the_ledger_has_a_block_a_height_and_links(page: Page, small: Path) -> None:
    page.open(small / "report.html", width=2600)
    blocks = page.run("document.querySelectorAll('#chain [data-b]').length")
    assert blocks == page.run("document.querySelectorAll('#chain .link.whole').length") > 5
    assert page.run("document.querySelectorAll('#chain .link.broken').length") == 0


def chart(page: Page, title: str) -> str:
    """The expression of the chart whose title begins so."""
    places = [place for place, one in enumerate(page.run(TITLES)) if one.startswith(title)]
    assert len(places) == 1, title
    return f"document.querySelectorAll('#charts figure')[{places[0]}]"


def test_the_overtaking_of_each_node_is_drawn_beside_its_entries(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    history = mxbench.load_history(small)
    means = []
    for node in range(3):
        own = [entry for entry in history.entries if entry.node == node]
        others = [entry.entered or 0 for entry in history.entries if entry.node != node]
        counts = [sum(one.requested < at <= (one.entered or 0) for at in others) for one in own]
        means.append(round(sum(counts) / len(counts), 3))
    drawn = chart(page, "Overtaking, by node: entries of others between request and entry, on average (at most ")
    told = page.run(f"{drawn}.querySelector('svg').getAttribute('aria-label')")
    assert told.endswith(": " + ", ".join(f"node {node} {mean:g}" for node, mean in enumerate(means)))
    widths = page.run(f"[...{drawn}.querySelectorAll('rect')].map((one) => Number(one.getAttribute('width')))")
    assert widths == pytest.approx([182 * mean / max(*means, 1) for mean in means], abs=0.06)
    assert max(widths) > 0
    assert [title.partition(",")[0] for title in page.run(TITLES)[-2:]] == ["Entries", "Overtaking"]


DISTRIBUTED = {
    "waits": "wait, ms",
    "response times": "response time (from request to release), ms",
    "synchronisation delays": "synchronisation delay, ms",
}


@pytest.mark.parametrize("what", DISTRIBUTED)
def test_waits_responses_and_synchronisation_delays_are_drawn_with_percentiles(
    page: Page, small: Path, what: str
) -> None:
    page.open(small / "report.html")
    history = mxbench.load_history(small)
    times = sorted(one / 1e6 for one in {
        "waits": [(entry.entered or 0) - entry.arrival for entry in history.entries],
        "response times": [(entry.released or 0) - entry.arrival for entry in history.entries],
        "synchronisation delays": synchronisation_delays(history),
    }[what])  # fmt: skip
    drawn = chart(page, f"Share of {what} up to a length (50 % within ")
    title = page.run(f"{drawn}.querySelector('figcaption').textContent")
    half = statistics.median_low(times)
    assert float(title.partition("50 % within ")[2].partition(",")[0]) == pytest.approx(half, rel=0.01)
    assert float(title.partition("all within ")[2].partition(" ms)")[0]) == pytest.approx(times[-1], rel=0.01)
    told = page.run(f"{drawn}.querySelector('svg').getAttribute('aria-label')")
    assert told == f"{title}, over {DISTRIBUTED[what]}"
    line = page.run(f"{drawn}.querySelector('.balance').getAttribute('d')")
    assert line.startswith("M46 176H")  # from no time and no share, at the left below
    reached = [float(part.partition("V")[0]) for part in line.split("H")[1:]]
    assert reached == pytest.approx([46 + 322 * at / times[-1] for at in [times[0], *times]], abs=0.06)
    points = page.run(f"[...{drawn}.querySelectorAll('.point')].map((one) => Number(one.getAttribute('cx')))")
    ranks = [math.ceil(share * len(times)) - 1 for share in (0.5, 0.9, 0.99)]
    assert points == pytest.approx([46 + 322 * times[rank] / times[-1] for rank in ranks], abs=0.06)


def test_delays_that_are_all_zero_still_stand_on_an_axis_with_numbers(page: Page, tmp_path: Path) -> None:
    folder = result(tmp_path, more="network: {delay: 0s}")
    assert {*synchronisation_delays(mxbench.load_history(folder))} == {0}
    page.open(mxbench.report(folder))
    drawn = chart(page, "Share of synchronisation delays up to a length (50 % within 0, 90 % within 0, ")
    along = f"[...{drawn}.querySelectorAll('text[text-anchor=middle]')].map((one) => one.textContent)"
    assert page.run(along) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "synchronisation delay, ms"]


def test_the_balances_of_many_clients_stand_within_their_picture(page: Page, small: Path, tmp_path: Path) -> None:
    folder = mxbench.run(small, set=["nodes=10", "workload.transfers_per_node=12"], results=tmp_path / "results")
    page.open(mxbench.report(folder["result"]))
    told = page.run("""(() => {
        const picture = document.querySelector(".balances").getBoundingClientRect();
        const texts = [...document.querySelectorAll(".balances text")].filter((one) => one.textContent.includes(": "));
        const boxes = texts.map((one) => one.getBoundingClientRect());
        return boxes.map((box) => [box.top - picture.top, picture.bottom - box.bottom]);
    })()""")
    assert len(told) == 10
    assert min(min(pair) for pair in told) >= 0
    assert len({round(top) for top, _ in told}) == 10, "none covers another"


def test_a_ledger_without_a_block_has_no_balances_to_draw(page: Page, tmp_path: Path) -> None:
    page.open(mxbench.report(result(tmp_path, transfers=1, more="break_assumptions: true\nnetwork: {loss: 0.999}")))
    assert page.complaints == []
    assert "0 blocks" in page.run("document.querySelector('#chain').textContent")
    assert page.run("document.querySelectorAll('.balances').length") == 0


def test_a_sweep_is_drawn_with_its_claims_and_bands(page: Page, tmp_path: Path) -> None:
    more = "repeat: 3\nmatrix: {algorithm: [lamport, maekawa], nodes: [3, 5]}"
    page.open(mxbench.report(result(tmp_path, more=more)))
    assert page.complaints == []
    titles = page.run("[...document.querySelectorAll('#sweep figcaption')].map((one) => one.textContent)")
    assert titles[:3] == ["messages per entry", "wait, ms (mean)", "response time, ms (mean)"]
    counted = {
        name: page.run(f"document.querySelectorAll('#sweep figure:{which} svg.chart {selector}').length")
        for name, which, selector in (
            ("points", "first-child", ".point"),
            ("claims", "first-child", ".claim"),  # maekawa's needs more load
            ("bands of counts", "first-child", ".hue0 .band"),
            ("bands of waits", "nth-child(2)", ".band"),
            ("claims of waits", "nth-child(2)", ".claim"),
        )
    }
    assert counted == {"points": 4, "claims": 1, "bands of counts": 0, "bands of waits": 2, "claims of waits": 0}
    claimed, measured = (
        page.run(f"document.querySelector('#sweep .chart {selector}').getAttribute('d')")
        for selector in (".claim", ".hue0 .balance")
    )
    assert claimed == measured  # lamport costs what it claims
    assert page.run("document.querySelectorAll('#charts figure').length") == 8
    assert page.run(CONTRAST) == []


def test_lines_beyond_the_colours_differ_by_their_dash_and_zeros_have_a_plain_axis(page: Page, tmp_path: Path) -> None:
    names = (
        "lamport, ricart-agrawala, maekawa, suzuki-kasami, raymond, naimi-trehel, neilsen-mizuno, coordinator, singhal"
    )
    more = f"matrix: {{algorithm: [{names}], nodes: [2, 3]}}"
    text = EXPERIMENT.format(algorithm="lamport", question="'?'", transfers=1, more=more)
    (tmp_path / "many.yaml").write_text(text.replace("think: {exponential: 5ms}", "arrivals: one-at-a-time"))
    page.open(mxbench.report(mxbench.run(tmp_path / "many.yaml", results=tmp_path / "results")["result"]))
    seen = page.run("""[...document.querySelectorAll("#sweep figure:first-child .chart > g > .balance")].map((one) =>
        `${getComputedStyle(one).stroke} ${one.getAttribute("stroke-dasharray")}`)""")
    assert len(seen) == len(set(seen)) == 9
    titles = page.run("[...document.querySelectorAll('#sweep figcaption')].map((one) => one.textContent)")
    place = titles.index("most entries of others before one's own") + 1
    axis = f"[...document.querySelectorAll('#sweep figure:nth-child({place}) text[text-anchor=end]')]"
    assert page.run(f"{axis}.map((one) => one.textContent)") == ["0.0", "0.5", "1.0"]


@pytest.mark.parametrize("width", [1280, 480])
def test_no_number_of_an_axis_is_cut_at_the_edge(page: Page, faulty: Path, tmp_path: Path, width: int) -> None:
    file = tmp_path / "scenario.yaml"
    CliRunner().invoke(app, ["check", str(BROKEN / "current_clock.py"), "--save", str(file)])
    for opened in (faulty / "report.html", mxbench.report(file)):
        page.open(opened, width=width)
        page.click(ALL)
        over = page.run("""[...document.querySelectorAll(".picture .axis text")].filter((one) =>
            one.getBoundingClientRect().right > one.closest(".picture").getBoundingClientRect().right)
            .map((one) => one.textContent)""")
        assert over == []


def test_a_band_ends_where_no_value_can_be(page: Page, tmp_path: Path) -> None:
    folder = result(
        tmp_path, transfers=1, more="repeat: 3\nmatrix: {nodes: [2, 3]}\nnetwork: {delay: {uniform: [0ms, 9ms]}}"
    )
    assert min(line["measures"]["wait_ms.mean"]["low"] for line in mxbench.compare(folder)["lines"]) < 0
    page.open(mxbench.report(folder))
    band = page.run("document.querySelector('#sweep figure:nth-child(2) .band').getAttribute('d')")
    lowest = max(float(point.split()[1]) for point in band.strip("Mz").split("L"))
    assert lowest == 176, "the bottom of the chart"
