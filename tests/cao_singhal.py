"""Cao and Singhal's algorithm: a leaving node hands each lock on directly, in the name of the lock's arbiter.

Guohong Cao and Mukesh Singhal, "A Delay-Optimal Quorum-Based Mutual Exclusion Algorithm for Distributed Systems", IEEE
Transactions on Parallel and Distributed Systems 12(12), 2001, pages 1256-1268. The paper itself was not at hand: its
rules are those of Maekawa's algorithm with transfers added, as they are commonly described, and are written from
memory. It is a plugin of one file, and not one that mxbench ships.

How it works
------------
As in Maekawa's algorithm (plugins/maekawa.py), down to Sanders' correction. In addition, an arbiter tells the node that
has its lock who is next, and tells it again when that changes. On leaving, the node replies to that one in the
arbiter's name and names it in its release; one exit to the next entry then takes one message. The arbiter inquires
of the new one at once, if a better request waits.

Departures from the paper, as far as it is known
------------------------------------------------
Each time that a lock is given, it gets a number, one higher than before, whoever gives it. All that is said about a
lock carries this number. A reply in the arbiter's name takes another channel than the arbiter's own messages, so even
where channels keep their order a transfer or an inquiry may arrive before its lock, or in the time of a later one; and
the release of the next node may arrive before the release that handed the lock to it. The arbiter keeps that one.
"""

from bisect import insort

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl

Stamp = tuple[int, int]


class Request(Message):
    """I want to enter, and my request has this timestamp."""

    clock: int


class Reply(Message):
    """This arbiter is locked for your request of this timestamp, and that is its lock of this number."""

    arbiter: int
    clock: int
    turn: int


class Failed(Message):
    """Your request of this timestamp waits at me behind another one."""

    clock: int


class Inquire(Message):
    """You have my lock of this number, but a better request waits: will you get all your locks?"""

    turn: int


class Transfer(Message):
    """You have my lock of this number: when you leave, hand it to this request."""

    turn: int
    following: Stamp


class Yield(Message):
    """I give back your lock of this number. My request goes on waiting."""

    turn: int


class Release(Message):
    """I have left; your lock of this number is free, or handed to this request."""

    turn: int
    following: Stamp | None


