"""The report `waits`: where the time of each wait went."""

from mxbench.core.history import History
from mxbench.core.report import Report
from mxbench.hookspecs import hookimpl
from mxbench.metrics.waits import PARTS, WaitParts, explain
from mxbench.report.text import cautions, headline, ms, several, table

MOST_ROWS = 40


class WaitReport(Report):
    """Each wait in its parts: queueing behind others, their dwell, and the network and handlers of the hand-over."""

    name = "waits"

    def render(self, history: History, node: int | None = None, width: int = 100) -> str:
        waits = [wait for wait in explain(history) if node is None or wait.section.node == node]
        if not waits:
            nothing = ["no entry, and so no wait to explain"] * (history.plan.history != "off")
            return "\n".join([headline(history), *cautions(history), *nothing])
        start = history.start()
        longest = sorted(waits, key=_length, reverse=True)[:MOST_ROWS]
        shown = sorted(longest, key=lambda wait: wait.section.number)
        rows = [_row(wait, start) for wait in shown]
        headers = ("number", "node", "asked at\nms", "wait\nms", *(f"{part}\nms" for part in PARTS))
        total = sum(map(_length, waits)) or 1
        shares = ", ".join(f"{part} {_percent(waits, part, total)}" for part in PARTS)
        which = f"the {len(shown)} longest of {len(waits)} waits" if len(shown) < len(waits) else "every wait"
        top = [headline(history), *cautions(history), f"{which}, by number"]
        return "\n\n".join(
            ["\n".join(top), table(headers, rows, "r" * len(headers)), f"of {several(len(waits), 'wait')}: {shares}"]
        )


def _length(wait: WaitParts) -> int:
    return (wait.section.entered or 0) - wait.section.arrival


def _row(wait: WaitParts, start: int) -> list[str]:
    times = [wait.section.arrival - start, _length(wait), *(getattr(wait, part) for part in PARTS)]
    written = ["-" if time is None else ms(time) for time in times]
    return [str(wait.section.number), str(wait.section.node), *written]


def _percent(waits: list[WaitParts], part: str, total: int) -> str:
    values = [getattr(wait, part) for wait in waits]
    return "not recorded" if None in values else f"{100 * sum(values) / total:.0f} %"


@hookimpl
def mxbench_reports() -> list[type[Report]]:
    return [WaitReport]
