"""The hooks through which every plugin comes in, in the order in which a run uses them.

A plugin is a module (of an entry point in the group `mxbench`, or one file given with --plugin) with functions of
these names, marked with `@hookimpl`. The first three hooks are stable; engines and reports are provisional.
"""

import pluggy

hookspec = pluggy.HookspecMarker("mxbench")
hookimpl = pluggy.HookimplMarker("mxbench")


@hookspec
def mxbench_algorithms() -> list[type]:  # type: ignore[empty-body]
    """Return your Algorithm classes. Each becomes a name that an experiment can give as `algorithm`."""


@hookspec
def mxbench_quorum_systems() -> list[type]:  # type: ignore[empty-body]
    """Return your QuorumSystem classes, for `algorithm: {name: maekawa, quorums: NAME}`."""


@hookspec
def mxbench_workloads() -> list[type]:  # type: ignore[empty-body]
    """Return your Workload classes, for `workload: {type: NAME}`."""


@hookspec
def mxbench_checkers() -> list[type]:  # type: ignore[empty-body]
    """Return your Checker classes. Each one that applies judges every run."""


@hookspec
def mxbench_metrics() -> list[type]:  # type: ignore[empty-body]
    """Return your Metric classes. Their fields are added to the row of every run."""


@hookspec
def mxbench_properties() -> list[type]:  # type: ignore[empty-body]
    """Return your Property classes: what `check --property NAME` judges of every state (provisional)."""


@hookspec
def mxbench_reports() -> list[type]:  # type: ignore[empty-body]
    """Return your report classes: what `show` prints of a result (provisional)."""


@hookspec
def mxbench_engines() -> list[type]:  # type: ignore[empty-body]
    """Return your engine classes: what carries out a run plan and returns its history (provisional)."""
