"""A comparison as text: for a terminal with all that a reader needs to trust it, else one table in a format.

It shows the object of mxbench/experiment/comparison.py and adds nothing to it. No line is wrapped and no name is cut.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tabulate import tabulate

from mxbench.core.verdict import SEVERITY
from mxbench.report.findings import claim, number
from mxbench.report.saturation import saturation
from mxbench.report.text import SIDES, printable, setting_text, several, table

Line = dict[str, Any]
FORMATS = ("plain", "github", "latex", "csv", "html", "json")
TABULATED = {"github": "github", "latex": "latex_booktabs", "html": "html"}
USUAL = {"history": "full", "break_assumptions": False}  # not worth a word
YES_NO = {True: "yes", False: "no", None: "-"}
NAMES = {
    "messages_per_entry": "messages per entry",
    "wait_ms.mean": "wait ms",
    "sync_delay_ms.mean": "sync ms",
    "entries_per_s": "entries per s",
}


class Column(NamedTuple):
    """A column: its header, of which a line end may become a blank, its side, and the text of each line."""

    header: str
    side: str
    cells: list[str]


def render(comparison: dict[str, Any], form: str = "plain", differences: bool = False) -> str:
    """Return a comparison in one of FORMATS; `differences` asks for that table instead of the one of measurements."""
    if form == "json":
        return json.dumps(comparison, indent=2, ensure_ascii=False, default=str) + "\n"
    if form == "csv":
        return _csv(_difference_fields(comparison) if differences else _line_fields(comparison))
    columns = difference_columns(comparison) if differences else measured_columns(comparison)
    if form in TABULATED:
        return _tabulated(columns, TABULATED[form])
    if differences:
        return _plain(columns) + "\n"
    parts = [_head(comparison), _plain(columns), reading(comparison), _plain(difference_columns(comparison))]
    parts += [judging(comparison), saturation(comparison["saturation"]), _remarks(comparison)]
    parts.append(f"verdict: {comparison['verdict']}")
    return "\n\n".join(part for part in parts if part) + "\n"


# ---- the two tables -------------------------------------------------------------------------------------------------


def measured_columns(comparison: dict[str, Any]) -> list[Column]:
    """Return the table of what was measured, a line a setting: claimed beside measured, intervals where there are."""
    lines: list[Line] = comparison["lines"]
    saturated = [line["claim_regime"] == "saturated" for line in lines]  # the lines that the figure is claimed of
    columns = [
        *(_setting_column(key, [line["setting"] for line in lines]) for key in comparison["varying"]),
        Column("runs", "r", [str(line["runs"]) for line in lines]),
        _measured("messages\nper entry", lines, "messages_per_entry", 2),
        *[_measured("saturated\nper entry", lines, "saturated_messages_per_entry", 2, saturated)] * any(saturated),
        _measured("bytes\nper entry", lines, "payload_bytes_per_entry"),
        Column("claimed", "r", [claim(line) or "-" for line in lines]),
        Column("ratio", "r", [_ratio(line) for line in lines]),
        _measured("wait ms\nmean", lines, "wait_ms.mean"),
        _measured("sync ms\nmean", lines, "sync_delay_ms.mean"),
        _measured("offered\nper s", lines, "offered_per_s"),
        _measured("entries\nper s", lines, "entries_per_s"),
        Column("sustained", "l", [YES_NO[line["sustained"]] for line in lines]),
        Column("verdict", "l", [_verdict(line) for line in lines]),
    ]
    return [column for column in columns if column.header == "claimed" or set(column.cells) != {"-"}]


def difference_columns(comparison: dict[str, Any]) -> list[Column]:
    """Return the table of differences, a line for each pair and measure; no columns where nothing is compared."""
    found: list[dict[str, Any]] = comparison["differences"]
    if not found:
        return []
    shared = [_setting_column(key, [d["setting"] for d in found]) for key in found[0]["setting"]]
    compared = comparison["compared"]
    return [
        _setting_column(compared, [{compared: d["to"]} for d in found]),
        _setting_column("against", [{"against": d["from"]} for d in found]),
        *shared,
        Column("measure", "l", [NAMES[d["measure"]] for d in found]),
        Column("mean", "r", [_figures(d["other_mean"]) for d in found]),
        Column("mean against", "r", [_figures(d["reference_mean"]) for d in found]),
        Column("difference", "r", [_change(d, d["difference"]) for d in found]),
        Column("95 % interval", "r", [_interval(d) for d in found]),
        Column("effect", "r", ["-" if d["effect"] is None else f"{d['effect']:+.2f}" for d in found]),
        Column("is it real?", "l", [f"{d['outcome']}{' (exact)' * d['exact']}" for d in found]),
    ]


def _setting_column(key: str, settings: Sequence[dict[str, Any]]) -> Column:
    values = [setting.get(key) for setting in settings]
    side = "r" if all(isinstance(value, int | float) for value in values) else "l"
    return Column(printable(key), side, [setting_text(value) for value in values])


def _measured(
    header: str, lines: list[Line], measure: str, digits: int | None = None, shown: Sequence[bool] | None = None
) -> Column:
    """Return the column of a measure: its mean, and half its interval where there is one; `shown` picks lines."""
    found = [line["measures"].get(measure) for line in lines]
    found = [summary if wanted else None for summary, wanted in zip(found, shown or [True] * len(found), strict=True)]
    if digits is None:
        largest = max((abs(summary["mean"]) for summary in found if summary), default=0)
        digits = next(digits for digits, bound in ((0, 1000), (1, 100), (2, 0)) if largest >= bound)
    return Column(header, "r", ["-" if summary is None else _plus_minus(summary, digits) for summary in found])


def _plus_minus(summary: dict[str, Any], digits: int) -> str:
    text = f"{summary['mean']:.{digits}f}"
    return text if summary["high"] is None else f"{text} ± {summary['high'] - summary['mean']:.{digits}f}"


def _ratio(line: Line) -> str:
    """Return measured / claimed; for a range, which has no ratio, on which side of it the measured number lies."""
    if line["claim_ratio"] is not None:
        return f"{line['claim_ratio']:.2f}"
    return {True: "within", False: "outside", None: "-"}[line["claim_holds"]]


def _verdict(line: Line) -> str:
    counts = sorted(line["verdicts"].items(), key=lambda item: -SEVERITY.get(item[0], 0))
    return counts[0][0] if len(counts) == 1 else ", ".join(f"{count} {verdict}" for verdict, count in counts)


def _change(difference: dict[str, Any], value: float) -> str:
    """Return a difference as a share of the reference's mean, as it is where that is 0."""
    if difference["relative"] is None:
        return f"{value:+.4g}"
    return f"{100 * value / difference['reference_mean']:+.1f} %"


