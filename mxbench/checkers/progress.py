"""Was everybody served? What stands still is named: who waits, who is inside, and in what state they are.

A run that ends is evidence of progress in this run only; that every waiter can still enter, whatever the schedule, is
for an exhaustive search to say.
"""

from mxbench.checkers.evidence import gone, undecided
from mxbench.core.checker import Checker
from mxbench.core.history import History, Section
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl

MAX_NAMED = 10


class Progress(Checker):
    """Every request was served, and everybody who entered left."""

    name = "progress"
    property = "progress"

    def check(self, history: History) -> Finding:
        """Return 'violated' for a run that stands still while somebody waits, or ended while somebody did."""
        if history.ending.reason == "stuck":
            return self._stuck(history)
        doubt = undecided(history, self.property)
        if doubt is not None and (history.ending.reason == "failed" or not history.whole):
            return doubt  # whoever was cut off is no evidence of a wait without end
        unserved = _unserved(history)
        if any(section.entered is None and section.released is not None for section in history.sections):
            return Finding(self.property, "undecided", "a node left that did not enter: the history is not whole")
        if unserved:
            text = f"the run ended, but {_named(unserved)}"
            return Finding(self.property, "violated", text, _lines(history, unserved))
        return doubt or self._too_few(history) or self._served(history)

    def _stuck(self, history: History) -> Finding:
        unserved = _unserved(history)
        named = _named(unserved) if unserved else history.ending.text or "some node waits or is inside"
        text = f"nothing can happen any more, and {named}"
        evidence = tuple(line for node in history.ending.stuck for line in node.splitlines())
        return Finding(self.property, "violated", text, evidence or _lines(history, unserved))

    def _too_few(self, history: History) -> Finding | None:
        """Find the run undecided if the history holds fewer requests than its plan, but for those of nodes that are
        gone."""
        plan, lost = history.plan, gone(history)
        made: dict[int, int] = {}
        for section in history.sections:
            made[section.node] = made.get(section.node, 0) + 1
        for node, arrivals in enumerate(plan.arrivals):
            count = made.get(node, 0)
            if arrivals.entries is None or arrivals.duration is not None or node in lost:
                continue
            if count < arrivals.entries:
                text = f"node {node} made {count} of the {arrivals.entries} requests that it was to make"
                return Finding(self.property, "undecided", text)
        if plan.tickets is not None and len(history.sections) < plan.tickets:
            text = f"{len(history.sections)} requests were made of the {plan.tickets} that the run was to have"
            return Finding(self.property, "undecided", text)
        return None

    def _served(self, history: History) -> Finding:
        longest = max(history.entries, key=_wait)
        lost = gone(history)
        whose = f" of those who did not crash (node {', '.join(map(str, sorted(lost)))})" if lost else ""
        text = (
            f"all {sum(entry.released is not None for entry in history.entries)} requests{whose} were served; "
            f"the longest wait, {_wait(longest) / 1e6:.3f} ms, was that of node {longest.node}"
        )
        return Finding(self.property, "valid", text)


def _wait(entry: Section) -> int:
    return (entry.entered or 0) - entry.arrival


def _unserved(history: History) -> list[Section]:
    open_ones = [section for section in history.sections if section.released is None]
    lost = gone(history) if open_ones else ()
    return [section for section in open_ones if section.node not in lost]


def _named(sections: list[Section]) -> str:
    waiting = sorted({section.node for section in sections if section.entered is None})
    inside = sorted({section.node for section in sections if section.entered is not None})
    said = [f"{_nodes(nodes)} {verb}" for nodes, verb in ((waiting, "waiting"), (inside, "inside")) if nodes]
    return " and ".join(said)


def _nodes(nodes: list[int]) -> str:
    shown = ", ".join(map(str, nodes[:MAX_NAMED])) + (" ..." if len(nodes) > MAX_NAMED else "")
    return f"node {shown} is" if len(nodes) == 1 else f"{len(nodes)} nodes ({shown}) are"


def _lines(history: History, sections: list[Section]) -> tuple[str, ...]:
    start = history.start()
    lines = []
    for section in sections[:MAX_NAMED]:
        since = section.requested if section.entered is None else section.entered
        doing = "waits" if section.entered is None else f"is inside (number {section.number})"
        lines.append(f"node {section.node} {doing} since {(since - start) / 1e6:.3f} ms, with its request {section.id}")
    more = len(sections) - len(lines)
    return (*lines, f"({more} more)") if more else tuple(lines)


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [Progress]
