"""What a grading leaves: points, table, JUnit XML and pages, with hostile names in all of them."""

import csv
import io
from xml.etree import ElementTree

import pytest

from mxbench.grading.examiner import Ended, Marked
from mxbench.grading.grade import Graded, graded
from mxbench.grading.page import index_page, page
from mxbench.grading.rubric import Item, Rubric, RubricLimits
from mxbench.grading.sheet import document, junit, page_name, remarks, table

RUBRIC = Rubric("a <b>rubric</b>", [Item("safe", 3.0, 2, "mutual exclusion"), Item("cheap", 1.5, 3)], RubricLimits())
HOSTILE = "<script>alert(1)</script>\n\x1b[31m\u202e.py"
TRACE = [
    {"step": 1, "event": "request", "node": 0, "text": HOSTILE, "inside": [], "waiting": [0]},
    {"step": 2, "event": "deliver", "node": 1, "sender": 0, "message": HOSTILE, "text": HOSTILE},
]
MARKED = {
    "safe": Marked("safe", "not met", HOSTILE, TRACE, 2),
    "cheap": Marked("cheap", "met", "all as expected", [], 3, [], []),
}


def one(name: str = HOSTILE, **ended: object) -> Graded:
    return graded(name, RUBRIC, MARKED, Ended(HOSTILE, HOSTILE, output=HOSTILE, tried=[HOSTILE], **ended))  # type: ignore[arg-type]


def test_points_are_those_of_the_items_that_were_met() -> None:
    assert one().points == 1.5
    assert [item["points"] for item in one().items] == [0.0, 1.5]


def test_a_submission_that_is_wrong_as_a_whole_has_no_points_and_every_item_says_why() -> None:
    found = one(fault="it answers otherwise when asked again")
    assert found.points == 0
    assert found.items[1]["text"] == "it answers otherwise when asked again"
    assert remarks(found) == "it answers otherwise when asked again"


def test_an_item_that_was_not_judged_brings_nothing() -> None:
    found = graded("a.py", RUBRIC, {}, Ended())
    assert found.points == 0
    assert {item["outcome"] for item in found.items} == {"undecided"}


def test_a_hostile_name_stays_text_on_every_page() -> None:
    for markup in (page(RUBRIC, one()), index_page(RUBRIC, [one()], [page_name(HOSTILE)])):
        assert "<script" not in markup
        assert "\x1b" not in markup
        assert "\u202e" not in markup
        assert "&lt;script&gt;" in markup
        assert "<b>rubric" not in markup
        assert "default-src 'none'" in markup


def test_a_page_draws_the_counterexample() -> None:
    clean = [{**step, "text": "node 0 requests", "message": "Ask(1)"} for step in TRACE]
    marked = {**MARKED, "safe": Marked("safe", "not met", "both inside", clean, 2)}
    drawn = page(RUBRIC, graded("a.py", RUBRIC, marked, Ended()))
    assert "Ask(1)" in drawn
    assert "<pre>" in drawn
    assert "1.5 of 4.5 points" in drawn


def test_the_table_has_a_row_for_each_and_no_cell_that_a_spreadsheet_computes() -> None:
    names = ["=1+1.py", "+cmd.py", "-1.py", "@x.py", 'quote",comma.py']
    rows = list(csv.reader(io.StringIO(table(RUBRIC, [one(name) for name in names]))))
    assert rows[0][:5] == ["submission", "points", "of", "safe", "cheap"]
    assert [row[0] for row in rows[1:]] == [f"'{name}" for name in names[:4]] + names[4:]
    assert [row[1:5] for row in rows[1:]] == [["1.5", "4.5", "0", "1.5"]] * 5
    assert all(len(row) == 6 for row in rows)


def test_the_xml_is_well_formed_and_counts_what_was_not_met() -> None:
    root = ElementTree.fromstring(junit(RUBRIC, [one(), one("b.py")]).encode())
    suites = root.findall("testsuite")
    assert [suite.get("tests") for suite in suites] == ["2", "2"]
    assert [suite.get("failures") for suite in suites] == ["1", "1"]
    assert suites[0].get("name", "").startswith("<script>")
    assert suites[0].find("testcase/failure") is not None


@pytest.mark.parametrize("name", [HOSTILE, "../../etc/passwd", "..", ".hidden", "a/b", "x" * 300, "ü.py", "a b.py"])
def test_the_page_of_a_name_that_no_file_should_have_gets_one_that_it_can(name: str) -> None:
    safe = page_name(name)
    assert safe.isascii()
    assert "/" not in safe
    assert not safe.startswith(".")
    assert len(safe) < 80
    assert page_name(name + "x") != safe


def test_the_json_holds_everything() -> None:
    told = document(RUBRIC, [one("a.py")], 20)
    assert (told["points"], told["seed"], told["submissions"][0]["page"]) == (4.5, 20, "pages/a.py.html")
    assert told["submissions"][0]["items"][0]["trace"] == TRACE
