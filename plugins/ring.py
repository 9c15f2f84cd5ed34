"""Le Lann's ring: a token that goes from node to node for ever, and may be kept as long as its holder is inside.

Gerard Le Lann, "Distributed Systems: Towards a Formal Approach", Information Processing 77 (IFIP Congress), 1977,
pages 155-160.

How it works
------------
The nodes form a ring in the order of their ids. The token is sent along it. A node that wants to enter waits until
the token comes, keeps it while it is inside, and sends it on; any other node sends it on at once. Nobody is asked,
and nobody keeps a list: who wants to enter is not known to anybody else.

What it assumes
---------------
Channels that do not lose or repeat the token; no node stops. There is never more than one message, so nothing can be
overtaken. Le Lann's paper is about what to do when the token is lost; this file is about the ring alone.

What it costs
-------------
One message an entry if every node wants to enter at each turn. The fewer want to, the more: the token circles, a
message a hop, also when nobody does, so there is no upper bound, and a run never falls quiet. A request waits for the
token for at most one turn of the ring, and for the nodes before it that want to enter too.

Departures from the paper
-------------------------
* A node that is alone keeps the token: sent to itself it would circle within one step, without end.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Token(Message):
    """You may enter, or send this on."""


class Ring(Algorithm):
    """Le Lann 1977: a token that circles for ever; one message an entry if everybody wants to enter."""

    name = "ring"
    assumes = Assumptions(fifo=False)
    has_token = True
    falls_quiet = False
    messages_per_entry = {"saturated": "min(n - 1, 1)"}  # a node alone: none
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": ["0", "n"]}

    waiting: bool = False

    def on_start(self, out: Out) -> None:
        if self.me == self.holder:
            self.send_on(out)

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.peers:
            self.waiting = True
        else:
            out.enter()

    def on_message(self, sender: int, message: Token, out: Out) -> None:
        if self.waiting:
            self.waiting = False
            out.enter()
        else:
            self.send_on(out)

    def on_release(self, out: Out) -> None:
        self.send_on(out)

    def send_on(self, out: Out) -> None:
        """Send the token to the next node of the ring; a node that is alone keeps it."""
        if self.peers:
            out.send((self.me + 1) % self.n, Token())


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Ring]
