"""What a metric is to mxbench: something that reads a history and gives numbers, by name."""

from typing import Any, ClassVar

from mxbench.core.history import History


class Metric:
    """Measures something of a run from its history alone."""

    name: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]  # the names of the row's fields that it gives, units last

    def measure(self, history: History) -> dict[str, Any]:
        """Return a value for each of `fields`; None for what this run has no value of."""
        raise NotImplementedError
