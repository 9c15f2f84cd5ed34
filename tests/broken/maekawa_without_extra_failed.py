"""Fault: Maekawa without Sanders' correction: a request that is overtaken in an arbiter's queue is not told of it.

Its node then does not know that it failed anywhere, keeps a lock that it was asked for, and all wait for ever. It
takes three requests that meet at two arbiters in an unlucky order.
"""

from bisect import insort

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.maekawa import Failed, Inquire, Maekawa


class MaekawaWithoutExtraFailed(Maekawa):
    """Maekawa 1985 as printed."""

    name = "maekawa-without-extra-failed"

    def arbitrate(self, request: tuple[int, int], out: Out) -> None:
        if self.lock is None:
            self.lock_for(request, out)
            return
        first = self.queue[0] if self.inquiring else self.lock
        if first < request:
            self.send(Failed, request, out)
        elif not self.inquiring:
            self.send(Inquire, self.lock, out)
            self.inquiring = True
        insort(self.queue, request)


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [MaekawaWithoutExtraFailed]