class CaoSinghal(Algorithm):
    """Cao and Singhal 2001 with numbered locks: Maekawa's algorithm with a delay of one message."""

    name = "cao-singhal"
    assumes = Assumptions(fifo=False)
    quorum_system = "grid"

    clock: int = 0  # the greatest timestamp sent or received

    # As one who wants to enter:
    ours: int = 0  # the timestamp of our request
    waiting: bool = False
    locked: dict[int, int] = {}  # by arbiter that is locked for it: the number of the lock
    failed: set[int] = set()  # those that told us it failed, or that we gave back, and that are not locked for it since
    inquired: dict[int, int] = {}  # by arbiter that inquired: about which lock
    transfers: dict[int, tuple[int, Stamp]] = {}  # by arbiter: who gets which lock after us

    # As an arbiter:
    turn: int = 0  # the number of the lock given last
    lock: Stamp | None = None  # the request that we are locked for
    queue: list[Stamp] = []  # those that wait for it, in order
    inquiring: bool = False  # we asked the node that has our lock; so the first of the queue comes before the lock
    returned: dict[int, tuple[bool, Stamp | None]] = {}  # by number of a lock: was it yielded, and else handed to whom

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.clock += 1
        self.ours = self.clock
        self.waiting = True
        self.failed = set()
        for arbiter in self.quorum:
            out.send(arbiter, Request(self.ours))

    def on_release(self, out: Out) -> None:
        held, self.locked = self.locked, {}
        for arbiter, turn in sorted(held.items()):
            about, following = self.transfers.get(arbiter, (0, (0, 0)))
            if about == turn:
                clock, node = following
                out.send(node, Reply(arbiter, clock, turn + 1))
                out.send(arbiter, Release(turn, following))
            else:
                out.send(arbiter, Release(turn, None))
            self.outdate(arbiter, turn)

    def on_message(
        self, sender: int, message: Request | Reply | Failed | Inquire | Transfer | Yield | Release, out: Out
    ) -> None:
        match message:
            case Request():
                self.clock = max(self.clock, message.clock)
                self.arbitrate((message.clock, sender), out)
            case Release():
                self.returned[message.turn] = (False, message.following)
                self.take_back(out)
            case Yield():
                self.returned[message.turn] = (True, None)
                self.take_back(out)
            case Transfer():
                if message.turn >= self.transfers.get(sender, (0, (0, 0)))[0]:
                    self.transfers[sender] = (message.turn, message.following)
            case Inquire():
                self.inquired[sender] = max(self.inquired.get(sender, 0), message.turn)
                self.consider(out)
            case Failed() if self.waiting and message.clock == self.ours and sender not in self.locked:
                self.failed.add(sender)
                self.consider(out)
            case Reply():
                self.locked[message.arbiter] = message.turn
                self.failed.discard(message.arbiter)
                self.consider(out)

    def consider(self, out: Out) -> None:
        """Enter if all are locked for us, or give back what was inquired about."""
        if not self.waiting:
            return
        if len(self.locked) == len(self.quorum):
            self.waiting = False
            out.enter()
        elif self.failed:
            for arbiter, turn in sorted(self.locked.items()):
                if self.inquired.get(arbiter) == turn:
                    out.send(arbiter, Yield(turn))
                    del self.locked[arbiter]
                    self.failed.add(arbiter)
                    self.outdate(arbiter, turn)

    def outdate(self, arbiter: int, turn: int) -> None:
        """Forget what was said about a lock that we no longer have."""
        if self.inquired.get(arbiter, turn + 1) <= turn:
            del self.inquired[arbiter]
        if arbiter in self.transfers and self.transfers[arbiter][0] <= turn:
            del self.transfers[arbiter]

    def arbitrate(self, request: Stamp, out: Out) -> None:
        """Lock ourselves for a request, or queue it and tell whoever has to know."""
        if self.lock is None:
            self.turn += 1
            self.lock_for(request, out)
            return
        first = self.queue[0] if self.inquiring else self.lock
        insort(self.queue, request)
        if first < request:
            self.fail(request, out)
        elif self.inquiring:
            self.fail(first, out)
        if self.queue[0] == request:
            self.look_ahead(out)

    def take_back(self, out: Out) -> None:
        """Unlock ourselves, also of later locks that came back before the release that hands them on."""
        while self.turn in self.returned and self.lock is not None:
            yielded, following = self.returned.pop(self.turn)
            if yielded:
                insort(self.queue, self.lock)
            self.unlock(following, out)

    def unlock(self, following: Stamp | None, out: Out) -> None:
        """Note to whom the lock was handed, or hand it to the first of the queue, if there is one."""
        self.lock = None
        self.inquiring = False
        if following is not None:
            self.turn += 1
            self.queue.remove(following)
            self.lock = following
        elif self.queue:
            self.turn += 1
            self.lock_for(self.queue.pop(0), out)
        if self.queue and self.turn not in self.returned:
            self.look_ahead(out)

    def lock_for(self, request: Stamp, out: Out) -> None:
        """Lock ourselves for a request and tell its sender."""
        self.lock = request
        clock, node = request
        out.send(node, Reply(self.me, clock, self.turn))

    def look_ahead(self, out: Out) -> None:
        """Tell the node that has the lock who is next, and inquire of it if that one is better."""
        assert self.lock is not None
        _, node = self.lock
        out.send(node, Transfer(self.turn, self.queue[0]))
        if self.queue[0] < self.lock and not self.inquiring:
            self.inquiring = True
            out.send(node, Inquire(self.turn))

    def fail(self, request: Stamp, out: Out) -> None:
        """Tell the sender of a request that it waits behind another one."""
        clock, node = request
        out.send(node, Failed(clock))


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CaoSinghal]
