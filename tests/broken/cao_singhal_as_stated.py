"""Fault: Cao and Singhal's delay-optimal algorithm by its stated rules: the release of the next node comes too early.

Guohong Cao and Mukesh Singhal, "A Delay-Optimal Quorum-Based Mutual Exclusion Algorithm for Distributed Systems", IEEE
Transactions on Parallel and Distributed Systems 12(12), 2001, pages 1256-1268. The paper was not at hand. The rules are
those of Maekawa's algorithm with transfers added, as they are commonly described, and are written from memory: an
arbiter tells the node that has its lock who is next; on leaving, that node replies to the next one in the arbiter's
name, and names it in its release to the arbiter; a transfer for a lock that its receiver does not have is outdated.
What is about another request than the present one is ignored, as in plugins/maekawa.py.

The leaving node's release travels while the next one already enters. If that one leaves before the arbiter knows that
it ever had the lock, the arbiter gets its release first, takes no notice, and is then locked for it for ever.
Channels keep their order, yet do not help: the two releases come from two nodes.
"""

from bisect import insort

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl

Stamp = tuple[int, int]


class Request(Message):
    clock: int


class Reply(Message):
    """The arbiter is locked for the receiver; the sender is the arbiter, or has just left."""

    arbiter: int
    clock: int


class Failed(Message):
    clock: int


class Inquire(Message):
    clock: int


class Transfer(Message):
    """When you leave, reply to `following` in my name."""

    clock: int
    following: Stamp


class Yield(Message):
    clock: int


class Release(Message):
    """I have left, and replied to `following` in your name, if there is one."""

    clock: int
    following: Stamp | None


class CaoSinghalAsStated(Algorithm):
    """Cao and Singhal 2001: Maekawa's algorithm with a delay of one message."""

    name = "cao-singhal-as-stated"
    assumes = Assumptions(fifo=True)
    quorum_system = "grid"

    clock: int = 0  # the greatest timestamp sent or received

    # As one who wants to enter:
    ours: int = 0
    waiting: bool = False
    locked: set[int] = set()
    failed: set[int] = set()
    inquired: set[int] = set()
    transfers: dict[int, Stamp] = {}  # by arbiter that is locked for us: who is next

    # As an arbiter:
    lock: Stamp | None = None
    queue: list[Stamp] = []
    inquiring: bool = False

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.waiting = True
        self.locked, self.failed, self.inquired, self.transfers = set(), set(), set(), {}
        for arbiter in self.quorum:
            out.send(arbiter, Request(self.ours))

    def on_release(self, out: Out) -> None:
        self.locked = set()
        for arbiter in self.quorum:
            following = self.transfers.get(arbiter)
            if following is not None:
                clock, node = following
                out.send(node, Reply(arbiter, clock))
            out.send(arbiter, Release(self.ours, following))

    def on_message(
        self, sender: int, message: Request | Reply | Failed | Inquire | Transfer | Yield | Release, out: Out
    ) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock)
                self.arbitrate((message.clock, sender), out)
            case Release() if self.lock == (message.clock, sender):
                self.unlock(message.following, out)
            case Yield() if self.lock == (message.clock, sender):
                insort(self.queue, self.lock)
                self.unlock(None, out)
            case Transfer() if sender in self.locked and message.clock == self.ours:
                self.transfers[sender] = message.following
            case Reply() | Failed() | Inquire() if self.waiting and message.clock == self.ours:
                self.take_answer(sender, message, out)

    def take_answer(self, sender: int, answer: Reply | Failed | Inquire, out: Out) -> None:
        match answer:
            case Reply():
                self.locked.add(answer.arbiter)
                self.failed.discard(answer.arbiter)
            case Failed() if sender not in self.locked:
                self.failed.add(sender)
            case Inquire():
                self.inquired.add(sender)
        if len(self.locked) == len(self.quorum):
            self.waiting = False
            out.enter()
        elif self.failed:
            for inquirer in sorted(self.inquired & self.locked):
                out.send(inquirer, Yield(self.ours))
                self.inquired.remove(inquirer)
                self.locked.remove(inquirer)
                self.failed.add(inquirer)
                self.transfers.pop(inquirer, None)

    def arbitrate(self, request: Stamp, out: Out) -> None:
        if self.lock is None:
            self.lock_for(request, out)
            return
        first = self.queue[0] if self.inquiring else self.lock
        insort(self.queue, request)
        if first < request:
            self.send(Failed, request, out)
        elif self.inquiring:
            self.send(Failed, first, out)  # as Sanders corrected Maekawa's rules
        if self.queue[0] == request:
            self.look_ahead(out)

    def unlock(self, following: Stamp | None, out: Out) -> None:
        """Note to whom the lock was handed, or hand it to the first of the queue, if there is one."""
        self.lock = None
        self.inquiring = False
        if following is not None:
            self.lock = following
            if following in self.queue:
                self.queue.remove(following)
        elif self.queue:
            self.lock_for(self.queue.pop(0), out)
        if self.queue:
            self.look_ahead(out)

    def lock_for(self, request: Stamp, out: Out) -> None:
        self.lock = request
        clock, node = request
        out.send(node, Reply(self.me, clock))

    def look_ahead(self, out: Out) -> None:
        """Tell the node that has the lock who is next, and inquire of it if that one is better."""
        assert self.lock is not None
        clock, node = self.lock
        out.send(node, Transfer(clock, self.queue[0]))
        if self.queue[0] < self.lock and not self.inquiring:
            self.inquiring = True
            self.send(Inquire, self.lock, out)

    def send(self, kind: type[Failed | Inquire], about: Stamp, out: Out) -> None:
        clock, node = about
        out.send(node, kind(clock))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CaoSinghalAsStated]
