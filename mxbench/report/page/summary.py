"""The head of the page: the verdict, the question and a one-line answer, the tables, and what to know of them."""

from collections.abc import Iterable
from typing import Any

from mxbench.core.verdict import SEVERITY
from mxbench.experiment.results import is_run
from mxbench.report.comparison import Column, difference_columns, judging, measured_columns, reading
from mxbench.report.findings import claim, remarks
from mxbench.report.page.markup import lines, more, table, tag, text
from mxbench.report.page.source import Contents, Row, gravity
from mxbench.report.text import setting_text, several

MARKS = {"valid": "✓", "violated": "✗", "undecided": "?"}
MOST_ROWS = 500
MADE_WITH = ("python", "system", "architecture", "cpu")
RUN_COLUMNS = (
    ("algorithm", "l"), ("nodes", "r"), ("engine", "l"), ("seed", "r"), ("entries", "r"), ("messages", "r"),
    ("messages_per_entry", "r"), ("wait_ms.mean", "r"), ("wait_ms.p99", "r"), ("sync_delay_ms.mean", "r"),
    ("entries_per_s", "r"), ("verdict", "l"),
)  # fmt: skip


def verdict_of(contents: Contents) -> str:
    """Return the worst verdict of all runs."""
    return str(contents.comparison["verdict"])


def head(contents: Contents) -> str:
    """Return the verdict, the name, the question and the answer."""
    verdict = verdict_of(contents)
    mark = tag("span", MARKS.get(verdict, ""), aria_hidden="true")
    chip = tag("p", f"{mark} {text(verdict)}{text(_expected(contents))}", class_=f"verdict {verdict}", id="verdict")
    names = ", ".join(dict.fromkeys(result.source.name for result in contents.results))
    questions = dict.fromkeys(str(result.document.get("question") or "") for result in contents.results)
    asked = "".join(tag("p", text(question), class_="question") for question in questions if question)
    warned = "".join(tag("p", text(warning), class_="warning") for warning in _warnings(contents))
    return f"{chip}<h1>{text(names)}</h1>{asked}{tag('p', text(answer(contents)), class_='answer')}{warned}"


def _warnings(contents: Contents) -> Iterable[str]:
    broken = sorted({str(one) for row in contents.rows for one in row.get("broken_assumptions") or ()})
    if broken:
        yield f"Run outside what algorithm and workload assume: {', '.join(broken)}."
    for result in contents.results:
        if result.document.get("interrupted") and not is_run(result.folder):
            ended = several(len(result.document["runs"]), "run")
            yield f"Not finished: {ended} of {result.source.name} had ended when it was interrupted."


def answer(contents: Contents) -> str:
    """Return in one line what was found: the violation if there is one, else what an entry cost."""
    rows, verdict = contents.rows, verdict_of(contents)
    if verdict != "valid":
        bad = [row for row in rows if row.get("verdict") == verdict]
        if not bad:
            return f"{verdict.capitalize()}, by a run whose record is lost."
        first = max(bad, key=gravity)
        said = _finding(first, verdict) or first.get("failure") or _finding(first, "not recorded")
        said = said or "no cause was given"
        return f"{verdict.capitalize()} in {_of(len(bad), len(rows))}. {_named(first)}: {said}."
    where = f"all {len(rows)} runs" if len(rows) > 1 else "the one run"
    entries = sum(row.get("entries") or 0 for row in rows)
    return f"Valid in {where}, {several(entries, 'entry')} in all. {_cost(contents.comparison)}".strip()


def _finding(row: Row, outcome: str) -> str | None:
    found = (finding for finding in row.get("findings") or () if finding["outcome"] == outcome)
    return next((f"{finding['property']}: {finding['text']}" for finding in found), None)


def _cost(comparison: dict[str, Any]) -> str:
    lines = [line for line in comparison["lines"] if "messages_per_entry" in line["measures"]]
    if not lines:
        return ""
    by_cost = sorted(lines, key=lambda line: float(line["measures"]["messages_per_entry"]["mean"]))
    least, most = by_cost[0], by_cost[-1]
    if least is most:
        claimed = claim(least)
        wait = least["measures"].get("wait_ms.mean")
        said = f"An entry cost {_mean(least)} messages" + (f", claimed {claimed}" if claimed else "")
        return said + (f", and a wait of {wait['mean']:.3g} ms on average." if wait else ".")
    if _mean(least) == _mean(most):
        return f"An entry cost {_mean(least)} messages in each of {len(lines)} settings."
    return f"An entry cost from {_mean(least)} messages ({_setting(least)}) to {_mean(most)} ({_setting(most)})."


def _mean(line: dict[str, Any]) -> str:
    return f"{line['measures']['messages_per_entry']['mean']:.2f}"


def _setting(line: dict[str, Any]) -> str:
    own = {key: value for key, value in line["setting"].items() if value is not None}
    words = [str(own.pop("algorithm", line["algorithm"])), several(own.pop("nodes", line["nodes"]), "node")]
    return ", ".join([*words, *(f"{key} {setting_text(value)}" for key, value in own.items())])


