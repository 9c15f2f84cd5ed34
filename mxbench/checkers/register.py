"""Judges the shared counter by its register's own versions, and tells what fencing refused.

A section that ended had its answer, so the register wrote or refused something in it. Of a section that did not end (a
message of it was lost, or its node crashed) the update may have been made or not; neither is a lost one, as nobody was
told that it was made.
"""

from collections import Counter

from mxbench.checkers.evidence import undecided
from mxbench.core.checker import Checker
from mxbench.core.history import History
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl

MOST_LINES = 10
Sections = Counter[tuple[int, int]]  # by node and number


class RegisterChecker(Checker):
    """No update of the counter was lost: every write was computed from the register's latest version."""

    name = "register"
    property = "no lost update"

    def applies(self, history: History) -> bool:
        return history.plan.workload.name == "counter"

    def check(self, history: History) -> Finding:
        doubt = undecided(history, self.property)
        register = history.plan.guard
        if register not in {node.node for node in history.nodes}:
            return doubt or Finding(self.property, "undecided", "the history of the register is missing")
        values = history.values()[register]
        written = [value for value in values if value[0] == "written"]
        lost = [value for value in values if value[0] == "lost"]
        refused = [value for value in values if value[0] == "refused"]
        final = written[-1][3] if written else 0
        counted = f"{len(written)} writes brought the counter to {final}"
        if lost:
            lines = [
                f"node {node}, in section {number}, wrote what it had computed from version {read} of the register, "
                f"which was at version {met}"
                for _, node, number, read, met in lost
            ]
            return Finding(self.property, "violated", f"{len(lost)} updates were lost: {counted}", _some(lines))
        if doubt is not None:
            return doubt
        answered = Counter((node, number) for _, node, number, *_ in (*written, *refused))
        entered = Counter((entry.node, entry.number) for entry in history.entries)
        ended = Counter((entry.node, entry.number) for entry in history.entries if entry.released is not None)
        wrong = _unmatched(answered, entered, ended)
        if wrong or final != len(written):
            text = f"{counted}, with {ended.total()} critical sections ended and {len(refused)} writes refused"
            return Finding(self.property, "violated", text, _some(wrong))
        if refused:
            lines = [f"node {node} came with number {number} after {met}" for _, node, number, met in refused]
            text = f"{counted}; fencing refused {len(refused)} writes with a stale number"
            return Finding(self.property, "valid", text, _some(lines))
        text = f"{counted}, one for each critical section"
        if ended != entered:
            text += " that ended"
        if ended != answered:
            text += f" and {(answered - ended).total()} in a section that did not"
        return Finding(self.property, "valid", text)


def _unmatched(answered: Sections, entered: Sections, ended: Sections) -> list[str]:
    """Return a line for each section that ended without a write, and for each write without a section."""
    lines = [f"node {node} left section {number}, in which nothing was written" for node, number in ended - answered]
    for node, number in answered - entered:
        said = (
            f"again for section {number}" if entered[node, number] else f"for section {number}, which it never entered"
        )
        lines.append(f"node {node} wrote {said}")
    return lines


def _some(lines: list[str]) -> tuple[str, ...]:
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return (*lines[:MOST_LINES], *more)


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [RegisterChecker]
