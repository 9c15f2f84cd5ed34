"""What a person reads of a result: its table, the ledger, log and chart of one run as text, and the page (page/)."""

import sys
from types import ModuleType
from typing import Any


class _CallableModule(ModuleType):
    """Lets `mxbench.report(...)` be a call, as `mxbench.run(...)` is, though it is also the name of this package."""

    def __call__(self, *results: Any, **options: Any) -> Any:
        from mxbench.report.page.writing import report

        return report(*results, **options)


sys.modules[__name__].__class__ = _CallableModule
