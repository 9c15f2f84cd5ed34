"""The report `gantt`: who waited and who was inside, a lane a node, drawn with characters.

A column stands for a stretch of time. It shows the share of that time which the node spent inside, as height, and
waiting only where there was no stay inside; a stay of no length has the lowest height, so none is lost. Where a
column would hold many stays, a stretch of the run is drawn again, larger.
"""

import math
import sys
from typing import Any, NamedTuple

from mxbench.core.history import History, Section
from mxbench.core.report import Report
from mxbench.hookspecs import hookimpl
from mxbench.report.text import cautions, folded, headline, no_such_node

MIN_COLUMNS = 10
CROWDED = 4  # columns that an entry should have at least, on average, or a part of the run is drawn larger
ROOMY = 8  # columns that it has in the larger drawing


class Ink(NamedTuple):
    """The characters of a drawing; `inside` from a short stay in the column to the whole column."""

    waiting: str
    inside: str
    overlap: str = "!"


BLOCKS = Ink("░", "▁▂▃▄▅▆▇█")
ASCII = Ink(".", "-=#")


class Stay(NamedTuple):
    """A section with its times as far as the run went: what did not happen is put at the run's end."""

    node: int
    arrival: int
    entered: int
    released: int
    section: Section


class Gantt(Report):
    """Waiting and stays inside over time, with entries and mean wait of each node."""

    name = "gantt"

    def render(self, history: History, node: int | None = None, width: int = 100) -> str:
        """Return the drawing, with lanes of at least ten columns; plain ASCII where the output knows no other."""
        if node is not None and history.nodes and node not in {known.node for known in history.nodes}:
            return no_such_node(history, node)
        return draw(history, node, width, ink_for(getattr(sys.stdout, "encoding", None)))


def ink_for(encoding: str | None) -> Ink:
    """Return block characters if the encoding has them, else ASCII."""
    try:
        (BLOCKS.waiting + BLOCKS.inside).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BLOCKS


def draw(history: History, only: int | None, width: int, ink: Ink) -> str:
    """Return the drawing of a run, or the sentence that says why there is none."""
    lines = [line for text in (headline(history), *cautions(history)) for line in folded(text, width, 2)]
    stays = [stay for stay in _stays(history) if only is None or stay.node == only]
    if not stays:
        return "\n".join(lines if history.plan.history == "off" else [*lines, "nobody requested to enter"])
    lanes = [node.node for node in history.nodes if only is None or node.node == only]
    totals = _totals(history, lanes)
    left = max(len("node"), *(len(str(lane)) for lane in lanes)) + 2
    columns = max(width - left - 2 - max(map(len, totals.values())), MIN_COLUMNS)
    most = history.plan.most_inside
    overlaps = _overlaps(stays, most)
    whole = (history.start(), history.end())
    drawing = _Drawing(stays, overlaps, _more_than(most), lanes, left, columns, whole[0], ink)
    lines += ["", *drawing.lines(*whole, totals), "", *folded(drawing.legend(*whole), width, 2)]
    entries = sum(stay.section.entered is not None for stay in stays)
    if entries * CROWDED > columns:
        start, end, title = _close_up(history, stays, drawing, columns)
        if end - start < (whole[1] - whole[0]) / 2:
            title = f"larger, {title}; a column is {drawing.column(start, end) / 1e6:.3g} ms"
            lines += ["", *folded(title, width, 2), "", *drawing.lines(start, end, {})]
    return "\n".join(line.rstrip() for line in lines)


def _stays(history: History) -> list[Stay]:
    end = history.end()

    def at(time: int | None) -> int:
        return end if time is None else time

    return [Stay(s.node, s.arrival, at(s.entered), at(s.released), s) for s in history.sections]


def _overlaps(stays: list[Stay], most: int) -> list[tuple[int, int]]:
    """Return the stretches of time in which more than `most` were inside, by their clocks; touching ends are none."""
    found: list[tuple[int, int]] = []
    latest: list[int] = []  # when those that stay longest leave, the first of them first
    for stay in sorted((s for s in stays if s.section.entered is not None), key=lambda s: (s.entered, s.released)):
        if len(latest) == most and stay.entered < latest[0]:
            found.append((stay.entered, min(stay.released, latest[0])))
        latest = sorted([*latest, stay.released])[-most:]
    return found


def _more_than(most: int) -> str:
    return "two nodes" if most == 1 else f"more than {most} nodes"


def _totals(history: History, lanes: list[int]) -> dict[int | None, str]:
    """Return what stands to the right of each lane, and of the axis (None) as its heading."""
    found: dict[int | None, str] = {None: "entries  mean wait ms"}
    for lane in lanes:
        own = [section for section in history.sections if section.node == lane]
        waits = [section.entered - section.arrival for section in own if section.entered is not None]
        mean = f"{sum(waits) / len(waits) / 1e6:.3f}" if waits else "-"
        found[lane] = f"{len(waits):>7}  {mean:>12}"
        if any(section.released is None for section in own):
            found[lane] += "  waits" if any(section.entered is None for section in own) else "  inside"
    return found


