"""Maekawa's algorithm as Wikipedia has it, where a request fails only if it comes after the one that has the lock.

Source: https://en.wikipedia.org/wiki/Maekawa%27s_algorithm, section Algorithm, in a stored copy whose date is not
known.

What it does: an arbiter whose grant is out compares a new request with the one that was granted. If that has priority,
the new one is told that it failed. If the new one has priority, the arbiter inquires of the holder, which yields if it
has failed anywhere.

Why it is wrong: a request that has priority over the holder but comes after another one in the queue is told nothing.
It will not be the next, yet does not know that it failed; so it keeps the locks it has elsewhere, and does not yield.
Maekawa's paper compares with the queue, too, and still misses a request that is overtaken later (Sanders 1987, see
tests/broken/maekawa_without_extra_failed.py).

Here: the page says 'queues the request' only where it tells of the failure; a request that leads to an inquiry is
queued as well, or it would be lost. All else is plugins/maekawa.py.
"""

from bisect import insort

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.maekawa import Failed, Inquire, Maekawa


class MaekawaOfWikipedia(Maekawa):
    """Maekawa 1985, compared with the holder alone."""

    name = "maekawa-of-wikipedia"

    def arbitrate(self, request: tuple[int, int], out: Out) -> None:
        if self.lock is None:
            self.lock_for(request, out)
            return
        if self.lock < request:  # The fault: nobody asks whether a request in the queue comes first.
            self.send(Failed, request, out)
        else:
            self.send(Inquire, self.lock, out)
        insort(self.queue, request)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [MaekawaOfWikipedia]
