"""The page as a person meets it: opened in a real browser, looked at, clicked and typed on."""

import json
import math
import statistics
from pathlib import Path
from typing import Any

import pytest
from chromium import Page
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.core.history import History
from mxbench.metrics.delay import synchronisation_delays

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BROKEN = Path(__file__).parent.parent / "broken"
EXPERIMENT = """name: small
question: {question}
algorithm: {algorithm}
nodes: 3
engine: sim
workload: {{type: bank, transfers_per_node: {transfers}, dwell: 1ms, think: {{exponential: 5ms}}}}
{more}
"""
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror=hacked=1> \" ' & \u202e reversed"
FAULTY = """
break_assumptions: true
network: {fifo: false, duplicate: 0.2, delay: {exponential: 3ms}}
faults: [{at: 8ms, crash: 1, for: 10ms}, {at: 12ms, partition: [[0], [1, 2]], for: 5ms}, {at: 25ms, pause: 2, for: 6ms}]
"""
ARROWS = "document.querySelectorAll('.diagram [data-m]').length"
SAID = "document.querySelector('.said').textContent"
TITLES = "[...document.querySelectorAll('#charts figcaption')].map((one) => one.textContent)"
ALL = '#space-time button[aria-label="show all"]'
CONTRAST = """(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = numbers(getComputedStyle(e).backgroundColor);
      if (found.length && found[3] !== 0) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    if (!walker.currentNode.data.trim() || element.closest("script, style, noscript, [hidden]")) continue;
    if (!element.getClientRects().length) continue;
    const text = numbers(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(text), light(paper(element))].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return bad;
})()"""


def result(
    folder: Path, algorithm: str = "lamport", question: str = "Is it?", transfers: int = 3, more: str = ""
) -> Path:
    """Run a small experiment; return the folder of its result."""
    file = folder / "small.yaml"
    text = EXPERIMENT.format(algorithm=algorithm, question=json.dumps(question), transfers=transfers, more=more)
    file.write_text(text)
    return Path(mxbench.run(file, results=folder / "results")["result"])


def messages(history: History) -> int:
    """How many messages a history holds, those of the workload too."""
    return sum(event.kind == "sent" for event in history)


def past_of(history: History, place: int) -> int:
    """How many events can have caused that at a place in the order of events: by vector clocks, one a record."""
    n = len(history.plan.places)
    clocks: list[list[int]] = [[0] * n for _ in range(n)]
    carried: dict[tuple[int, int, int], list[int]] = {}
    counts: dict[tuple[int, int], int] = {}
    for position, (node, _, code) in enumerate(history.records()):
        kind, peer = code & 15, code >> 12 & 0xFFFFF
        if kind == 4:
            clocks[node] = [max(pair) for pair in zip(clocks[node], carried[peer, node, code >> 32], strict=True)]
        clocks[node][node] += 1
        if kind == 3:
            for to in range(history.plan.nodes) if peer == 0xFFFFF else (peer,):
                if to != node:
                    sequence = counts.get((node, to), 0)
                    counts[node, to] = sequence + 1
                    carried[node, to, sequence] = list(clocks[node])
        if position == place:
            return sum(clocks[node]) - 1
    raise AssertionError("there is no such event")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = result(tmp_path_factory.mktemp("small"))
    mxbench.report(folder)
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = result(tmp_path_factory.mktemp("faulty"), transfers=12, more=FAULTY)
    mxbench.report(folder)
    return folder


@pytest.mark.parametrize("width", [1280, 480])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_opens_without_complaint_or_request_and_fits_the_window(
    page: Page, small: Path, width: int, dark: bool
) -> None:
    page.open(small / "report.html", width, dark=dark)
    assert page.run("document.documentElement.dataset.ready") == "yes"
    assert page.complaints == []
    assert page.requests == [(small / "report.html").resolve().as_uri()]
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_contrast(page: Page, faulty: Path, dark: bool) -> None:
    page.open(faulty / "report.html", dark=dark)
    page.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.click(".diagram .event")
    assert page.run(CONTRAST) == []


