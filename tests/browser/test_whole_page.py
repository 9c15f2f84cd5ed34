"""The page as a whole, in a real browser: no complaint, every text legible, odd runs, hostile names, and printed."""

from pathlib import Path

import pytest
from chromium import Page
from small_pages import CONTRAST, EXPERIMENT, HOSTILE, result

import mxbench

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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


def test_hostile_names_stay_text(page: Page, tmp_path: Path) -> None:
    folder = result(tmp_path, question=HOSTILE)
    page.open(mxbench.report(folder))
    assert page.complaints == []
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run("document.querySelectorAll('img').length") == 0
    assert "</script><script>window.hacked = 1</script>" in page.run("document.querySelector('.question').textContent")
    assert "\u202e" not in page.run("document.body.textContent")


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
