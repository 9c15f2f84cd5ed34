"""What came of the checks of a conformance suite, and all of them as text."""

from collections import Counter
from typing import Literal

import msgspec

Verdict = Literal["passed", "failed", "undecided", "reported"]


class Outcome(msgspec.Struct, frozen=True):
    """What came of one check. text: a sentence or more; details: a picture of what went wrong, or nothing.

    verdict: 'undecided' where nothing could be said; 'reported' for what is worth knowing and no fault.
    """

    check: str
    verdict: Verdict
    text: str
    details: str = ""


class Report(msgspec.Struct, frozen=True):
    """What came of all checks of one algorithm."""

    algorithm: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == "failed")

    def __str__(self) -> str:
        counts = Counter(outcome.verdict for outcome in self.outcomes)
        order: tuple[Verdict, ...] = ("failed", "undecided", "passed", "reported")
        head = ", ".join(f"{counts[verdict]} {verdict}" for verdict in order if counts[verdict])
        width = max((len(outcome.check) for outcome in self.outcomes), default=0)
        lines = [f"{self.algorithm}: {head}"]
        for outcome in self.outcomes:
            word = "FAILED" if outcome.verdict == "failed" else outcome.verdict
            text = outcome.text.replace("\n", "\n" + " " * (width + 15))
            lines.append(f"  {word:9}  {outcome.check:{width}}  {text}")
            lines += [f"      {line}".rstrip() for line in outcome.details.splitlines()]
        return "\n".join(lines)
