"""Singhal's heuristic algorithm: a token, asked for only of those who may have it or get it soon.

Mukesh Singhal, "A Heuristically-Aided Algorithm for Mutual Exclusion in Distributed Systems", IEEE Transactions on
Computers 38(5), 1989, pages 651-662.

How it works
------------
Each node keeps a guess at the state of every other: R, it requests; E, it is inside; H, it holds the token and has no
use for it; N, none of these. It sends its request to those that it takes to be in R, as they have the token, or
will have it. The guesses start as a staircase: each node takes those before it to be in R. So of any two nodes one
would ask the other, and that stays so: a node that requests and is asked by one that it did not ask, asks it in
return. The token carries guesses too; on leaving, a node and the token learn from each other, by the greater number
of the request that a guess is about. Then the token goes to the next node, in the order of a ring, that is in R.

What it assumes
---------------
Channels that lose nothing and do not repeat the token; no node stops. Messages may overtake each other.

What it costs
-------------
Nothing where the token is. Else a request to each node in R, and the token. If one node at a time asks, those are the
nodes that asked since it did: with each node as likely as the other (n + 1) / 2 - 1 / n messages on average. If all
ask at once and always, it is n; two requests that cross, where delays differ, make it about one in a hundred more.
One exit to the next entry takes one message. The token is as long as there are nodes.

Departures from the paper
-------------------------
* The paper drops a request that is out of date. But its sender took the receiver to be in R, and after its turn does
  so no longer, as the receiver will have noted the request. If the receiver had the token in between, it drops the
  request, the token has overwritten its note, and neither of the two would ever ask the other. Then a node can wait
  for ever: with three nodes `mxbench check` shows it in 15 steps (tests/broken/singhal_as_printed.py). Here a request
  that is out of date is noted like any other by a node without the token; one that has the token, inside or idle,
  answers it with a request of its own number, by which the sender knows again whom to ask.
* So as to begin at any node, the staircase begins at the one that holds the token first.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    """Note that I may have the token, or will; give it to me if you have it and this number is new."""

    number: int


class Token(Message):
    """You may enter. states, numbers: what is known of each node, and the number of the request that it is from."""

    states: tuple[str, ...]
    numbers: tuple[int, ...]


class Singhal(Algorithm):
    """Singhal 1989, repaired: a token, asked for where it may be; 0 to n messages an entry."""

    name = "singhal"
    assumes = Assumptions(fifo=False)
    has_token = True
    messages_per_entry = {"uncontended": "mean((n + 1) / 2 - 1 / n)", "saturated": "n * min(n - 1, 1)"}
    synchronisation_delay = {"saturated": "1"}
    response_time = {"uncontended": "mean(2 * (n - 1) / n)"}

    states: list[str] = []  # SV in the paper; our own is exact
    numbers: list[int] = []  # SN: the number of each node's last request that is known here
    token_states: list[str] = []  # TSV, while the token is here
    token_numbers: list[int] = []  # TSN

    def on_start(self, out: Out) -> None:
        first, n = self.holder, self.n
        place = (self.me - first) % n
        self.states = ["R" if (node - first) % n < place else "N" for node in range(n)]
        self.numbers = [0] * n
        if self.me == first:
            self.states[self.me] = "H"
            self.token_states, self.token_numbers = ["N"] * n, [0] * n

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.states[self.me] == "H":
            self.states[self.me] = "E"
            out.enter()
            return
        self.states[self.me] = "R"
        self.numbers[self.me] += 1
        for node in self.peers:
            if self.states[node] == "R":
                out.send(node, Request(self.numbers[self.me]))

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Request():
                known = self.token_numbers if self.token_numbers else self.numbers
                new = message.number > max(known[sender], self.numbers[sender])
                self.numbers[sender] = max(self.numbers[sender], message.number)
                self.meet(sender, new, out)
            case Token():
                self.token_states, self.token_numbers = list(message.states), list(message.numbers)
                self.states[self.me] = "E"
                out.enter()

    def meet(self, sender: int, new: bool, out: Out) -> None:
        """Do what a request of that node calls for in our state."""
        ours, theirs = self.states[self.me], self.states[sender]
        if ours in ("E", "H") and not new:
            out.send(sender, Request(self.numbers[self.me]))
            return
        self.states[sender] = "R"
        if ours == "R" and theirs != "R":
            out.send(sender, Request(self.numbers[self.me]))
        elif ours == "H":
            self.token_states[sender], self.token_numbers[sender] = "R", self.numbers[sender]
            self.send_token(sender, out)

    def on_release(self, out: Out) -> None:
        self.states[self.me] = self.token_states[self.me] = "N"
        for node in range(self.n):
            if self.numbers[node] > self.token_numbers[node]:
                self.token_states[node], self.token_numbers[node] = self.states[node], self.numbers[node]
            else:
                self.states[node], self.numbers[node] = self.token_states[node], self.token_numbers[node]
        requesting = [node for node in self.peers if self.states[node] == "R"]
        if requesting:
            self.send_token(min(requesting, key=lambda node: (node - self.me) % self.n), out)
        else:
            self.states[self.me] = "H"

    def send_token(self, node: int, out: Out) -> None:
        """Give the token away."""
        out.send(node, Token(tuple(self.token_states), tuple(self.token_numbers)))
        self.states[self.me] = "N"
        self.token_states, self.token_numbers = [], []


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [Singhal]
