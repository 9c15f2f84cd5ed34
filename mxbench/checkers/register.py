"""Judges the shared counter by its register's own versions, and tells what fencing refused."""

from mxbench.checkers.evidence import undecided
from mxbench.core.checker import Checker
from mxbench.core.history import History
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl

MOST_LINES = 10


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
        ended = len([section for section in history.entries if section.released is not None])
        if final != len(written) or ended != len(written) + len(refused):
            text = f"{counted}, with {ended} critical sections ended and {len(refused)} writes refused"
            return Finding(self.property, "violated", text)
        if refused:
            lines = [f"node {node} came with number {number} after {met}" for _, node, number, met in refused]
            text = f"{counted}; fencing refused {len(refused)} writes with a stale number"
            return Finding(self.property, "valid", text, _some(lines))
        return Finding(self.property, "valid", f"{counted}, one for each critical section")


def _some(lines: list[str]) -> tuple[str, ...]:
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return (*lines[:MOST_LINES], *more)


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [RegisterChecker]
