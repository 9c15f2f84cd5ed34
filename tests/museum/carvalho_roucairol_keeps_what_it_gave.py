"""Carvalho and Roucairol's algorithm that gives its permission away and keeps it.

Source: DanielGunna/Roucariol-Distributed-Mutual-Exclusion, PrinterPoolling/src/printerpolling/Node.java (commit
2545735). The README tells the idea: who has given permission once need not be asked again.

What it does: a table holds the last message of each other node; a reply there is a permission. An idle node that is
asked sends a reply. Only on leaving does it write into the table that those who have asked must be asked again.

Why it is wrong: between that reply and its next exit the node has given the permission and still finds it in its table.
It enters without asking, while the other one is inside with the same permission.

Here: the file breaks no ties between equal timestamps, which shows even sooner; in this exhibit the lower id comes
first. That a node which gives a permission while it waits does not ask for it again is left as it is.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    number: int


class Reply(Message):
    pass


class CarvalhoRoucairolKeepsWhatItGave(Algorithm):
    """A permission that two nodes have."""

    name = "carvalho-roucairol-keeps-what-it-gave"
    assumes = Assumptions(fifo=True)

    highest: int = 0
    ours: int = 0
    waiting: bool = False
    busy: bool = False
    table: dict[int, bool] = {}  # of each node whether its last message was a reply
    messages: list[int] = []  # who has asked since our last exit

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.waiting = True
        self.ours = self.highest + 1
        for node in self.peers:
            if not self.table.get(node):
                out.send(node, Request(self.ours))
        self.enter_if_permitted(out)

    def on_message(self, sender: int, message: Request | Reply, out: Out) -> None:
        match message:
            case Request():
                self.messages.append(sender)
                self.highest = max(self.highest, message.number)
                first = self.waiting and (self.ours, self.me) < (message.number, sender)
                if not self.busy and not first:
                    out.send(sender, Reply())  # The fault: the table still has the sender's reply.
            case Reply():
                self.table[sender] = True
                if self.waiting:
                    self.enter_if_permitted(out)

    def on_release(self, out: Out) -> None:
        self.busy = False
        for node in self.messages:
            self.table[node] = False
            out.send(node, Reply())
        for node, replied in sorted(self.table.items()):
            if not replied and node not in self.messages:
                out.send(node, Reply())
        self.messages = []

    def enter_if_permitted(self, out: Out) -> None:
        """Enter if the table has a reply of each other node."""
        if all(self.table.get(node) for node in self.peers):
            self.waiting, self.busy = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [CarvalhoRoucairolKeepsWhatItGave]
