"""What a checker finds in a history, in short."""

from mxbench.core.checker import Checker
from mxbench.core.history import History
from mxbench.core.verdict import Finding


def found(checker: type[Checker], checked: History) -> Finding:
    return checker().check(checked)


def outcome(checker: type[Checker], checked: History) -> str:
    return found(checker, checked).outcome
