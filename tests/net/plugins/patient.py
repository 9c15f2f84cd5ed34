"""Lamport's algorithm with a timer that fires long after the last entry, and does nothing."""

from mxbench import Algorithm, Out, hookimpl
from mxbench.core.distributions import Constant
from mxbench_plugins.lamport import Lamport


class Patient(Lamport):
    """Lamport's, and patient."""

    name = "patient"

    def on_start(self, out: Out) -> None:
        super().on_start(out)
        out.set_timer("lease", Constant(1.5))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Patient]
