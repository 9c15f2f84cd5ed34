"""Brings in the built-in quorum systems of core.quorums (which, being core, knows nothing of pluggy)."""

from mxbench.core.quorums import Grid, ProjectivePlane, QuorumSystem
from mxbench.hookspecs import hookimpl


@hookimpl
def mxbench_quorum_systems() -> list[type[QuorumSystem]]:
    return [Grid, ProjectivePlane]
