"""How long may be measured: rounds until a case has used up its seconds, cases until the whole table has."""

import time
from collections.abc import Iterator

TABLE_SECONDS = 100.0  # after which no further case is begun; the last one may take the rest of two minutes
PATIENCE = 3.0  # times longer than in the whole table may a case take that was asked for by name


class Pace:
    """The time of one table, shared by its cases. noise: of the machine, before anything is measured (A/A)."""

    def __init__(self, seconds: float = TABLE_SECONDS, patience: float = 1.0) -> None:
        self.noise = 0.0
        self._end = time.monotonic() + seconds * patience
        self._patience = patience

    def rounds(self, seconds: float, most: int, least: int = 1) -> Iterator[int]:
        """Yield the numbers of rounds, at least and at most so many, while less than `seconds` have passed."""
        until = min(time.monotonic() + seconds * self._patience, self._end)
        for number in range(most):
            if number >= least and time.monotonic() >= until:
                return
            yield number

    @property
    def is_up(self) -> bool:
        """Whether no further case may begin."""
        return time.monotonic() >= self._end