def _of(some: int, all_: int) -> str:
    return several(all_, "run") if some == all_ else f"{some} of {several(all_, 'run')}"


def _named(row: Row) -> str:
    return f"{row.get('algorithm')} with {several(row.get('nodes') or 0, 'node')}, seed {row.get('seed')}"


def _expected(contents: Contents) -> str:
    met = [result.document.get("expect_met") for result in contents.results]
    if None in met:
        return ""
    return ", as expected" if all(met) else ", and not all is as expected"


def tables(contents: Contents) -> str:
    """Return what was measured, which differences are real, what was checked, and every run."""
    comparison, rows = contents.comparison, contents.rows
    measured = _columns(measured_columns(comparison), "Measured, beside what the algorithm claims")
    parts = [
        "<h2>Comparison</h2>",
        measured,
        lines(reading(comparison)),
        lines(remarks(rows)),
        '<div id="sweep"></div>',
    ]
    differences = difference_columns(comparison)
    if differences:
        parts.append(more("Which differences are real?", _columns(differences, "") + lines(judging(comparison))))
    parts.append(_runs(rows))
    parts += ["<h2>Checked</h2>", *_findings(rows)]
    return tag("section", "\n".join(part for part in parts if part), id="results")


def _columns(columns: list[Column], caption: str) -> str:
    rows = zip(*(column.cells for column in columns), strict=True)
    headers = [column.header.replace(".", ".\n") for column in columns]  # of a key, a line for each part
    return table(headers, rows, "".join(column.side for column in columns), caption)


def _runs(rows: list[Row]) -> str:
    headers, sides = zip(*RUN_COLUMNS, strict=True)
    body = [[_shown(_field(row, header)) for header in headers] for row in rows[:MOST_ROWS]]
    left_out = f"<p>The first {MOST_ROWS} of {len(rows)} runs.</p>" if len(rows) > MOST_ROWS else ""
    names = [header.replace("_", " ").replace(".", " ") for header in headers]
    return more(f"Every run ({len(rows)})", table(names, body, "".join(sides)) + left_out)


def _field(row: Row, name: str) -> Any:
    key, _, inner = name.partition(".")
    value = row.get(key)
    return (value or {}).get(inner) if inner else value


def _shown(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def _findings(rows: list[Row]) -> Iterable[str]:
    """Yield an item for each property: the outcomes, the worst first, each with a sentence and its evidence."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        for finding in row.get("findings") or ():
            found.setdefault(finding["property"], {}).setdefault(finding["outcome"], []).append(finding)
    items = []
    for name, outcomes in found.items():
        for outcome in sorted(outcomes, key=lambda outcome: -SEVERITY.get(outcome, -1)):
            said = outcomes[outcome]
            alike = _alike(said, len(rows))
            chip = f'<span class="outcome {text(outcome).replace(" ", "-")}">{text(outcome)}</span>'
            items.append(
                f"<dt>{chip} {text(name)}</dt><dd>{text(said[0]['text'])}{text(alike)}{_evidence(said[0])}</dd>"
            )
    yield f"<dl>{''.join(items)}</dl>" if items else "<p>Nothing was checked.</p>"


def _alike(said: list[dict[str, Any]], runs: int) -> str:
    """Return in how many runs a finding was made; its sentence is that of the first where their numbers differ."""
    if runs == 1:
        return ""
    where = f"all {runs} runs" if len(said) == runs else f"{len(said)} of {runs} runs"
    same = len({finding["text"] for finding in said}) == 1
    return f" ({'' if same else 'the first; alike '}in {where})"


def _evidence(finding: dict[str, Any]) -> str:
    evidence = finding.get("evidence") or ()
    if not evidence:
        return ""
    shown = "\n".join(text(line) for line in evidence)
    return more("Evidence", f'<pre tabindex="0">{shown}</pre>', opened=finding["outcome"] == "violated")


def environment(contents: Contents) -> str:
    """Return where and how the results were made, and the experiments as they were run."""
    parts = ["<h2>Environment</h2>"]
    for result in contents.results:
        made = result.source.environment
        told = [f"mxbench {made.get('mxbench')}", *(str(made[key]) for key in MADE_WITH if made.get(key))]
        parts.append(f"<p>{text(result.source.name)}, {text(result.folder.name)}: {text(', '.join(told))}</p>")
        parts.append(more("All that is known of it", table(("field", "value"), list(_flat(made)), "ll")))
        if result.experiment:
            file = "\n".join(text(line) for line in result.experiment.splitlines())
            parts.append(more("The experiment", f'<pre tabindex="0">{file}</pre>'))
    return tag("section", "\n".join(parts), id="environment")


def _flat(value: dict[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{above}{key} ")
        elif item is not None:
            yield f"{above}{key}", ", ".join(map(str, item)) if isinstance(item, list) else str(item)
