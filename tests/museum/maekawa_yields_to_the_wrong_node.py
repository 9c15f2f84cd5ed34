"""Maekawa's algorithm that gives a lock back to a node that never lent it.

Source: learner-pratik/Mutual-Exclusion-in-Distributed-Systems, Maekawa-Algorithm/Client.java (commit 342092e).

What it does: each connection has a thread, which handles what comes in there. An inquiry that comes before any failure
is noted in one flag. When a failure comes and the flag is set, the thread answers the inquiry with a yield.

Why it is wrong: it answers on its own connection, to the node that sent the failure, not to the one that inquired. That
one goes on waiting for its lock. The other one gets back a lock that it had lent to somebody else: it takes that
request into its queue, perhaps while its node is inside, and grants the first of the queue. The arbiter of one's own
quorum inquires of its own node in the same flags, and does not look whether that is inside.

Here: a logical clock in the place of the time of day, which would be another fault, and of two equal clocks the lower
id comes first at the arbiter, too, as it does in its queue. The thread that waits for its locks looks after each
message.
"""

from bisect import insort

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Locked(Message):
    pass


class Failed(Message):
    pass


class Inquire(Message):
    pass


class Yield(Message):
    pass


class Release(Message):
    pass


Stamp = tuple[int, int]


class MaekawaYieldsToTheWrongNode(Algorithm):
    """One flag for all inquiries; `missing` locks are counted, not named."""

    name = "maekawa-yields-to-the-wrong-node"
    assumes = Assumptions(fifo=True)
    quorum_system = "grid"

    clock: int = 0
    waiting: bool = False
    inside: bool = False
    missing: int = 0
    failed: bool = False
    inquired: bool = False
    released: bool = False
    lock: Stamp | None = None
    queue: list[Stamp] = []
    inquiry_sent: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.inquiry_sent = self.inquired = self.failed = self.released = False
        self.waiting = True
        self.missing = len(self.quorum)
        self.clock += 1
        for node in self.quorum:
            if node != self.me:
                out.send(node, Request(self.clock))
        ours = (self.clock, self.me)
        if self.lock is None:
            self.grant(ours, out)
        else:
            insort(self.queue, ours)
            if ours < self.lock:
                self.inquire(out)
            else:
                self.failed = True
        self.enter_if_locked(out)

    def on_release(self, out: Out) -> None:
        self.inside = False
        for node in self.quorum:
            if node != self.me:
                out.send(node, Release())
        self.released = True
        self.inquired = False
        self.grant_next(out)

    def on_message(self, sender: int, message: Request | Locked | Failed | Inquire | Yield | Release, out: Out) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock)
                self.arbitrate((message.clock, sender), out)
            case Locked():
                self.missing -= 1
            case Inquire():
                self.inquired = True
                if not self.released and not self.inside and self.failed:
                    self.give_back(sender, out)
            case Failed():
                self.failed = True
                if self.inquired:
                    self.give_back(sender, out)  # The fault: the sender is not who inquired.
            case Yield():
                self.take_back(sender, out)
            case Release():
                self.forget_inquiry_of(sender)
                self.grant_next(out)
        self.enter_if_locked(out)

    def arbitrate(self, request: Stamp, out: Out) -> None:
        """Grant a request, or queue it and tell whoever has to know."""
        if self.lock is None:
            self.grant(request, out)
            return
        insort(self.queue, request)
        if request < self.lock:
            self.inquire(out)
        else:
            out.send(request[1], Failed())

    def inquire(self, out: Out) -> None:
        """Ask the one that has our lock to give it back; if that is this node, decide at once."""
        if self.inquiry_sent or self.lock is None:
            return
        self.inquiry_sent = True
        if self.lock[1] != self.me:
            out.send(self.lock[1], Inquire())
            return
        self.inquired = True
        if self.failed:
            self.missing += 1
            self.inquired = False
            self.take_back(self.me, out)

    def give_back(self, node: int, out: Out) -> None:
        """Yield a lock."""
        self.missing += 1
        self.inquired = False
        out.send(node, Yield())

    def take_back(self, node: int, out: Out) -> None:
        """Queue the request that has our lock, and grant the first."""
        self.forget_inquiry_of(node)
        if self.lock is not None:
            insort(self.queue, self.lock)
        self.grant(self.queue.pop(0), out)

    def forget_inquiry_of(self, node: int) -> None:
        """Note that an inquiry was answered, if it was that node's."""
        if self.lock is not None and self.lock[1] == node:
            self.inquiry_sent = False

    def grant_next(self, out: Out) -> None:
        """Grant the first of the queue, if there is one."""
        if self.queue:
            self.grant(self.queue.pop(0), out)
        else:
            self.lock = None

    def grant(self, request: Stamp, out: Out) -> None:
        """Lock ourselves for a request."""
        self.lock = request
        if request[1] == self.me:
            self.missing -= 1
        else:
            out.send(request[1], Locked())

    def enter_if_locked(self, out: Out) -> None:
        """Enter if no lock is missing and our own is ours."""
        if self.waiting and self.missing == 0 and self.lock is not None and self.lock[1] == self.me:
            self.waiting, self.inside = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [MaekawaYieldsToTheWrongNode]
