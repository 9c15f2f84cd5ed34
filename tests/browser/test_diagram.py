"""The diagram of a run as a person meets it: its arrows and stays, clicked, hovered over, typed on and dragged."""

from pathlib import Path

import pytest
from chromium import Page
from small_pages import ALL, ARROWS, EXPERIMENT, SAID, result

import mxbench
from mxbench.core.history import History

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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


def test_a_picture_can_be_dragged(page: Page, small: Path) -> None:
    page.open(small / "report.html")
    window = "Number(document.querySelector('.overview .window').getAttribute('x'))"
    page.press("Tab")
    before = page.run(window)
    page.drag(".diagram", -200)
    assert page.run(window) > before
    assert page.run("document.querySelectorAll('.event.chosen').length") == 0, "a drag is no click"


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