def test_the_contrast_test_sees_grey_on_white(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.run("document.querySelector('h1').style.color = '#999'")
    assert page.run(CONTRAST) == ["small: 2.85"]


def test_the_diagram_has_an_arrow_a_message(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.click(ALL)
    history = mxbench.load_history(small)
    assert page.run(ARROWS) == messages(history) > 50
    inside = page.run("document.querySelectorAll('.diagram .stay .inside').length")
    numbers = page.run("[...document.querySelectorAll('.numbers text')].map((one) => one.textContent)")
    assert inside == len(history.entries)
    assert numbers[0] == "#{0.number} ({0.stamp[0]}, {0.stamp[1]})".format(
        next(entry for entry in history.entries if entry.node == 0)
    )


def test_a_type_of_message_can_be_left_out(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.click(ALL)
    before = page.run(ARROWS)
    page.click(".types input")
    requests = sum(event.kind == "sent" and event.type == "Request" for event in mxbench.load_history(small))
    assert before - page.run(ARROWS) == requests > 0


def test_a_click_on_an_event_lights_its_causal_past_and_future(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.click(ALL)
    history = mxbench.load_history(small)
    places = page.run("[...document.querySelectorAll('.diagram [data-e]')].map((one) => Number(one.dataset.e))")
    for place in (places[0], places[20], places[45]):
        page.click(f'.diagram [data-e="{place}"]')
        chosen = int(page.run("document.querySelector('.event.chosen').dataset.e"))  # the last event of that spot
        past = past_of(history, chosen)
        assert f"{past} event{'s' * (past != 1)} before it" in page.run("document.querySelector('.counts').textContent")
        assert page.run("document.querySelectorAll('.event.past').length") <= past  # records of values have no dot
        assert page.run("document.querySelectorAll('.event.chosen').length") == 1
        assert page.run("document.querySelectorAll('.event.future').length") > 0
    page.press("Escape")
    assert page.run("document.querySelectorAll('.event.past, .event.dim, .event.chosen').length") == 0


def test_a_second_click_on_a_spot_chooses_the_event_before_it(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    records = list(mxbench.load_history(small).records())
    received = next(place for place, (_, _, code) in enumerate(records) if code & 15 == 4)
    assert records[received + 1][:2] == records[received][:2], "the reply is sent at the very time"
    page.click(f'.diagram [data-e="{received}"]')
    assert "sends Reply" in page.run(SAID)
    page.click(f'.diagram [data-e="{received}"]')
    assert "receives Request" in page.run(SAID)


def test_hovering_over_a_message_tells_what_it_carries(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    first = next(place for place, (_, _, code) in enumerate(mxbench.load_history(small).records()) if code & 15 == 4)
    page.hover(f'.diagram [data-e="{first}"]')
    tip = page.run("document.querySelector('.tip').textContent")
    assert "receives Request(clock=1) from node" in tip
    page.hover(".diagram [data-m] .reach")
    tip = page.run("document.querySelector('.tip').textContent")
    assert "Request(clock=1) from node" in tip
    assert "\nsent at " in tip
    page.hover("h1")
    assert page.run("document.querySelector('.tip').hidden") is True


def test_the_keyboard_walks_from_event_to_event_and_moves_the_window(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.run("document.querySelector('.diagram').focus()")
    page.press("n")
    first = page.run(SAID)
    page.press("n")
    page.press("n")
    assert page.run(SAID) != first
    page.press("p")
    page.press("p")
    assert page.run(SAID) == first
    before = page.run("document.querySelector('.here th').textContent")
    page.press("ArrowDown")
    assert page.run("document.querySelector('.here th').textContent") != before
    window = "document.querySelector('.overview .window').getAttribute('{}')"
    wide, left = (float(page.run(window.format(name))) for name in ("width", "x"))
    page.press("+")
    page.press("ArrowRight")
    assert float(page.run(window.format("width"))) < wide
    assert float(page.run(window.format("x"))) > left
    page.press("0")
    assert page.run(ARROWS) == messages(mxbench.load_history(small))


def test_a_click_on_a_stay_shows_its_messages(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.run("document.querySelector('#gantt .picture').focus()")
    page.press("Enter")
    assert "enters (number" in page.run(SAID)


def test_lost_repeated_and_late_messages_and_faults_are_drawn_as_such(page: Page, faulty: Path) -> None:
    history = mxbench.load_history(faulty)
    assert history.ending.reason != "failed"
    sent: dict[tuple[int, int, int], int] = {}
    for event in history:
        if event.kind == "sent":
            sent[event.node, event.peer, event.sequence] = 0
        elif event.kind == "delivered":
            sent[event.peer, event.node, event.sequence] += 1
    page.open(faulty / "report.html")
    page.click(ALL)
    counted = {
        name: page.run(f"document.querySelectorAll('.diagram {selector}').length")
        for name, selector in (("lost", ".cross"), ("again", ".shaft.again"), ("faults", ".fault"), ("all", "[data-m]"))
    }
    lost = sum(count == 0 for count in sent.values())
    again = sum(count - 1 for count in sent.values() if count > 1)
    assert counted == {"lost": lost, "again": again, "faults": 5, "all": len(sent)}
    assert min(lost, again) > 0
    legend = page.run("document.querySelector('.types').textContent")
    assert f"{lost} lost, " in legend
    assert "late (overtaken)" in legend


def test_only_more_nodes_than_may_be_inside_are_drawn_as_together(page: Page, tmp_path: Path) -> None:
    text = EXPERIMENT.format(algorithm="{name: raymond-k-entry, k: 2}", question="'?'", transfers=3, more="")
    (tmp_path / "two.yaml").write_text(text.replace("bank", "hold").replace("transfers_per_node", "entries_per_node"))
    folder = Path(mxbench.run(tmp_path / "two.yaml", results=tmp_path / "results")["result"])
    page.open(mxbench.report(folder))
    assert len({entry.number for entry in mxbench.load_history(folder).entries}) < 9, "two were inside together"
    legend = "document.querySelector('#gantt .legend').textContent"
    together = "document.querySelectorAll('#gantt rect.overlap').length"
    assert page.run(together) == 0
    assert "together" not in page.run(legend)
    text = (folder / "report.html").read_text()
    assert text.count('"most_inside":2') == 1
    (tmp_path / "one.html").write_text(text.replace('"most_inside":2', '"most_inside":1'))
    page.open(tmp_path / "one.html")
    assert page.run(together) > 0
    assert "two inside together" in page.run(legend)


def test_words_at_neighbouring_arrows_do_not_cover_each_other(page: Page, faulty: Path) -> None:
    page.open(faulty / "report.html", width=480)
    page.click(ALL)
    covered = page.run("""(() => {
        const boxes = [...document.querySelectorAll(".diagram .mark-text")].map((one) => one.getBoundingClientRect());
        const beside = (a, b) => a.left >= b.right - 2 || b.left >= a.right - 2;
        const cover = (a, b) => !beside(a, b) && a.top < b.bottom - 4 && b.top < a.bottom - 4;
        return [boxes.length, boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => cover(a, b))).length];
    })()""")
    assert covered[0] > 5
    assert covered[1] == 0


def test_a_scenario_has_its_whole_width_on_a_narrow_page(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    CliRunner().invoke(app, ["check", str(BROKEN / "current_clock.py"), "--save", str(file)])
    page.open(mxbench.report(file), width=480)
    wide, below = page.run("""(() => {
        const box = (one) => document.querySelector(one).getBoundingClientRect();
        const [picture, panel] = [box(".diagram"), box(".panel")];
        return [picture.width, panel.top - picture.bottom];
    })()""")
    assert wide > 440
    assert below > 0


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


def test_hostile_names_stay_text(page: Page, tmp_path: Path) -> None:
    folder = result(tmp_path, question=HOSTILE)
    page.open(mxbench.report(folder))
    assert page.complaints == []
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run("document.querySelectorAll('img').length") == 0
    assert "</script><script>window.hacked = 1</script>" in page.run("document.querySelector('.question').textContent")
    assert "\u202e" not in page.run("document.body.textContent")


def test_hostile_messages_stay_text(page: Page, tmp_path: Path) -> None:
    trace: list[dict[str, Any]] = [
        {"event": "request", "node": 0, "text": HOSTILE, "sends": [[1, f"Ask({HOSTILE})"]],
         "state": {HOSTILE: ["", HOSTILE]}},
        {"event": "deliver", "node": 1, "sender": 0, "message": f"Ask({HOSTILE})"},
    ]  # fmt: skip
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"algorithm": HOSTILE, "nodes": 2, "verdict": "violated", "trace": trace}))
    page.open(mxbench.report(file))
    page.hover(".diagram [data-m] .reach")
    assert page.complaints == []
    assert page.run("typeof window.hacked") == "undefined"
    assert "\u202e" not in page.run("document.body.textContent")


def test_a_scenario_is_gone_through_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    answer = mxbench.check(BROKEN / "current_clock.py")
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer))
    page.open(mxbench.report(file))
    page.run("document.querySelector('.diagram').focus()")
    doing = "[...document.querySelectorAll('.doing')].map((one) => one.textContent)"
    names = {True: "inside", False: "outside"}
    for key, steps in (("p", answer["trace"][::-1]), ("n", answer["trace"])):
        for step in steps:
            assert page.run(SAID) == f"step {step['step']} of 10: {step['text']}"
            expected = [
                "waiting" if node in step.get("waiting", ()) else names[node in step.get("inside", ())]
                for node in range(3)
            ]
            assert page.run(doing) == expected
            page.press(key)  # at either end it stays there
    assert page.run(SAID).startswith("step 10 of 10")
    page.press("p")
    assert page.run(SAID).startswith("step 9 of 10")


def test_a_counterexample_opens_with_its_violation_in_sight(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    command = ["check", str(BROKEN / "replies_while_inside.py"), "--nodes", "2", "--save", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 1
    page.open(mxbench.report(file))
    assert page.run(SAID).startswith("step 6 of 6: node 0 receives Reply(2) from 1, ENTERS")
    assert page.run("document.querySelectorAll('.diagram .dim, .diagram .under-way').length") == 0
    assert page.run(ARROWS) == 4
    assert page.run("document.querySelectorAll('.doing.inside.together').length") == 2
    ends = page.run("""[...document.querySelectorAll(".diagram .stay .inside")].map((one) => {
        const box = one.getBoundingClientRect();
        return [box.left, box.right];
    })""")
    assert len(ends) == 2, "both stays are drawn"
    assert max(left for left, _ in ends) < min(right for _, right in ends), "and one sees that they overlap"


def test_a_long_scenario_opens_at_its_last_steps(page: Page, tmp_path: Path) -> None:
    trace = [{"event": "release" if i % 2 else "request", "node": 0, "text": f"t{i}"} for i in range(100)]
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"algorithm": "long", "nodes": 2, "verdict": "violated", "trace": trace}))
    page.open(mxbench.report(file))
    assert page.run(SAID) == "step 100 of 100: t99"
    assert page.run("document.querySelector('.diagram .axis').textContent").endswith("step 100")


def test_a_scenario_shows_the_states_of_the_nodes_beside_it(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    done = CliRunner().invoke(app, ["check", str(BROKEN / "current_clock.py"), "--save", str(file)])
    assert done.exit_code == 1
    page.open(mxbench.report(file))
    assert (tmp_path / "scenario.html").is_file()
    page.run("document.querySelector('.diagram').focus()")
    states = "[...document.querySelectorAll('.state')].map((one) => one.innerText)"
    for _ in range(9):
        page.press("p")
    before = page.run(states)
    page.press("n")
    after = page.run(states)
    assert page.run(SAID).startswith("step 2 of 10: node 0 receives Request(1) from 1")
    assert [i for i in range(3) if before[i] != after[i]] == [0]
    assert "highest = 1" in after[0]


def test_a_picture_can_be_dragged(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    window = "Number(document.querySelector('.overview .window').getAttribute('x'))"
    page.press("Tab")
    before = page.run(window)
    page.drag(".diagram", -200)
    assert page.run(window) > before
    assert page.run("document.querySelectorAll('.event.chosen').length") == 0, "a drag is no click"


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


def test_the_marks_beside_the_counts_have_the_colours_of_the_events(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    page.click(ALL)
    page.click('.diagram [data-e="45"]')
    for when in ("past", "future"):
        mark, dot = (
            page.run(f"getComputedStyle(document.querySelector('{element}')).{colour}")
            for element, colour in ((f".counts .lit.{when}", "backgroundColor"), (f".event.{when} .dot", "fill"))
        )
        assert mark == dot


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


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("history: off", "no events were recorded"),
        ("history: sections", "messages were not recorded"),
        ("nodes: 1", "1 node"),
        ("workload: {type: counter, entries_per_node: 4, dwell: 1ms}", "server 3"),
    ],
    ids=["no history", "sections", "one node", "a server"],
)
def test_runs_with_little_in_them_or_with_a_server_are_shown(page: Page, tmp_path: Path, more: str, said: str) -> None:
    key = more.partition(":")[0]
    text = EXPERIMENT.format(algorithm="lamport", question="'?'", transfers=2, more="")
    kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    (tmp_path / "odd.yaml").write_text("\n".join([*kept, more, "expect: {}"]))
    result = mxbench.run(tmp_path / "odd.yaml", results=tmp_path / "results")["result"]
    page.open(mxbench.report(result))
    page.run("document.querySelector('.diagram').focus()")
    page.press("n")
    assert page.complaints == []
    assert said in page.run("document.querySelector('#pictures').textContent")


def test_another_run_can_be_chosen(page: Page, tmp_path: Path) -> None:
    folder = result(tmp_path, more="matrix: {algorithm: [lamport, maekawa]}")
    page.open(mxbench.report(folder))
    page.run("""(() => {
        const select = document.querySelector("select");
        select.value = "1";
        select.dispatchEvent(new Event("change"));
    })()""")
    page.settle()
    assert "Locked" in page.run("document.querySelector('.types').textContent")
    assert page.complaints == []


def test_a_printed_page_is_black_on_white_even_in_the_dark(page: Page, small: Path) -> None:
    page.open(small / "report.html", dark=True)
    page.media("print", dark=True)
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.querySelector('.tools')).display") == "none"
    assert page.run(CONTRAST) == []
    page.media("screen")


def test_a_printed_page_loses_nothing_at_its_edge(page: Page, tmp_path: Path) -> None:
    more = "matrix: {workload.rate: [5, 50]}\nnetwork: {delay: 1ms}\nrepeat: 3"
    text = EXPERIMENT.format(algorithm="lamport", question="'?'", transfers=3, more=more)
    (tmp_path / "wide.yaml").write_text(text.replace("think: {exponential: 5ms}", "rate: 5"))
    folder = Path(mxbench.run(tmp_path / "wide.yaml", results=tmp_path / "results")["result"])
    page.open(mxbench.report(folder), width=1280)
    page.media("print")
    page.run("document.querySelector('main').style.width = '700px'")  # A4 less its margins; no script hears of a print
    page.settle()
    wide = """[...document.querySelectorAll("#results > .scrolls > table, .picture, .overview")]
        .map((one) => one.getBoundingClientRect().width)"""
    assert max(page.run(wide)) <= 701
    for picture in ("#gantt .picture", ".diagram"):
        wide, high, drawn = page.run(f"""(() => {{
            const picture = document.querySelector({picture!r}), box = picture.getBoundingClientRect();
            return [box.width, box.height, picture.getAttribute("viewBox").split(" ").map(Number)];
        }})()""")
        assert drawn[2] > 750, "it was drawn for the screen"
        assert wide / high == pytest.approx(drawn[2] / drawn[3], rel=0.01), "smaller, and nothing of it is cut"
    assert page.run("getComputedStyle(document.querySelector('.hint')).display") == "none"
    page.media("screen")


def test_a_hundred_thousand_messages_open_and_zoom_without_drawing_them_all(page: Page, tmp_path: Path) -> None:
    folder = result(tmp_path, transfers=10)
    document = mxbench.run(
        folder, set=["nodes=10", "workload.transfers_per_node=370", "workload.think={exponential: 50ms}"],
        results=tmp_path / "long",
    )  # fmt: skip
    assert document["runs"][0]["messages"] == 99_900
    page.open(mxbench.report(document["result"]))
    assert page.complaints == []
    assert 0 < page.run(ARROWS) < 900
    page.click(ALL)
    assert page.run(ARROWS) == 0
    assert "messages in view: zoom in" in page.run("document.querySelector('#space-time .note').textContent")
    page.run("document.querySelector('.diagram').focus()")
    for _ in range(14):
        page.press("+")
    assert 0 < page.run(ARROWS) <= 900
