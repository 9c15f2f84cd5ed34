"""Maekawa's algorithm with requests, grants and releases, and nothing else.

Source: shanmukavardhan/Maekawa-s-Algorithm-Implementation-GO, node/node_std.go (commit 2fdd062), and for the first
fault also notes and textbooks that stop there, as pluto0x0/hexo-blog, source/_posts/distributed-system-9.md (commit
299eb0e). The README names 'Potential Deadlocks in Baseline Implementation' and advises to look for circles among the
quorums; its own five quorums are those of this exhibit.

What it does: an arbiter that has granted nobody grants who asks; else it puts the request into a queue. On a release it
takes the first of its queue and grants it.

Why it is wrong: two faults. Two quorums that meet in two arbiters can take one each, and nobody gives way: for that
Maekawa's paper has its inquiries. And on a release the arbiter says first that it has granted nobody, then grants the
first of its queue, and does not say so. The next request is granted at once, beside that one.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    pass


class Grant(Message):
    pass


class Release(Message):
    pass


class MaekawaFirstCome(Algorithm):
    """Maekawa 1985, first come, first served."""

    name = "maekawa-first-come"
    assumes = Assumptions(fifo=True)
    quorum_system = "grid"

    granted: bool = False
    queue: list[int] = []
    grants: int = 0

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.grants = 0
        for arbiter in self.quorum:
            out.send(arbiter, Request())

    def on_release(self, out: Out) -> None:
        for arbiter in self.quorum:
            out.send(arbiter, Release())

    def on_message(self, sender: int, message: Request | Grant | Release, out: Out) -> None:
        match message:
            case Request() if not self.granted:
                self.granted = True
                out.send(sender, Grant())
            case Request():
                self.queue.append(sender)  # The fault: a better request that finds the lock taken cannot have it back.
            case Grant():
                self.grants += 1
                if self.grants == len(self.quorum):
                    out.enter()
            case Release():
                self.granted = False
                if self.queue:
                    out.send(self.queue.pop(0), Grant())  # The fault: `granted` stays False.


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [MaekawaFirstCome]
