"""How long may be measured: rounds until a case has used up its seconds, cases while there are some left for them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

TABLE_SECONDS = 110.0  # for the whole table, which is to take less than two minutes
PATIENCE = 3.0  # times longer than in the whole table may a case take that was asked for by name


class Pace:
    """The time of one table, shared by its cases. noise: of the machine, before anything is measured (A/A)."""

    def __init__(self, seconds: float = TABLE_SECONDS, patience: float = 1.0) -> None:
        self.noise = 0.0
        self._end = time.monotonic() + seconds * patience
        self._patience = patience
        self._expected = self._spent = 0.0

    def rounds(self, seconds: float, most: int, least: int = 1) -> Iterator[int]:
        """Yield the numbers of rounds, at least and at most so many, while less than `seconds` have passed."""
        until = min(time.monotonic() + seconds * self._patience, self._end)
        for number in range(most):
            if number >= least and time.monotonic() >= until:
                return
            yield number

    def has_room_for(self, seconds: float) -> bool:
        """Return whether what is expected to take so many seconds will be over in time, at the pace so far."""
        slowdown = max(self._spent / self._expected, 1.0) if self._expected else 1.0
        return time.monotonic() + seconds * slowdown < self._end

    @contextmanager
    def spending(self, seconds: float) -> Iterator[None]:
        """Note how long that takes which is expected to take so many seconds."""
        began = time.monotonic()
        yield
        self._expected += seconds
        self._spent += time.monotonic() - began
