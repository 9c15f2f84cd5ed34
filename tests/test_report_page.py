"""The page of a result as a file: what is in it, byte for byte, and what is not. A browser looks in tests/browser."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from result_pages import embedded, ran
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.errors import ResultError
from mxbench.report.page import source
from mxbench.report.page.markup import data, text

HOSTILE = "</script><script>alert(1)</script> \" ' & \u202e reversed"


# ---- the file -------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_page_beside_the_result_and_prints_its_path(tmp_path: Path) -> None:
    result = ran(tmp_path)
    done = CliRunner().invoke(app, ["report", str(result)])
    assert (done.exit_code, done.output) == (0, f"{result / 'report.html'}\n")
    assert (result / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert not list(result.glob(".report*"))  # what is written beside is renamed


def test_the_page_goes_where_it_is_told_to(tmp_path: Path) -> None:
    result = ran(tmp_path)
    assert mxbench.report(result, out=tmp_path / "page.html") == tmp_path / "page.html"
    assert not (result / "report.html").exists()


@pytest.mark.parametrize("name", ["other.yaml", "page", "page.html.txt"])
def test_what_is_called_otherwise_than_a_page_is_not_written_over(tmp_path: Path, name: str) -> None:
    result, other = ran(tmp_path), tmp_path / name
    other.write_text("an experiment")
    done = CliRunner().invoke(app, ["report", str(result), "--out", str(other)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"mxbench: --out {other}: a page is called FILE.html or FILE.htm\n"
    assert other.read_text() == "an experiment"
    other.unlink()
    with pytest.raises(ResultError, match=r"called FILE\.html or FILE\.htm"):
        mxbench.report(result, out=other)
    assert not other.exists()


@pytest.mark.parametrize("out", ["/dev/null", "/dev/stdout", "PAGE.HTM"])
def test_a_page_may_go_to_what_is_no_regular_file(tmp_path: Path, out: str) -> None:
    result = ran(tmp_path)
    with (tmp_path / "page").open("wb") as stream:
        command = [sys.executable, "-m", "mxbench", "report", str(result), "--out", out]
        done = subprocess.run(command, cwd=tmp_path, stdout=stream, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    written = (tmp_path / "PAGE.HTM" if out == "PAGE.HTM" else tmp_path / "page").read_text()
    assert ("<!DOCTYPE html>" in written) == (out != "/dev/null")


def test_the_same_result_gives_the_same_page_byte_for_byte(tmp_path: Path) -> None:
    result = ran(tmp_path, repeat=2)
    first = mxbench.report(result).read_bytes()
    assert mxbench.report(result, out=tmp_path / "again.html").read_bytes() == first


def test_the_same_seed_gives_the_same_pictures(tmp_path: Path) -> None:
    one, other = (mxbench.report(ran(tmp_path / name)).read_text() for name in made(tmp_path, "one", "other"))
    assert embedded(one) == embedded(other)


def made(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names


def test_the_page_says_verdict_question_answer_and_claims_in_this_order(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path)).read_text().partition("<body>")[2]
    said = [
        "valid, as expected",
        "<h1>quick</h1>",
        "Is it?",
        "Valid in the one run, 9 entries",
        "claimed",
        "mutual exclusion",
    ]
    places = [page.index(text) for text in said]
    assert places == sorted(places)
    assert "An entry cost 6.00 messages, claimed 6, and a wait of" in page


def test_what_was_not_recorded_is_the_cause_of_an_undecided_run(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path, set=["history=off"])).read_text()
    assert "no cause was given" not in page
    assert "seed 1: mutual exclusion: requests and entries were not recorded (history: off)." in page


def test_the_page_allows_its_own_script_alone_and_no_request(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path)).read_text()
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page
    assert set(re.findall(r"https?://[^\"'\s]+", page)) <= {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<(link|img|iframe)\b|@import|url\(", page)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path, question=HOSTILE)).read_text()
    assert page.count("<script") == page.count("</script") == 2
    assert "\u202e" not in page
    assert text(HOSTILE) in page


def test_data_cannot_leave_its_script_element() -> None:
    packed = data({"name": HOSTILE})
    assert "<" not in packed
    assert json.loads(packed) == {"name": HOSTILE}


def test_an_interrupted_sweep_is_told_as_such_and_a_run_of_it_is_whole(tmp_path: Path) -> None:
    result = ran(tmp_path, repeat=3)
    assert "Not finished" not in mxbench.report(result).read_text()
    shutil.rmtree(result / "runs" / "3-lamport-n3-r3")
    (result / "summary.json").unlink()  # as if the machine had failed
    page = mxbench.report(result).read_text()
    assert '<p class="warning">Not finished: 2 runs of quick had ended when it was interrupted.</p>' in page
    assert "Not finished" not in mxbench.report(result / "runs" / "1-lamport-n3-r1").read_text()


def test_several_results_share_a_page(tmp_path: Path) -> None:
    results = [ran(tmp_path, algorithm=name) for name in ("lamport", "ricart-agrawala")]
    page = mxbench.report(*results, out=tmp_path / "both.html").read_text()
    assert [run["title"].partition(",")[0] for run in embedded(page)["runs"]] == ["lamport", "ricart-agrawala"]
    assert "from 4.00 messages (ricart-agrawala" in page


def test_a_result_without_its_runs_still_has_its_tables(tmp_path: Path) -> None:
    result = ran(tmp_path)
    shutil.rmtree(result / "runs")
    page = mxbench.report(result).read_text()
    assert embedded(page)["runs"] == []
    assert "Valid in the one run" in page


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{}", "not the output of 'mxbench check --json'"), ("{", "not JSON"), (None, "cannot be read")],
)
def test_a_file_that_is_no_answer_of_check_is_told(tmp_path: Path, content: str | None, complaint: str) -> None:
    file = tmp_path / "answer.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ResultError, match=complaint):
        mxbench.report(file)


# ---- which runs are drawn -------------------------------------------------------------------------------------------


def test_one_run_of_each_setting_is_drawn_and_the_page_says_what_is_not(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path, repeat=3, set=["matrix.algorithm=[lamport, maekawa]"])).read_text()
    assert [run["title"].partition(",")[0] for run in embedded(page)["runs"]] == ["lamport", "maekawa (grid quorums)"]
    assert "4 runs are in the tables alone" in page


def test_two_nodes_inside_are_drawn_before_anything_else() -> None:
    together = {"verdict": "violated", "findings": [{"property": "no overlap", "outcome": "violated"}]}
    stuck = {"verdict": "violated", "findings": [{"property": "progress", "outcome": "violated"}]}
    rows = [{"verdict": "valid"}, {"verdict": "undecided"}, stuck, together]
    assert sorted(rows, key=source.gravity) == rows


def test_the_events_of_all_runs_drawn_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_EVENTS", 10)
    result = ran(tmp_path, set=["matrix.algorithm=[lamport, maekawa]"])
    assert len(embedded(mxbench.report(result).read_text())["runs"]) == 1  # the first is drawn, whatever its size
