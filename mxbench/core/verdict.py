"""What a checker found, and the verdict of a run: valid, violated or undecided."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Verdict = Literal["valid", "violated", "undecided"]
Outcome = Literal["valid", "violated", "undecided", "not recorded"]


class Finding(msgspec.Struct, frozen=True):
    """What one checker says of a run.

    property: what was checked. outcome: a verdict, or 'not recorded' where the history holds too little.
    text: one sentence. evidence: the events that show a violation, a line each.
    """

    property: str
    outcome: Outcome
    text: str
    evidence: tuple[str, ...] = ()


SEVERITY = {"violated": 2, "undecided": 1, "valid": 0}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts: violated, then undecided, then valid; undecided if there is none."""
    found = list(verdicts)
    return max(found, key=SEVERITY.__getitem__) if found else "undecided"


def overall(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of a run; what was not recorded neither helps nor harms, but something must be valid."""
    outcomes: list[Verdict] = [f.outcome for f in findings if f.outcome != "not recorded"]
    return worst(outcomes)
