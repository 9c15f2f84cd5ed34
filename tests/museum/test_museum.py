"""Every exhibit is found, at the smallest question that finds it, by the fault that its text names."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from exhibits import EXHIBITS, MUSEUM, ROOT, Exhibit
from museum import DOCS, document, found, visit
from typer.testing import CliRunner

from mxbench.check.answer import check
from mxbench.cli import app
from mxbench.core.adversary import parse_adversary
from mxbench.registry import Registry

PLUGINS = sorted({*MUSEUM.glob("*.py")} - {MUSEUM / f"{stem}.py" for stem in ("exhibits", "museum", "test_museum")})
by_name = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)


@cache
def visited(exhibit: Exhibit) -> dict[str, Any]:
    return visit(exhibit)


# ---- what the search finds -----------------------------------------------------------------------------------------


@by_name
def test_the_search_finds_it_with_the_shortest_trace_that_is_pinned(exhibit: Exhibit) -> None:
    assert found(visited(exhibit)) == (exhibit.violates, exhibit.steps), visited(exhibit)["text"]


def smaller(exhibit: Exhibit) -> Iterator[dict[str, Any]]:
    """Yield the questions that are one step smaller: a request less, a node less, or channels that keep their order."""
    requests = exhibit.requests
    for node, count in enumerate(requests):
        if count > exhibit.all_ask:
            yield exhibit.question | {"requests": (*requests[:node], count - 1, *requests[node + 1 :])}
        if exhibit.quorums is None and len(requests) > 1:
            yield exhibit.question | {"requests": (*requests[:node], *requests[node + 1 :])}
    if not parse_adversary(exhibit.network).fifo:
        yield exhibit.question | {"network": "fifo"}


@by_name
def test_no_smaller_question_finds_it(exhibit: Exhibit) -> None:
    for question in smaller(exhibit):
        answer = check(exhibit.file, **question, forget=False)
        assert answer["verdict"] == "valid", (question, answer["text"])


@by_name
def test_the_original_has_no_such_fault(exhibit: Exhibit) -> None:
    original = Registry().get("algorithms", exhibit.original).cls
    network = "fifo" if original.assumes.fifo else exhibit.network
    answer = check(original, **exhibit.question | {"network": network})
    assert answer["verdict"] == "valid", answer["text"]
    assert answer["sometimes"]["contention"] == (len([count for count in exhibit.requests if count]) > 1)


@pytest.mark.parametrize("exhibit", [e for e in EXHIBITS if e.repair], ids=lambda exhibit: exhibit.name)
def test_the_lines_that_are_named_are_the_fault(exhibit: Exhibit, tmp_path: Path) -> None:
    file = tmp_path / "repaired.py"
    file.write_text(exhibit.repaired())
    answer = check(file, **exhibit.question, forget=False)
    assert answer["verdict"] == "valid", answer["text"]


def test_a_repair_whose_text_is_not_there_once_is_refused() -> None:
    gone = EXHIBITS[0]._replace(repair=(("no such text", ""),))
    with pytest.raises(ValueError, match="stands 0 times"):
        gone.repaired()


# ---- the exhibits and their texts ----------------------------------------------------------------------------------


def test_there_are_more_than_a_dozen_and_every_file_has_its_place() -> None:
    assert len({exhibit.file for exhibit in EXHIBITS}) >= 12
    assert len({exhibit.name for exhibit in EXHIBITS}) == len(EXHIBITS)
    assert {exhibit.file for exhibit in EXHIBITS} >= set(PLUGINS)


@pytest.mark.parametrize("file", PLUGINS, ids=lambda file: file.stem)
def test_a_file_tells_where_it_is_from_what_is_done_and_why_it_is_wrong(file: Path) -> None:
    text = file.read_text()
    for part in ("\nSource: ", "\nWhat it does: ", "\nWhy it is wrong: ", "# The fault: "):
        assert part in text
    assert re.search(r"\(commit\s[0-9a-f]{7}", text) or "https://" in text
    name = file.stem.replace("_", "-")
    assert Registry(files=(str(file),)).get("algorithms", name).origin == str(file)


@by_name
def test_the_source_of_the_table_is_that_of_the_file(exhibit: Exhibit) -> None:
    if exhibit.file.parent == MUSEUM:
        assert exhibit.source.split(",")[0] in exhibit.file.read_text() or "Ricart" in exhibit.source


# ---- the guide -----------------------------------------------------------------------------------------------------


def test_the_docs_hold_what_was_found() -> None:
    now = document([visited(exhibit) for exhibit in EXHIBITS])
    assert DOCS.read_text() == now, "run: python tests/museum/museum.py --write"


@by_name
def test_the_command_of_the_docs_finds_it(exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(exhibit.command)
    done = CliRunner().invoke(app, [*words, "--json", "--save", str(tmp_path / "found.yaml")])
    assert (program, done.exit_code) == ("mxbench", 1), done.output
    assert found(json.loads(done.stdout)) == (exhibit.violates, exhibit.steps)
