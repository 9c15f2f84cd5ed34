"""What a grading leaves: a table for the course's list, JUnit XML, everything as JSON, and a page each."""

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

from mxbench.errors import MachineError
from mxbench.experiment.folder import reason, write_json
from mxbench.files import write_whole
from mxbench.grading.grade import Graded
from mxbench.grading.page import index_page, page
from mxbench.grading.rubric import Rubric
from mxbench.report.text import printable

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


def write(folder: Path, rubric: Rubric, all_graded: list[Graded], seed: int) -> dict[str, Any]:
    """Write grades.csv, junit.xml, grades.json, index.html and pages/, and return what is in the JSON."""
    told = document(rubric, all_graded, seed)
    try:
        pages = folder / "pages"
        pages.mkdir(parents=True, exist_ok=True)
        for one in all_graded:
            write_whole(pages / page_name(one.name), page(rubric, one))
        write_whole(folder / "index.html", index_page(rubric, all_graded, [page_name(one.name) for one in all_graded]))
        write_whole(folder / "grades.csv", table(rubric, all_graded))
        write_whole(folder / "junit.xml", junit(rubric, all_graded))
        write_json(folder / "grades.json", told)
    except OSError as error:
        raise MachineError(f"'{folder}' cannot be written: {reason(error)}") from error
    return told


def document(rubric: Rubric, all_graded: list[Graded], seed: int) -> dict[str, Any]:
    """Return everything as plain data."""
    submissions = [{**msgspec.to_builtins(one), "page": f"pages/{page_name(one.name)}"} for one in all_graded]
    return {"rubric": rubric.name, "points": rubric.points, "seed": seed, "submissions": submissions}


def page_name(name: str) -> str:
    """Return a file name for the page of a submission; one that is not plain gets a plain one of its own."""
    if _PLAIN.fullmatch(name):
        return f"{name}.html"
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:40]}-{digest}.html"


def table(rubric: Rubric, all_graded: list[Graded]) -> str:
    """Return a row for each submission: its points, those of each item, and what has to be said."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_cell, ["submission", "points", "of", *[item.name for item in rubric.items], "remarks"]))
    for one in all_graded:
        points = [_number(item["points"]) for item in one.items]
        row = [one.name, _number(one.points), _number(rubric.points), *points, remarks(one)]
        writer.writerow(map(_cell, row))
    return stream.getvalue()


def remarks(one: Graded) -> str:
    """Return in one line what keeps a submission from its points."""
    if one.fault is not None:
        return one.fault
    said = [f"it tried to {', '.join(one.tried)}"] if one.tried else []
    return "; ".join([*said, *[f"{item['name']}: {item['text']}" for item in one.items if not item["met"]]])


def junit(rubric: Rubric, all_graded: list[Graded]) -> str:
    """Return JUnit XML: a suite for each submission, a case for each item."""
    root = ElementTree.Element("testsuites", name=_text(rubric.name))
    for one in all_graded:
        bad = [item for item in one.items if not item["met"]]
        suite = ElementTree.SubElement(
            root, "testsuite", name=_text(one.name), tests=str(len(one.items)), errors="0", skipped="0",
            failures=str(len(bad)), time=f"{one.seconds:.3f}",
        )  # fmt: skip
        for item in one.items:
            case = ElementTree.SubElement(suite, "testcase", classname=_text(one.name), name=_text(item["name"]))
            if not item["met"]:
                text = one.fault or item["text"]
                failure = ElementTree.SubElement(case, "failure", message=_text(text), type=item["outcome"])
                lines = [step.get("text") or step["event"] for step in item["trace"]]
                failure.text = "\n".join(_text(line) for line in [text, *lines, *item["evidence"]])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(value: object) -> str:
    return printable(value)


def _cell(value: object) -> str:
    shown = printable(value)
    return f"'{shown}" if shown.startswith(_FORMULA) and not isinstance(value, int | float) else shown


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
