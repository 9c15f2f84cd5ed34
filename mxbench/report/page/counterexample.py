"""The page of a trace: a counterexample of `mxbench check`, or a scenario that was carried out, to go through by steps.

It reads the plain data of `check --json`; of a replay the steps also tell the nodes' states.
"""

from typing import Any

from mxbench.report.page.document import document, pictures
from mxbench.report.page.markup import more, table, tag, text
from mxbench.report.page.steps import steps_run
from mxbench.report.page.summary import MARKS
from mxbench.report.text import several

FACTS = ("nodes", "requests", "network", "quorums", "states", "transitions", "depth", "limit", "found")


def trace_page(answer: dict[str, Any]) -> str:
    """Return the whole page for an answer: algorithm, nodes, verdict, property, text, trace."""
    trace = answer.get("trace") or []
    run = steps_run(trace, answer["nodes"])
    run |= {"title": f"{answer['algorithm']}, {several(run['nodes'], 'node')}", "verdict": answer.get("verdict")}
    run["most_inside"] = answer.get("k") or 1
    body = [tag("header", _head(answer)), pictures(0), _steps(trace), _facts(answer)]
    return document(f"{answer.get('verdict')}: {answer['algorithm']}", "\n".join(body), {"runs": [run]})


def _head(answer: dict[str, Any]) -> str:
    verdict = str(answer.get("verdict") or "undecided")
    mark = tag("span", MARKS.get(verdict, ""), aria_hidden="true")
    broken = f": {answer['property']}" if answer.get("property") else ""
    chip = tag("p", f"{mark} {text(verdict + broken)}", class_=f"verdict {verdict}", id="verdict")
    return f"{chip}<h1>{text(answer['algorithm'])}</h1>{tag('p', text(answer.get('text') or ''), class_='answer')}"


def _steps(trace: list[dict[str, Any]]) -> str:
    rows = [(number, step.get("text") or step["event"]) for number, step in enumerate(trace, 1)]
    if not rows:
        return ""
    return more(f"The {several(len(rows), 'step')} in words", table(("step", "what happens"), rows, "rl"))


def _facts(answer: dict[str, Any]) -> str:
    rows = [(key, answer[key]) for key in FACTS if answer.get(key) is not None]
    said = "".join(f"<p>{text(line)}</p>" for line in answer.get("not_covered") or ())
    return tag("section", f"<h2>What was asked</h2>{table(('field', 'value'), rows, 'll')}{said}", id="environment")