def _close_up(history: History, stays: list[Stay], drawing: "_Drawing", columns: int) -> tuple[int, int, str]:
    """Return start, end and title of the stretch worth drawing larger: an overlap, an unhappy end, or the middle."""
    inside = sorted((s for s in stays if s.section.entered is not None), key=lambda s: (s.entered, s.released))
    count = max(columns // ROOMY, 2)
    if drawing.overlaps:
        where = next(i for i, s in enumerate(inside) if s.entered >= drawing.overlaps[0][0])
        title = f"the first time that {drawing.overlapping} are inside"
    elif history.ending.reason != "quiet":
        where, title = len(inside), "the end of the run"
    else:
        where, title = len(inside) // 2, "the middle of the run"
    first = max(min(where - count // 2, len(inside) - count), 0)
    shown = inside[first : first + count]
    end = history.end() if where == len(inside) else max(stay.released for stay in shown)
    whose = f" of node {inside[0].node}" if len({stay.node for stay in stays}) == 1 else ""
    return shown[0].entered, end, f"{title}: entries {first + 1} to {first + len(shown)} of {len(inside)}{whose}"


class _Drawing(NamedTuple):
    """What every stretch of one run is drawn with."""

    stays: list[Stay]
    overlaps: list[tuple[int, int]]
    overlapping: str  # how many those are
    lanes: list[int]
    left: int
    columns: int
    origin: int
    ink: Ink

    def column(self, start: int, end: int) -> float:
        """Return the ns that a column stands for; a run in no time at all is drawn as a microsecond."""
        return max(end - start, 1000) / self.columns

    def lines(self, start: int, end: int, totals: dict[int | None, str]) -> list[str]:
        """Return the axis and the lanes from `start` to `end`, in ns."""
        column = self.column(start, end)
        lines = [self._line("node", _axis(start - self.origin, column, self.columns), totals.get(None, ""))]
        by_lane: dict[int, list[Stay]] = {lane: [] for lane in self.lanes}
        for stay in self.stays:
            if stay.node in by_lane and stay.arrival <= end and stay.released >= start:
                by_lane[stay.node].append(stay)
        for lane, stays in by_lane.items():
            lines.append(self._line(str(lane), self._lane(stays, start, column), totals.get(lane, "")))
        marks = [" "] * self.columns
        for begin, until in self.overlaps:
            if begin <= end and until >= start:
                for index, _ in _columns_of(begin, until, start, column, self.columns):
                    marks[index] = self.ink.overlap
        if any(mark != " " for mark in marks):
            lines.append(self._line("", "".join(marks), ""))
        return lines

    def legend(self, start: int, end: int) -> str:
        """Return what the characters mean, and how long a column is."""
        levels = self.ink.inside
        text = (
            f"{levels[-1]} inside ({levels[:-1]} for a part of the column), {self.ink.waiting} waiting and not inside; "
            f"a column is {self.column(start, end) / 1e6:.3g} ms"
        )
        if self.overlaps:
            times = "once" if len(self.overlaps) == 1 else f"{len(self.overlaps)} times"
            text += f"; {self.ink.overlap} {self.overlapping} inside at once, by their clocks: {times} in the run"
        return text

    def _line(self, label: str, lane: str, total: str) -> str:
        return f"{label:>{self.left - 2}}  {lane}  {total}"

    def _lane(self, stays: list[Stay], start: int, column: float) -> str:
        waits = [False] * self.columns
        inside = [-1.0] * self.columns  # share of the column; 0 for a stay of no length
        for stay in stays:
            for index, _ in _columns_of(stay.arrival, stay.entered, start, column, self.columns):
                waits[index] = True
            if stay.section.entered is not None:
                for index, share in _columns_of(stay.entered, stay.released, start, column, self.columns):
                    inside[index] = max(inside[index], 0.0) + share
        return "".join(self._character(*both) for both in zip(waits, inside, strict=True))

    def _character(self, waits: bool, share: float) -> str:
        if share < 0:
            return self.ink.waiting if waits else " "
        levels = self.ink.inside
        return levels[min(max(math.ceil(share * len(levels) - 1e-6), 1), len(levels)) - 1]


def _columns_of(begin: int, until: int, start: int, column: float, columns: int) -> list[tuple[int, float]]:
    """Return the columns that a stretch of time touches, each with the share of it that the stretch fills."""
    low, high = (begin - start) / column, (until - start) / column
    if high < 0 or low > columns:
        return []
    first = min(max(int(low), 0), columns - 1)
    last = min(max(math.ceil(high) - 1, first), columns - 1)
    return [(i, max(min(high, i + 1) - max(low, i), 0.0)) for i in range(first, last + 1)]


def _axis(offset: int, column: float, columns: int) -> str:
    """Return the ruler: round times in ms, each behind a bar that stands in its column."""
    per_column = column / 1e6
    rough = per_column * 10
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    line = [" "] * columns
    tick = math.ceil(offset / 1e6 / step - 1e-9)
    first = True
    while (at := int((tick * step - offset / 1e6) / per_column + 1e-6)) < columns:
        label = f"|{tick * step:.{digits}f}" + (" ms" if first else "")
        if at + len(label) <= columns:
            line[at : at + len(label)] = label
        first = False
        tick += 1
    return "".join(line)


@hookimpl
def mxbench_reports() -> list[type[Any]]:
    return [Gantt]
