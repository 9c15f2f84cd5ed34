"""The page of all results as a person meets it: typed on in a real browser."""

from pathlib import Path

import pytest
from chromium import Page

import mxbench

pytestmark = [pytest.mark.browser, pytest.mark.slow]
QUICK = """name: {name}
question: "<script>window.hacked = 1</script><img src=x onerror=hacked=1>"
algorithm: {algorithm}
nodes: 3
engine: sim
workload: {{type: hold, entries_per_node: 2, dwell: 1ms}}
"""
ROWS = "[...document.querySelectorAll('tbody tr')]"
SHOWN = f"{ROWS}.filter((row) => row.offsetHeight).map((row) => row.cells[3].textContent)"


def test_what_is_typed_filters_the_results_and_nothing_is_asked_of_the_network(page: Page, tmp_path: Path) -> None:
    for name, algorithm in (("first", "lamport"), ("second", "maekawa")):
        (tmp_path / "e.yaml").write_text(QUICK.format(name=name, algorithm=algorithm))
        mxbench.run(tmp_path / "e.yaml", results=tmp_path / "results")
    page.open(tmp_path / "results" / "index.html")
    assert page.run(SHOWN) == ["maekawa", "lamport"]
    for typed, left, said in (
        ("VALID lamp", ["lamport"], "1 of 2"),
        ("nothing", [], "0 of 2"),
        ("", ["maekawa", "lamport"], ""),
    ):
        page.run(f"{{ const box = document.getElementById('filter'); box.value = {typed!r};"
                 "box.dispatchEvent(new Event('input')); }")  # fmt: skip
        assert page.run(SHOWN) == left
        assert page.run("document.getElementById('shown').textContent") == said
    assert page.run("window.hacked") is None
    assert (page.complaints, page.requests) == ([], [(tmp_path / "results" / "index.html").resolve().as_uri()])
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    cut = """(() => {
        const edge = document.querySelector(".scrolls").getBoundingClientRect().right + 1;
        const columns = [...document.querySelectorAll("th")];
        return columns.filter((one) => one.getBoundingClientRect().right > edge).map((one) => one.textContent);
    })()"""
    for width in (1100, 1000):
        page.resize(width)
        page.settle()
        assert page.run(cut) == [], f"columns that nobody sees at a width of {width}"
    page.resize(420)
    page.settle()
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "a phone would have to scroll sideways"