def _interval(difference: dict[str, Any]) -> str:
    if difference["low"] is None:
        return "-"
    return f"{_change(difference, difference['low'])} to {_change(difference, difference['high'])}"


def _figures(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


# ---- the formats ----------------------------------------------------------------------------------------------------


def _plain(columns: list[Column]) -> str:
    if not columns:
        return ""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    return table([column.header for column in columns], rows, "".join(column.side for column in columns))


def _tabulated(columns: list[Column], form: str) -> str:
    escaped: Callable[[str], str] = (lambda cell: cell.replace("|", "\\|")) if form == "github" else str
    rows = [[escaped(cell) for cell in row] for row in zip(*(column.cells for column in columns), strict=True)]
    headers = [escaped(column.header.replace("\n", " ")) for column in columns]
    sides = [SIDES[column.side] for column in columns]
    return tabulate(rows, headers, tablefmt=form, disable_numparse=True, colalign=sides if rows else None) + "\n"


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: json.dumps(v) if isinstance(v, dict | list | bool) else v for key, v in row.items()} for row in rows
    )
    return file.getvalue()


def _line_fields(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines with one field a column; numbers as they are, an interval as two columns."""
    measures = {measure: None for line in comparison["lines"] for measure in line["measures"]}
    found = []
    for line in comparison["lines"]:
        own: dict[str, Any] = {"source": line["source"], "experiment": line["experiment"], **line["setting"]}
        own["runs"] = line["runs"]
        for measure in measures:
            summary = line["measures"].get(measure) or {}
            own |= {f"{measure}{end}": summary.get(end[1:] or "mean") for end in ("", "_low", "_high")}
        claimed = line["claimed_messages_per_entry"]
        low, high = claimed if isinstance(claimed, list) else (claimed, claimed)
        own |= {"claimed_messages_per_entry_low": low, "claimed_messages_per_entry_high": high}
        found.append(
            own | {key: line[key] for key in ("claim_kind", "claim_ratio", "claim_holds", "sustained", "verdict")}
        )
    return found


def _difference_fields(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in d.items() if key != "setting"} | d["setting"] for d in comparison["differences"]
    ]


# ---- what a reader must know ----------------------------------------------------------------------------------------


def _head(comparison: dict[str, Any]) -> str:
    """Return what is compared, and all that the lines have in common."""
    text = [
        f"result {source['number']}: {printable(source['result'])} ({printable(source['experiment'])}, "
        f"{several(source['runs'], 'run')})"
        for source in comparison["sources"]
    ]
    told = [(key, v) for key, v in comparison["same"].items() if v is not None and USUAL.get(key) != v]
    same = [f"{printable(key)} {setting_text(value)}" for key, value in told]
    return "\n".join([*text, *[f"in all lines: {', '.join(same)}"] * bool(same)])


def reading(comparison: dict[str, Any]) -> str:
    """Return how the numbers of the table are to be read, a line for each thing to know."""
    summaries = [summary for line in comparison["lines"] for summary in line["measures"].values()]
    said = []
    if any(summary["high"] is not None for summary in summaries):
        said.append("each number is the mean of its runs ± half its 95 % interval (t); a count without it never varied")
    if any(summary["repeats"] < 3 for summary in summaries):
        said.append("no interval for fewer than 3 runs; 'repeat: 5' gives one")
    if any(line["verdicts"].get("undecided") for line in comparison["lines"]):
        said.append("runs that are undecided have no part in the numbers")
    if comparison["compared"] is None and len(comparison["lines"]) > 1:
        said.append("no two lines differ in one thing alone, so no difference is tested")
    return "\n".join(said)


def judging(comparison: dict[str, Any]) -> str:
    """Return how it was told whether a difference is real, where one was tested."""
    found = comparison["differences"]
    tested = [difference for difference in found if difference["p"] is not None]
    said = []
    if tested:
        kinds = dict.fromkeys(
            f"{d['effect_kind']} ({'paired by seed' if d['paired'] else 'not paired'})" for d in tested
        )
        said = [
            "interval: bootstrap (Student's t below 8 repeats); different: it leaves out 0, and a t test agrees "
            f"(Holm's adjustment for {several(len(tested), 'test')})",
            f"effect: {', '.join(kinds)}, from -1 to +1",
        ]
    if any(difference["exact"] for difference in found):
        said.append(
            "exact: no value varied within a line, or none within a pair of runs, so they are compared as they are"
        )
    return "\n".join(said)


def _remarks(comparison: dict[str, Any]) -> str:
    said = []
    for line in comparison["lines"]:
        name = ", ".join(f"{key} {setting_text(value)}" for key, value in line["setting"].items())
        if line["claim_holds"] is False:
            said.append(f"claim not met: {printable(name)}: claimed {claim(line)} messages an entry")
        if line["verdict"] == "violated":
            said.append(f"violated: {printable(name)}: its price is not that of mutual exclusion")
    for item in comparison["noise"] or []:
        settings = several(item["settings"], "setting")
        said.append(
            f"noise floor: {NAMES[item['measure']]}: {100 * item['median']:.1f} % (median of {settings}), up to "
            f"{100 * item['largest']:.1f} %, with nothing changed{'' if item['same_seeds'] else ' but the seeds'}"
        )
    if comparison["noise"] and any(d["outcome"] == "different" for d in comparison["differences"]):
        seeds = "" if all(item["same_seeds"] for item in comparison["noise"]) else " or of the seeds"
        said.append(f"a difference between these results is one of the machine{seeds}, since nothing else differs")
    for item in comparison["environment"]:
        said.append(
            f"environment: {printable(item['field'])}: {_environment(item['reference'])} in result 1, "
            f"{_environment(item['other'])} in result {item['source']}"
        )
    return "\n".join(said)


def _environment(value: Any) -> str:
    return "nothing" if value is None else printable(value) if isinstance(value, str) else number(value)
