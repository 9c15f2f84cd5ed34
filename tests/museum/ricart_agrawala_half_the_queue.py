"""Ricart and Agrawala's algorithm that answers half of those it has put off.

Source: AlbertRossJoh/Distributed-Mutual-Exclusion, client/ricartAndAgrawala.go (commit 065867a), the function `exit`;
the queue is AlbertRossJoh/itualgs_go, fundamentals/queue/channel_queue.go (commit 05b0e8e).

What it does: on leaving it runs an index from 0 up to the size of its queue, and takes one request out of the queue
each time.

Why it is wrong: the size goes down while the index goes up, and they meet in the middle. Of one request one is
answered, of two again one. The other waits until this node enters and leaves once more. With three nodes, as the source
has them, two requests in one queue are enough.

Here: the comparison of the same file, which is wrong in its own way, is that of ricart_agrawala_clock_of_now.py; in
this exhibit it is right, so that the search does not stop there.
"""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.ricart_agrawala import Reply, RicartAgrawala


class RicartAgrawalaHalfTheQueue(RicartAgrawala):
    """An index that goes up to a size that goes down."""

    name = "ricart-agrawala-half-the-queue"

    def on_release(self, out: Out) -> None:
        self.requesting = False
        index = 0
        while index < len(self.deferred):  # The fault: the bound shrinks with each answer.
            node = min(self.deferred)
            out.send(node, Reply(self.deferred.pop(node)))
            index += 1


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [RicartAgrawalaHalfTheQueue]
