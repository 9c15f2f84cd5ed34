"""Chandy and Misra's forks: who has eaten gives way to who has not, and no clock is needed.

K. Mani Chandy and Jayadev Misra, "The Drinking Philosophers Problem", ACM Transactions on Programming Languages and
Systems 6(4), 1984, pages 632-646: the solution of the dining philosophers, with an edge between every two of them.

How it works
------------
Each pair of nodes shares a fork and a request token. A node eats (is inside) when it holds all of its forks, and that
makes them dirty. A hungry node sends the token for each fork that it lacks. Who gets a token and holds the fork sends
it, cleaned, if it is dirty and the node is not eating; a clean fork is kept until the node has eaten. A hungry node
that had to give a dirty fork away sends the token after it.

Of a pair, the node with a clean fork comes first, or the one that does not hold the dirty fork. At the start all forks
are dirty and with the lower node, so this order has no cycle; a node that eats becomes the last of all, which makes
none. So somebody can always eat, and everybody in turn.

What it assumes
---------------
Channels that lose nothing and repeat nothing (a fork that came twice would be two forks); no node stops. Channels may
reorder: a token that overtakes the fork waits for it.

What it costs
-------------
A token and a fork for each fork that moves, so 0 to 2 (n - 1) messages an entry, as for Carvalho and Roucairol: none
for a node that eats again before anybody else was hungry, n - 1 on average if each entry is by a node drawn at random,
2 (n - 1) if all are always hungry and a message takes a fixed time. Nothing grows: a message carries nothing, and the
state is one of four for each pair. The order of entries is not that of the requests.

Departures from the paper
-------------------------
* The paper's rules are guards that are tried at any time. Here the token is sent when a node becomes hungry and when
  a hungry node gives a fork away, the only times at which its guard becomes true; but where the network lets a token
  overtake a fork, the paper's guard would send it back at once.
* In the paper philosophers have few neighbours and others may eat meanwhile. With every two of them neighbours, one
  eats at a time.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Token(Message):
    """I am hungry and have not got our fork: this is our request token."""


class Fork(Message):
    """This is our fork, cleaned."""


class ChandyMisra(Algorithm):
    """Chandy-Misra 1984: forks, clean and dirty, 0 to 2 (n - 1) messages an entry."""

    name = "chandy-misra"
    assumes = Assumptions(fifo=False)
    messages_per_entry = {"uncontended": "mean(n - 1)", "saturated": ["0", "2 * (n - 1)"]}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(2 * (n - 1) / n)"}

    hungry: bool = False
    eating: bool = False
    forks: set[int] = set()  # the nodes whose shared fork is here
    dirty: set[int] = set()  # and those of them whose fork is dirty
    tokens: set[int] = set()  # the nodes whose shared request token is here

    def on_start(self, out: Out) -> None:
        self.forks = {node for node in self.peers if node > self.me}
        self.dirty = set(self.forks)
        self.tokens = {node for node in self.peers if node < self.me}

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.hungry = True
        for node in self.peers:
            if node not in self.forks:
                self.ask(node, out)
        self.eat_if_all_here(out)

    def on_message(self, sender: int, message: Token | Fork, out: Out) -> None:
        match message:
            case Token():
                self.tokens.add(sender)
                if sender in self.dirty and not self.eating:
                    self.give(sender, out)
            case Fork():
                self.forks.add(sender)
                if self.hungry:
                    self.eat_if_all_here(out)

    def on_release(self, out: Out) -> None:
        self.eating = False
        self.dirty = set(self.forks)
        for node in sorted(self.tokens):
            self.give(node, out)

    def ask(self, node: int, out: Out) -> None:
        """Send the token for a fork that is not here."""
        self.tokens.discard(node)
        out.send(node, Token())

    def give(self, node: int, out: Out) -> None:
        """Send a dirty fork to the node that asked for it, cleaned, and ask for it back if we are hungry."""
        self.forks.discard(node)
        self.dirty.discard(node)
        out.send(node, Fork())
        if self.hungry:
            self.ask(node, out)

    def eat_if_all_here(self, out: Out) -> None:
        """Enter if every fork is here."""
        if len(self.forks) == len(self.peers):
            self.hungry, self.eating = False, True
            out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [ChandyMisra]
