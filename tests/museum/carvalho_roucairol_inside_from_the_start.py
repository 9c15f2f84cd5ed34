"""Carvalho and Roucairol's algorithm whose nodes count as inside from the moment they ask.

Source: Leo-Malay/Roucairol-and-Carvalhos-Mutual-Exclusion-Algorithm-for-Distributed-Systems, Client.java and Node.java
(commit 2d8c0a3), Server.java (commit 63f86c5).

What it does: `enterCS` sets `under_cs`, then asks for the keys that are missing and looks twice a second whether they
are there. The server side first asks whether `under_cs` is set, and if so puts a request off; the comparison of the
timestamps comes after that.

Why it is wrong: a node that waits has `under_cs` set, so the comparison is never reached. Whoever waits keeps every key
it has, whoever asks. Keys start out in an order without circles, but after an entry or two there can be one: each of
three nodes holds what the next one waits for.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    clock: int


class Reply(Message):
    """The key of the two of us; with `back`, I ask for it again at once."""

    clock: int
    back: bool


class CarvalhoRoucairolInsideFromTheStart(Algorithm):
    """Carvalho-Roucairol 1983 without its order."""

    name = "carvalho-roucairol-inside-from-the-start"
    assumes = Assumptions(fifo=True)

    clock: int = 0
    pending_clock: int = 0
    wanted: bool = False
    asked: bool = False
    under_cs: bool = False
    keys: set[int] = set()
    pending: set[int] = set()

    def on_start(self, out: Out) -> None:
        self.keys = {node for node in self.peers if node > self.me}

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.wanted = True
        self.under_cs = True  # The fault: it waits, and says that it is inside.
        missing = [node for node in self.peers if node not in self.keys]
        if missing:
            self.asked = True
            self.clock += 1
        for node in missing:
            out.send(node, Request(self.clock))
        self.enter_if_all_keys(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request() if self.under_cs:
                self.pending.add(sender)
                self.pending_clock = max(self.clock, message.clock + 1)
            case Request() if self.asked and (self.clock, self.me) < (message.clock, sender):
                self.pending.add(sender)
            case Request():
                self.send_key(sender, self.asked, out)
            case Reply():
                self.keys.add(sender)
                if message.back:
                    self.pending.add(sender)
                else:
                    self.clock = max(self.clock, message.clock)
                self.enter_if_all_keys(out)

    def on_release(self, out: Out) -> None:
        self.clock = max(self.clock, self.pending_clock) + 1
        self.under_cs = self.asked = False
        for node in sorted(self.pending):
            self.send_key(node, False, out)
        self.pending = set()

    def send_key(self, node: int, back: bool, out: Out) -> None:
        """Give a key away, if it is here."""
        if node in self.keys:
            self.keys.remove(node)
            out.send(node, Reply(self.clock, back))

    def enter_if_all_keys(self, out: Out) -> None:
        """Enter if no key is missing."""
        if self.wanted and len(self.keys) == len(self.peers):
            self.wanted, self.under_cs = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CarvalhoRoucairolInsideFromTheStart]
