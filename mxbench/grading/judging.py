"""Searches that judge one property whatever else is wrong, so that a submission loses only what it broke.

The checker ends at the first violation. A submission that deadlocks may well be safe; whether it is, is asked again
with the deadlock passed over. A handler that raises or does not end takes the points for progress too: whoever waits
for that node waits for ever. And where some node was never inside, nothing says that its entry is safe.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mxbench.check.approach import plain_search
from mxbench.check.question import Question
from mxbench.check.reaction import OrderMatters
from mxbench.check.replay import replay
from mxbench.check.search import CAN_ENTER, CONTRACT, DEADLOCK, MUTUAL_EXCLUSION, Found, Limits, Progressed, Search
from mxbench.check.space import Space
from mxbench.core.trace import nodes_text, violation
from mxbench.grading.process import OverLimit

OnProgress = Callable[[Progressed], None]


class OneProperty(Search):
    """A search that passes over every violation but that of one property."""

    wanted = ""

    def _judge_level(self, level: Sequence[int]) -> bool:
        return self.wanted == MUTUAL_EXCLUSION and super()._judge_level(level)

    def _judge_steps(self, level: Sequence[int], final: list[int]) -> bool:
        space, found = self.space, self.found
        if self.wanted in (DEADLOCK, CAN_ENTER) and not space.faults:  # who is in a deadlock cannot enter any more
            stuck = min((state for state in final if space.waiters(state)), default=None)
            if stuck is not None:
                found.property, found.stuck = self.wanted, space.waiters(stuck)
                found.schedule = self._schedule(stuck)
        elif self.wanted != MUTUAL_EXCLUSION and space.faults:
            for state in sorted(level):
                breach = next((event for event, after in space.steps(state) if after is None), None)
                if breach is not None:
                    found.property, found.fault = CONTRACT, breach.fault or ""  # which ends all progress
                    found.schedule = [*self._schedule(state), breach]
                    break
        return found.property is not None

    def _look_for_stranded(self) -> None:
        if self.wanted == CAN_ENTER:
            super()._look_for_stranded()


def judge(
    question: Question, wanted: tuple[str, ...], limits: Limits, on_progress: OnProgress | None = None
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Return for each wanted property what was found: verdict, text, trace and the size of the search.

    on_progress: is called while a search goes on, and may raise OverLimit, which ends that search alone; the first one
    raises it again.
    """
    first = plain_search(question, limits, on_progress)
    found = first.found
    told = _told(question, first, found.property)
    answers = {}
    for name in wanted:
        decided = found.property is None or not found.schedule
        decided = decided or name == found.property or (name == CAN_ENTER and found.property == DEADLOCK)
        decided = decided or (found.property == CONTRACT and name != MUTUAL_EXCLUSION)
        if decided:
            answers[name] = told
        else:
            search = _one_property(question, name, limits, on_progress)
            answers[name] = _told(question, search, search.found.property)
    return answers


def _one_property(question: Question, wanted: str, limits: Limits, on_progress: OnProgress | None) -> OneProperty:
    """Return a search for one property, after it ran."""
    for keep_order in (False, True):
        search = OneProperty(Space(question, keep_order=keep_order), limits, on_progress)
        search.wanted = wanted
        try:
            search.run()
            break
        except OrderMatters:
            if keep_order:
                raise
        except OverLimit as over:
            search.found.limit = str(over)
            break
    return search


def _told(question: Question, search: Search, broken: str | None) -> dict[str, Any]:
    found = search.found
    never = [node for node, count in enumerate(question.requests) if count and node not in found.entered]
    vacuous = never if broken is None and not found.limit else []
    events = replay(question, found.schedule, search.space.messages) if found.schedule else ()
    trace = [msgspec.to_builtins(step) for step in events]  # a search that is over its limit may ask no more
    return {
        "verdict": "violated" if broken else "undecided" if found.limit or vacuous else "valid",
        "property": broken,
        "text": _sentence(found, trace, vacuous, search.space.faults),
        "nodes": question.nodes,
        "requests": list(question.requests),
        "network": str(question.network),
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "limit": found.limit or None,
        "trace": trace,
    }


def _sentence(found: Found, trace: list[dict[str, Any]], never: list[int], faults: Sequence[str]) -> str:
    if found.property is not None:
        inside, fault = (trace[-1].get("inside", ()), trace[-1].get("fault")) if trace else ((), found.fault)
        return violation(found.property, len(trace), inside, found.stuck, fault)
    if found.limit:
        return f"undecided: the search ended at its limit of {found.limit}"
    if never:
        why = f": {faults[0]}" if faults else ""
        return f"undecided: {nodes_text(never)} never entered in any schedule{why}"
    return f"holds in all {found.states:,} states that a schedule within the bound reaches"
