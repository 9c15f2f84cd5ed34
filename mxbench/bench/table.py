"""The table of `mxbench bench` as text, and what has changed between two of them."""

from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from mxbench.bench.cases import NOISY
from mxbench.bench.row import Row, quantity


def render(rows: Sequence[Row], noise: float, environment: dict[str, Any]) -> str:
    """Return the table, and below it what was skipped or told beside a line. noise: of the machine against itself."""
    lines = [
        [row.path, row.measure, _value(row), str(row.goal or ""), _noise(row.noise), _outcome(row)] for row in rows
    ]
    text = tabulate(lines, headers=["path", "measure", "here", "aim", "A/A", "outcome"], disable_numparse=True,
                    colalign=("left", "left", "right", "right", "right", "left"))  # fmt: skip
    notes = [f"  {row.measure}: {row.note}" for row in rows if row.note]
    outcomes = [row.outcome for row in rows]
    counts = ", ".join(
        f"{outcomes.count(outcome)} {outcome}" for outcome in ("met", "not met", "too noisy", "skipped")
        if outcome in outcomes
    )  # fmt: skip
    parts = [_machine(noise, environment), text]
    parts += ["\n".join(notes)] if notes else []
    return "\n\n".join([*parts, counts]) + "\n"


def _machine(noise: float, environment: dict[str, Any]) -> str:
    load = environment.get("load_average")
    parts = ", ".join(module.split(".")[1] for module in environment.get("compiled", ())) or "none"
    said = (
        f"{environment['python']}, {environment['usable_cores']} cores, parts in C: {parts}, "
        f"load average {load[0] if load else 'not known'}\n"
        f"A/A: the same loop twice differs by {noise:.0%} here"
    )
    if noise > NOISY:
        said += ": this machine is too noisy to tell small differences"
    if load and load[0] > environment["usable_cores"] / 2:
        said += "\nother programs had the processors before this began, and tcp and the sweep need them all: close them"
    return said


def _value(row: Row) -> str:
    return "-" if row.ours is None else quantity(row.ours, row.unit)


def _noise(noise: float | None) -> str:
    return "" if noise is None or noise == 0 else f"{noise:.0%}"


def _outcome(row: Row) -> str:
    return row.outcome or ""


def render_changes(before: Sequence[Row], after: Sequence[Row]) -> str:
    """Return what has changed from one table to another: of each line the ratio, and whether it is more than noise."""
    earlier = {row.measure: row for row in before}
    lines = []
    for row in after:
        old = earlier.get(row.measure)
        if old is None or old.ours is None or row.ours is None:
            continue
        ratio = row.ours / old.ours if old.ours else float("inf")
        lines.append([row.path, row.measure, _value(old), _value(row), f"{ratio:.2f}", _change(old, row, ratio)])
    if not lines:
        return "the two have no line in common\n"
    headers = ["path", "measure", "before", "now", "now/before", "change"]
    align = ("left", "left", "right", "right", "right", "left")
    return tabulate(lines, headers=headers, disable_numparse=True, colalign=align) + "\n"


def _change(old: Row, new: Row, ratio: float) -> str:
    """Return 'better' or 'worse' where the two differ by more than both of their noises together, and by over 2 %."""
    noise = max((old.noise or 0.0) + (new.noise or 0.0), 0.02)
    if new.goal is None or abs(ratio - 1) <= noise:
        return "no difference"
    return "better" if (ratio > 1) == new.goal.at_least else "worse"
