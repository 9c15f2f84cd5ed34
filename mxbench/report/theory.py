"""Claims beside measurements as text: claimed, measured, ratio, holds or does not hold; and how costs grow with n.

It shows the object of mxbench/experiment/theory.py and adds nothing to it.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from mxbench.report.comparison import TABULATED
from mxbench.report.findings import number
from mxbench.report.text import printable, setting_text

HOLDS = {True: "holds", False: "does not hold", None: "-"}
NAMES = {
    "messages_per_entry": "messages per entry",
    "synchronisation_delay": "synchronisation delay",
    "response_time": "response time",
}
Document = dict[str, Any]


def render(document: Document, form: str = "plain") -> str:
    """Return the document in one of comparison.FORMATS."""
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"
    headers, lines = _claims(document)
    if form == "csv":
        return _csv(document["lines"])
    sides = ["right" if header in ("n", "ratio") else "left" for header in headers]
    if form in TABULATED:
        return tabulate(lines, headers, tablefmt=TABULATED[form], disable_numparse=True, colalign=sides) + "\n"
    parts = [tabulate(lines, headers, disable_numparse=True, colalign=sides)]
    if document["growth"]:
        grown, shapes = _grown(document)
        parts.append("How it grows with n (the shape that predicts a left-out point best):")
        parts.append(tabulate(shapes, grown, disable_numparse=True))
    failed = [line for line in document["lines"] if line["holds"] is False]
    claimed = sum(line["holds"] is not None for line in document["lines"])
    parts.append(
        f"{claimed - len(failed)} of {claimed} claims hold. T is the delay of a message. A mean holds if it lies in "
        f"the interval of\nwhat was measured ({100 * document['level']:g} % for all of them together)."
    )
    if any(line["unit"] == "T" and line["claimed"] is not None and line["holds"] is None for line in document["lines"]):
        parts[-1] += " Delays in real time, or beside faults, are told\nand not judged (-)."
    return "\n\n".join(parts) + "\n"


def _claims(document: Document) -> tuple[list[str], list[list[str]]]:
    keys = _varying([line["setting"] for line in document["lines"]])
    headers = ["algorithm", "n", *keys, "quantity", "claimed", "measured", "ratio", "claim"]
    lines = []
    for line in document["lines"]:
        if line["claimed"] is None:
            continue  # of which nothing is claimed: json and csv have it
        unit = " T" if line["unit"] == "T" else ""
        measured, claimed = line["measured"], line["claimed"]
        text = "-"
        if claimed is not None:
            bounds = claimed if isinstance(claimed, list) else [claimed]
            text = " to ".join(number(round(bound, 3)) for bound in bounds) + unit
            text += " (mean)" if line["kind"] == "mean" else ""
        half = (measured["high"] - measured["low"]) / 2
        shown = number(round(measured["mean"], 3)) + (f" ± {half:.2g}" if half > 5e-4 else "") + unit
        ratio = f"{line['ratio']:.3f}" if line["ratio"] is not None else "-"
        setting = [setting_text(line["setting"].get(key)) for key in keys]
        lines.append([printable(line["algorithm"]), str(line["nodes"]), *setting, NAMES[line["quantity"]], text, shown,
                      ratio, HOLDS[line["holds"]]])  # fmt: skip
    return headers, lines


def _grown(document: Document) -> tuple[list[str], list[list[str]]]:
    keys = _varying([curve["setting"] for curve in document["growth"]])
    lines = []
    for curve in document["growth"]:
        setting = [setting_text(curve["setting"].get(key)) for key in keys]
        points = ", ".join(f"{n}: {value:.3g}" for n, value in curve["points"])
        lines.append([printable(curve["algorithm"]), *setting, NAMES[curve["quantity"]], curve["best"],
                      curve["formula"], points])  # fmt: skip
    return ["algorithm", *keys, "quantity", "grows like", "fitted", "measured at n"], lines


def _varying(settings: Sequence[dict[str, Any]]) -> list[str]:
    keys = dict.fromkeys(key for setting in settings for key in setting if key not in ("algorithm", "nodes"))
    return [key for key in keys if len({setting_text(setting.get(key)) for setting in settings}) > 1]


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    fields = ["algorithm", "nodes", "setting", "regime", "quantity", "unit", "claimed", "kind", "measured_mean",
              "measured_low", "measured_high", "ratio", "holds", "runs"]  # fmt: skip
    writer = csv.DictWriter(out, fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        measured = {f"measured_{key}": value for key, value in row["measured"].items()}
        writer.writerow(row | measured | {"setting": setting_text(row["setting"])})
    return out.getvalue()
