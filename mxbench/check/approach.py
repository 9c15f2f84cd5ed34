"""Which search answers a question: the plain one, or one in which the algorithm forgets what no later step reads.

Small graphs are searched plainly. `forget` is called only where the plain search would be large, and only after it was
compared with the plain search on smaller bounds (`forgetting.py`). It is trusted for 'valid' alone: a violation that is
found with it is looked for again without, and its trace is that of the plain search.
"""

import time
from collections.abc import Callable

import msgspec

from mxbench.check.forgetting import SMALL, forgets, verified
from mxbench.check.question import Question
from mxbench.check.reaction import OrderMatters
from mxbench.check.search import CONTRACT, Limits, Progressed, Search
from mxbench.check.space import Space
from mxbench.errors import PluginError

OnProgress = Callable[[Progressed], None] | None


def searched(question: Question, limits: Limits, on_progress: OnProgress = None) -> tuple[Search, list[str]]:
    """Return the search that answers a question, and the bounds at which forgetting was verified, none if not used.

    Raises PluginError for a `forget` that drops too much.
    """
    started = time.perf_counter()

    def plainly(limits: Limits) -> Search:
        return plain_search(question, limits, on_progress, started)

    if not question.forget or question.properties or not forgets(question):
        return plainly(limits), []
    few = SMALL if limits.states is None else min(SMALL, limits.states)
    first = plainly(msgspec.structs.replace(limits, states=few))
    if first.found.property or not first.found.limit or few == limits.states or first.found.states <= few:
        return first, []  # it was small, or another limit was hit
    bounds = verified(question, too_large=True)
    if not bounds:
        return plainly(limits), []
    try:
        search = Search(Space(question, forgets=True), limits, on_progress, started=started)
        search.run()
    except OrderMatters:
        return plainly(limits), []
    if search.found.property is None:
        return search, bounds
    plain = plainly(limits)
    if plain.found.property is None and not plain.found.limit:
        fault = f" ({search.found.fault})" if search.found.property == CONTRACT else ""
        raise PluginError(
            f"{question.algorithm.name}: its 'forget' drops what a later step depends on: the search with it finds "
            f"'{search.found.property}'{fault}, without no violation; mend it, or pass --no-forget to search without"
        )
    return plain, []


def plain_search(
    question: Question, limits: Limits, on_progress: OnProgress = None, started: float | None = None
) -> Search:  # fmt: skip
    """Return a plain search after it ran, with the order of dicts as part of the state only where that matters."""
    try:
        search = Search(Space(question), limits, on_progress, question.properties, started)
        search.run()
    except OrderMatters:
        search = Search(Space(question, keep_order=True), limits, on_progress, question.properties, started)
        search.run()
    return search
