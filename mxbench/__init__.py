"""mxbench runs distributed mutual exclusion algorithms, judges them, and measures what each one costs.

For authors of plugins: Algorithm, Assumptions, Message, hookimpl (and Workload, WorkloadMessage, Checker, Metric,
QuorumSystem). For scripts: `run`, `compare`, `check`, `replay`, `report`, `figure`, `export` and `load_history`. Each
name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxbench.check import check
    from mxbench.core.algorithm import Algorithm, Assumptions, Out
    from mxbench.core.checker import Checker
    from mxbench.core.entry import Entry, EntryRequest
    from mxbench.core.messages import Message, WorkloadMessage
    from mxbench.core.metric import Metric
    from mxbench.core.quorums import QuorumSystem
    from mxbench.core.workload import Options, Workload, WorkloadOut
    from mxbench.experiment.comparison import compare
    from mxbench.experiment.invocation import run
    from mxbench.experiment.results import load_history
    from mxbench.hookspecs import hookimpl
    from mxbench.report.export.writing import export
    from mxbench.report.figure.writing import figure
    from mxbench.scenarios import replay

_HOMES = {
    "mxbench.core.algorithm": ("Algorithm", "Assumptions", "Out"),
    "mxbench.core.checker": ("Checker",),
    "mxbench.core.entry": ("Entry", "EntryRequest"),
    "mxbench.core.messages": ("Message", "WorkloadMessage"),
    "mxbench.core.metric": ("Metric",),
    "mxbench.core.quorums": ("QuorumSystem",),
    "mxbench.core.workload": ("Options", "Workload", "WorkloadOut"),
    "mxbench.experiment.comparison": ("compare",),
    "mxbench.experiment.invocation": ("run",),
    "mxbench.experiment.results": ("load_history",),
    "mxbench.hookspecs": ("hookimpl",),
    "mxbench.report.export.writing": ("export",),
    "mxbench.report.figure.writing": ("figure",),
    "mxbench.scenarios": ("replay",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_PACKAGES = ("check", "report")  # that can be called
__version__ = "0.1.0"
__all__ = [
    "Algorithm",
    "Assumptions",
    "Checker",
    "Entry",
    "EntryRequest",
    "Message",
    "Metric",
    "Options",
    "Out",
    "QuorumSystem",
    "Workload",
    "WorkloadMessage",
    "WorkloadOut",
    "check",
    "compare",
    "export",
    "figure",
    "hookimpl",
    "load_history",
    "replay",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"mxbench.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mxbench' has no attribute '{name}'")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
