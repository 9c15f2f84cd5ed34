"""What was found in the runs of an experiment, in sentences: each once, with the runs that it holds for.

A sentence that differs from run to run in its numbers only is given as it stands for the first of them.
"""

import re
from collections.abc import Sequence
from typing import Any

from mxbench.core.claims import claimed_of_all
from mxbench.report.text import cells, printable, several

Row = dict[str, Any]
MOST_NAMED = 3  # runs that are named behind a sentence
OUTCOMES = ("violated", "undecided", "not recorded", "valid")


def findings(rows: list[Row]) -> str:
    """Return a line for each property and outcome; below it the evidence, in full for the first sentence only."""
    found: dict[str, dict[str, list[tuple[str, Row]]]] = {}
    evidence: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for finding in row.get("findings") or []:
            by_outcome = found.setdefault(finding["property"], {})
            by_outcome.setdefault(finding["outcome"], []).append((finding["text"], row))
            key = (finding["property"], finding["outcome"], _pattern(finding["text"]))
            evidence.setdefault(key, list(finding.get("evidence") or []))
    if not found:
        return "nothing was checked"
    width = max(cells(printable(name)) for name in found)
    lines = ["checked:"]
    for name, by_outcome in found.items():
        judged = [row for said in by_outcome.values() for _, row in said]
        label = printable(name) + " " * (width - cells(printable(name)))
        for outcome in sorted(by_outcome, key=lambda o: OUTCOMES.index(o) if o in OUTCOMES else 0):
            for place, (text, where) in enumerate(_grouped(by_outcome[outcome], judged, rows)):
                lines.append(f"  {outcome:<12}  {label}  {text}{where}")
                shown = evidence[name, outcome, _pattern(text)] if place == 0 else []
                lines += [f"      {printable(line)}" for line in shown if line != text]
    return "\n".join(lines)


def _pattern(text: str) -> str:
    """Return the text without its numbers, the plurals they ask for, and hashes: what two runs have in common."""
    return re.sub(r"\b[0-9a-f]{8,}\b|\d+(\.\d+)?( [a-z]+?(ies|y|s)?\b)?", _without_number, printable(text))


def _without_number(match: re.Match[str]) -> str:
    noun, ending = match[2] or "", match[3] or ""
    return "#" + noun.removesuffix(ending)


def _grouped(said: list[tuple[str, Row]], judged: list[Row], rows: list[Row]) -> list[tuple[str, str]]:
    """Return each sentence once, with the runs it holds for, in brackets; nothing if there is but one run.

    judged: the runs in which the property was looked at, of all."""
    patterns: dict[str, list[tuple[str, Row]]] = {}
    for text, row in said:
        patterns.setdefault(_pattern(text), []).append((printable(text), row))
    lines = []
    for same in patterns.values():
        runs = [row for _, row in same]
        differ = len({text for text, _ in same}) > 1
        lines.append((same[0][0], _where(runs, judged, rows, differ)))
    return lines


def _where(runs: list[Row], judged: list[Row], rows: list[Row], differ: bool) -> str:
    if len(rows) == 1:
        return ""
    everywhere = f"in {len(runs)} of {several(len(judged), 'run')}"
    if len(runs) == len(judged):
        everywhere = f"in all {len(rows)} runs" if len(runs) == len(rows) else f"in all {len(runs)} that it applies to"
    if differ:
        return f" ({_run_name(runs[0], rows)}; alike {everywhere})"
    if len(runs) <= MOST_NAMED and len(runs) < len(rows):
        return f" ({'; '.join(_run_name(run, rows) for run in runs)})"
    return f" ({everywhere})"


def _run_name(run: Row, rows: list[Row]) -> str:
    """Return the name of a run by what tells it from the others."""
    words = [printable(run.get(key)) for key in ("experiment", "algorithm", "engine") if _differs(rows, key)]
    words += [several(run.get("nodes") or 0, "node")] * _differs(rows, "nodes") + [f"seed {run.get('seed', '-')}"]
    return " ".join(words)


def _differs(rows: list[Row], key: str) -> bool:
    return any(row.get(key) != rows[0].get(key) for row in rows)


def remarks(rows: list[Row]) -> str:
    """Return what a reader must know before trusting or quoting the numbers above."""
    said: dict[str, list[tuple[str, Row]]] = {"failed": [], "not as expected": [], "claim not met": [], "note": []}
    for row in rows:
        if row.get("failed") or row.get("failure"):
            said["failed"].append((f"{row.get('failure') or 'no cause was given'}", row))
        for item in row.get("expectations") or []:
            if not item.get("met"):
                text = f"{item['field']} is {number(item.get('measured'))}, expected {number(item.get('expected'))}"
                said["not as expected"].append((text, row))
        if row.get("claim_holds") is False:
            said["claim not met"].append((_broken_claim(row), row))
        if row.get("contended") in (False, "no"):
            said["note"].append(("contended: no; nobody waited for another node", row))
        link = row.get("link_delay_ms")
        if link and link["achieved"] != link["requested"]:
            text = f"messages were on their way for {link['achieved']:.3g} ms, {link['requested']:.3g} ms asked (means)"
            said["note"].append((text, row))
        if row.get("broken_assumptions"):
            broken = ", ".join(map(str, row["broken_assumptions"]))
            who = f"{row.get('algorithm')} and the workload {row.get('workload')} assume"
            said["note"].append((f"run outside what {who}: {broken}", row))
    lines = [f"{kind}: {text}{where}" for kind, items in said.items() for text, where in _grouped(items, rows, rows)]
    return "\n".join(lines)


def _broken_claim(row: Row) -> str:
    saturated = row.get("claim_regime") == "saturated"
    measured = row.get("saturated_messages_per_entry" if saturated else "messages_per_entry")
    return f"{row.get('algorithm')} claims {claim(row)} messages an entry, measured {number(measured)}"


def claim(row: Row) -> str | None:
    """Return the claimed messages an entry, a range as '4 to 6', or None where no claim speaks of the run."""
    claimed = row.get("claimed_messages_per_entry")
    if claimed is None:
        return None
    bounds = claimed if isinstance(claimed, list | tuple) else [claimed]
    text = " to ".join(dict.fromkeys(number(round(bound, 2)) for bound in bounds))
    return f"{text} (mean)" if row.get("claim_kind") == "mean" else text


def common_claim(rows: Sequence[Row]) -> str | None:
    """Return what some runs claim together; None where they have nothing in common."""
    claiming = [row for row in rows if row.get("claimed_messages_per_entry") is not None]
    if len({row.get("claim_kind") for row in claiming}) != 1:
        return None
    together = claimed_of_all([row["claimed_messages_per_entry"] for row in claiming])
    return claim({**claiming[0], "claimed_messages_per_entry": together})


def number(value: Any) -> str:
    """Return a number as it is, without more digits than a reader can use."""
    if value is None:
        return "not measured"
    return f"{value:.6g}" if isinstance(value, float) else printable(value)
