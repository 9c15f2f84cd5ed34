"""The central coordinator: one place that all ask, and that lets one in at a time.

No paper is its first; it is the yardstick of the surveys. Michel Raynal, "Algorithms for Mutual Exclusion", MIT Press,
1986; Andrew S. Tanenbaum and Maarten van Steen, "Distributed Systems", section "A centralized algorithm".

How it works
------------
A node that wants to enter sends a request to the coordinator, and enters when the coordinator grants it. The
coordinator grants one request at a time, in the order in which they come in: the others wait in its queue. Who leaves
tells it with a release, and it grants the first of its queue.

The coordinator is one of the nodes, the one that the experiment calls `holder`, or with `server: true` a server of its
own, which never asks. A coordinator that is a node sends its own requests to itself, which takes no message.

What it assumes
---------------
Channels that lose nothing and repeat nothing; no node stops, and above all not the coordinator. Messages may overtake
each other: a request that comes before the release of the same node's last stay waits in the queue like any other.

What it costs
-------------
A request, a grant and a release: 3 messages an entry, at any load; none for the entries of the coordinator's own node,
so 3 (n - 1) / n if all nodes enter equally often. One exit to the next entry takes two messages, the release and the
grant; less where one of the two is on the coordinator's own node. Every message goes to or from one place, which is the
first to be too slow.

Departures from the literature
------------------------------
None that changes a message. Where the literature lets the coordinator deny a request at once, and the node ask again,
here no answer means to wait, as in most of it.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """I want to enter."""


class Grant(Message):
    """You may enter."""


class Release(Message):
    """I have left: grant the next one."""


class Coordinator(Algorithm):
    """Central coordinator: 3 messages an entry, all of them to or from one place."""

    name = "coordinator"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "mean(3 * (n - 1 + s) / n)", "saturated": "mean(3 * (n - 1 + s) / n)"}
    synchronisation_delay = {"saturated": "mean(2 * (n - 1 + s) / n)"}
    response_time = {"uncontended": "mean(2 * (n - 1 + s) / n)"}
    can_have_server = True

    queue: list[int] = []  # at the coordinator: who asked and was not granted yet, the first first
    granted: bool = False  # at the coordinator: somebody may be inside

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(self.holder, Request())

    def on_message(self, sender: int, message: Request | Grant | Release, out: Out) -> None:
        match message:
            case Request():
                self.queue.append(sender)
                self.grant_next(out)
            case Release():
                self.granted = False
                self.grant_next(out)
            case Grant():
                out.enter()

    def on_release(self, out: Out) -> None:
        out.send(self.holder, Release())

    def grant_next(self, out: Out) -> None:
        """Let the first of the queue enter, if there is one and nobody else may be inside."""
        if self.queue and not self.granted:
            self.granted = True
            out.send(self.queue.pop(0), Grant())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Coordinator]
