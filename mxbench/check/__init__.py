"""The exhaustive checker: every schedule of an algorithm within a bound, on the same nodes as every other engine.

question: what is asked. stepping: one step of a real node. reaction: what a node does, remembered. channels: what is on
its way from it. space: states as integers, steps as differences. loop: the generated inner loop. search: breadth first,
properties judged on the way. judged: those asked for by name. waiters: 'every waiter can still enter' where schedules
meet. forgetting, approach: when an algorithm may forget, and whether it is right to. replay, diagram, text, answer:
what is shown. memory: how much of it there is.
"""

import sys
from types import ModuleType
from typing import Any

from mxbench.check.answer import check

__all__ = ["check"]


class _CallableModule(ModuleType):
    """Lets `mxbench.check(...)` be a call, as `mxbench.run(...)` is, though it is also the name of this package."""

    def __call__(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        return check(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule
