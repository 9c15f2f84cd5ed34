"""The page of a submission: its points, what took them, the counterexample. Every name on it stays text.

It needs no script, so none may run; whatever a submission calls itself, nothing is fetched.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from mxbench.check.diagram import diagram
from mxbench.check.text import legend
from mxbench.grading.grade import Graded
from mxbench.grading.rubric import Rubric
from mxbench.report.page.markup import more, table, tag, text

MAX_DRAWN = 400  # steps of a trace
_SIGNS = {"met": "valid", "not met": "violated", "undecided": "undecided"}
_HELD_BY = {
    "rlimits": "limits of the system", "landlock": "Landlock", "seccomp": "seccomp", "audit hook": "an audit hook",
}  # fmt: skip


def page(rubric: Rubric, one: Graded) -> str:
    """Return the page of one submission."""
    head = tag("h1", text(one.name))
    head += tag("p", f"{_points(one.points)} of {_points(rubric.points)} points", id="points")
    head += tag("p", text(f"{rubric.name}; algorithm {one.algorithm or 'unknown'}. {one.summary}"))
    if one.fault is not None:
        head += tag("p", text(f"No points: {one.fault}"), class_="warning")
    if one.tried:
        head += tag("p", text(f"Refused, and noted: it tried to {', '.join(one.tried)}."), class_="warning")
    rows = [(item["name"], item["outcome"], _points(item["points"]), _points(item["of"]), item["text"])
            for item in one.items]  # fmt: skip
    body = [tag("header", head), table(("item", "outcome", "points", "of", "what was found"), rows, "llrrl")]
    body += [_item(item) for item in one.items if item["trace"] or item["evidence"] or item["measured"]]
    if one.output:
        body.append(more("What it printed (counts for nothing)", _lines(one.output.splitlines())))
    held = ", ".join(_HELD_BY.get(name, name) for name in one.in_force)
    body.append(tag("p", text(f"Judged in {one.seconds:.1f} s. It was held by: {held or 'not started'}.")))
    return _document(f"{one.name}: {_points(one.points)} of {_points(rubric.points)}", "\n".join(body))


def index_page(rubric: Rubric, all_graded: Sequence[Graded], pages: Sequence[str]) -> str:
    """Return the page of a course: a row for each submission, which leads to its own."""
    rows = ""
    for one, name in zip(all_graded, pages, strict=True):
        cells = [f'<a href="pages/{quote(name)}">{text(one.name)}</a>', text(_points(one.points))]
        cells += [text(_points(item["points"])) for item in one.items]
        rows += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
    titles = "".join(tag("th", text(title), scope="col")
                     for title in ("submission", "points", *[item.name for item in rubric.items]))  # fmt: skip
    inside = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"
    return _document(rubric.name, tag("h1", text(rubric.name)) + tag("div", inside, class_="scrolls", tabindex="0"))


def _item(item: dict[str, Any]) -> str:
    parts = [tag("h2", text(item["name"])), tag("p", text(item["text"]))]
    trace = item["trace"]
    if trace:
        places = max(item["nodes"], 1 + max(max(step["node"], step.get("sender") or 0) for step in trace))
        if len(trace) <= MAX_DRAWN:
            parts.append(_lines([*diagram(trace, places).splitlines(), "", legend(trace, "shortest")]))
        steps = [(step["step"], step.get("text") or step["event"]) for step in trace]
        parts.append(table(("step", "what happens"), steps, "rl"))
    if item["measured"]:
        rows = [(m["repeat"], m["field"], m["measured"], m["expected"], "yes" if m["met"] else "no")
                for m in item["measured"]]  # fmt: skip
        parts.append(table(("repeat", "field", "measured", "expected", "met"), rows, "rlrll"))
    if item["evidence"]:
        parts.append(_lines(item["evidence"]))
    return tag("section", "\n".join(parts), class_=_SIGNS[item["outcome"]])


def _lines(lines: Sequence[str]) -> str:
    """Return lines as they stand; each is text, and line ends within one are shown as what they are."""
    return f'<div class="scrolls" tabindex="0"><pre>{chr(10).join(text(line) for line in lines)}</pre></div>'


def _points(value: float) -> str:
    return f"{value:g}"


def _document(title: str, body: str) -> str:
    style = (files("mxbench.report.page") / "files" / "page.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{text(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
