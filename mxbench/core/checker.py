"""What a checker is to mxbench: something that reads a history and finds it valid, violated or undecided."""

from typing import ClassVar

from mxbench.core.history import History
from mxbench.core.verdict import Finding


class Checker:
    """Judges one property of a run from its history alone. `property` names what it checks."""

    name: ClassVar[str]

    def applies(self, history: History) -> bool:
        """Return False for a run that this checker has nothing to say of (a ledger where there is none)."""
        return True

    def check(self, history: History) -> Finding:
        """Return what was found. 'valid' only if it was computed."""
        raise NotImplementedError
