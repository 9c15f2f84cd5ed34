"""Fault: Raymond's k sections with n - k - 1 replies, as if n - k counted the node itself.

With n = 3 and k = 2 nobody waits for anybody.
"""

from mxbench import Algorithm, Out, hookimpl
from mxbench_plugins.raymond_k_entry import RaymondKEntry


class OneReplyShort(RaymondKEntry):
    """Lets in k + 1."""

    name = "raymond-one-reply-short"

    def enter_if_enough_replied(self, out: Out) -> None:
        in_full = sum(count == 0 for count in self.owed.values())
        if self.waiting and in_full >= self.n - self.k - 1:
            self.waiting, self.inside = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [OneReplyShort]
