"""The page of all results: what it lists, that it is rewritten, and that it reads each summary once."""

import base64
import hashlib
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import mxbench
from mxbench.experiment import index
from mxbench.experiment.index import page, refresh_index, write_index
from mxbench.experiment.invocation import Interrupted, RunProgress

QUICK = """name: {name}
question: {question}
algorithm: lamport
nodes: 3
engine: sim
workload: {{type: hold, entries_per_node: 2, dwell: 1ms}}
repeat: 2
"""
HOSTILE = "</td><script>alert(1)</script> @rows@ \" ' & \u202e reversed"


class Cells(HTMLParser):
    """The rows of the page as texts, and every link and element that there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "a":
            self.links.append(dict(attributes)["href"] or "")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1] and data.strip():
            self.rows[-1][-1] += f"{data.strip()} "


def ran(folder: Path, name: str = "quick", question: str = "Is it?") -> Path:
    (folder / "e.yaml").write_text(QUICK.format(name=name, question=json.dumps(question)))
    return Path(mxbench.run(folder / "e.yaml", results=folder / "results")["result"])


def listed(results: Path) -> Cells:
    return Cells((results / "index.html").read_text())


def summaries(results: Path, count: int, verdict: str = "valid") -> list[Path]:
    """Lay out that many invocations, the oldest first, as they are after their runs."""
    files = []
    for number in range(count):
        folder = (
            results / "laid" / f"2026-01-01_{number // 3600:02d}-{number // 60 % 60:02d}-{number % 60:02d}.000_abcd"
        )
        folder.mkdir(parents=True)
        files.append(folder / "summary.json")
        files[-1].write_text(json.dumps({"verdict": verdict, "runs": [{"algorithm": "lamport", "nodes": 3}]}))
    return files


def test_each_run_adds_a_line_above_the_others_with_verdict_and_figures(tmp_path: Path) -> None:
    first, second = ran(tmp_path, "older"), ran(tmp_path, "newer")
    cells = listed(tmp_path / "results")
    assert [row[1].split()[0] for row in cells.rows[1:]] == ["newer", "older"]
    time, experiment, verdict, algorithms, engine, nodes, runs, entries, messages, wait, rate = cells.rows[1]
    assert time.strip() == second.name[:10] + " " + second.name[11:19].replace("-", ":")
    assert (experiment, verdict, algorithms, engine) == ("newer Is it? ", "valid ", "lamport ", "sim ")
    assert (nodes, runs, entries, messages) == ("3 ", "2 ", "12 ", "6 ")
    assert float(wait) > 0
    assert float(rate) > 0
    assert cells.links == [f"{folder.parent.name}/{folder.name}/" for folder in (second, first)]


def test_a_report_is_linked_once_it_exists(tmp_path: Path) -> None:
    result = ran(tmp_path)
    (result / "report.html").write_text("a page")
    refresh_index(result / "report.html")
    links = listed(tmp_path / "results").links
    assert f"quick/{result.name}/report.html" in links
    assert all((tmp_path / "results" / link).exists() for link in links)
    (result / "report.html").unlink()
    write_index(tmp_path / "results")
    assert len(listed(tmp_path / "results").links) == 1


def test_the_same_results_give_the_same_bytes_kept_lines_or_new_ones(tmp_path: Path) -> None:
    ran(tmp_path)
    made = (tmp_path / "results" / "index.html").read_bytes()
    assert write_index(tmp_path / "results").read_bytes() == made
    (tmp_path / "results" / "index.html").unlink()
    assert write_index(tmp_path / "results").read_bytes() == made
    assert not list((tmp_path / "results").glob(".index*"))  # what is written beside is renamed


def test_hostile_texts_stay_text_and_only_the_pages_own_script_may_run(tmp_path: Path) -> None:
    ran(tmp_path, question=HOSTILE)
    text = (tmp_path / "results" / "index.html").read_text()
    cells = Cells(text)
    assert cells.scripts == 1
    assert cells.rows[1][1].replace(" ", "") == "quick" + HOSTILE.replace("\u202e", "\\u202e").replace(" ", "")
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text
    assert not re.search(r"(src|href)=.(https?:)?//", text)


def test_hostile_folder_names_are_quoted_in_links(tmp_path: Path) -> None:
    [file] = summaries(tmp_path, 1)
    odd = tmp_path / 'a"b#?%<c>'
    (tmp_path / "laid").rename(odd)
    write_index(tmp_path)
    assert listed(tmp_path).links == [f"a%22b%23%3F%25%3Cc%3E/{file.parent.name}/"]


def test_a_summary_is_read_once_and_again_only_when_it_changed(tmp_path: Path) -> None:
    [file] = summaries(tmp_path, 1)
    write_index(tmp_path)
    status = file.stat()
    file.write_text(file.read_text().replace("valid", "wrong"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    write_index(tmp_path)
    assert listed(tmp_path).rows[1][2] == "valid ", "it was read although nothing told that it had changed"
    file.write_text(file.read_text().replace("wrong", "violated"))
    write_index(tmp_path)
    assert listed(tmp_path).rows[1][2] == "violated "


@pytest.mark.parametrize("text", ["", "{", '{"runs": 3}', "\udcff", '{"verdict": "fine", "runs": [{"nodes": "x"}]}'])
def test_what_cannot_be_read_has_a_line_all_the_same(tmp_path: Path, text: str) -> None:
    [file] = summaries(tmp_path, 1)
    file.write_bytes(text.encode(errors="surrogateescape"))
    write_index(tmp_path)
    assert listed(tmp_path).rows[1][2] in ("unfinished ", "unknown ")


def test_more_than_a_thousand_are_cut_off_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST", 20)
    summaries(tmp_path, 25)
    text = page(tmp_path)
    assert "The newest 20 of 25 invocations; the others are in the folders beside this file." in text
    rows = Cells(text).rows[1:]
    assert (len(rows), rows[0][0], rows[-1][0]) == (20, "2026-01-01 00:00:24 ", "2026-01-01 00:00:05 ")


def test_a_page_elsewhere_makes_no_index(tmp_path: Path) -> None:
    refresh_index(tmp_path / "a" / "b" / "report.html")
    assert not list(tmp_path.rglob("index.html"))


def test_folders_that_are_no_invocations_are_passed_over(tmp_path: Path) -> None:
    summaries(tmp_path, 1)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "one.yaml").write_text("x")
    (tmp_path / "empty" / "folder").mkdir(parents=True)
    (tmp_path / "latest").symlink_to("laid", target_is_directory=True)
    assert len(Cells(page(tmp_path)).rows) == 2


def test_an_interrupted_run_is_listed_as_unfinished(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(QUICK.format(name="cut", question='"Cut?"'))

    def interrupt(progress: RunProgress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        mxbench.run(tmp_path / "e.yaml", results=tmp_path / "results", on_progress=interrupt)
    assert listed(tmp_path / "results").rows[1][2] == "valid unfinished "


def test_a_run_does_not_depend_on_the_index(tmp_path: Path) -> None:
    (tmp_path / "results" / "index.html").mkdir(parents=True)
    assert ran(tmp_path).is_dir()
    assert not list((tmp_path / "results").glob(".index*"))
