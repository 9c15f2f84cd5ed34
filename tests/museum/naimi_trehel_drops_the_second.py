"""Naimi and Trehel's algorithm in which a node that waits keeps one request and drops the next.

Source: saraleh/NaimiTrehel, naimifinal.c (commit 74fd4e8).

What it does: a node that is asked between its own request and its release (`demandeur`) notes who asked as its next
one, unless it has noted one already. In any case it takes who asked for its new father. Only a node that wants nothing
passes a request on to its father.

Why it is wrong: the paper asks the other way round: has this node a father? Then the request is passed on, whether the
node wants to enter or not; only a root keeps it. Here a node that has noted a next one, and so has a father, drops the
second request. Whoever sent that waits for ever.

Here: a root that has the token and wants to enter sets `demandeur` in the source and does nothing more. In this exhibit
it enters, so that the search does not stop at the first step.
"""

from mxbench import Algorithm, Assumptions, EntryRequest, Message, Out, hookimpl


class Request(Message):
    node: int


class Token(Message):
    pass


class NaimiTrehelDropsTheSecond(Algorithm):
    """Naimi-Trehel 1996, one request too few."""

    name = "naimi-trehel-drops-the-second"
    assumes = Assumptions(fifo=True)
    has_token = True

    father: int | None = None
    following: int | None = None
    wants: bool = False
    have_token: bool = False

    def on_start(self, out: Out) -> None:
        self.have_token = self.me == self.holder
        self.father = None if self.have_token else self.holder

    def on_request(self, request: EntryRequest, out: Out) -> None:
        self.wants = True
        if self.father is not None:
            out.send(self.father, Request(self.me))
            self.father = None
        if self.have_token:
            out.enter()

    def on_message(self, sender: int, message: Request | Token, out: Out) -> None:
        match message:
            case Token():
                self.have_token = True
                out.enter()
            case Request():
                self.meet(message, out)
                self.father = message.node

    def meet(self, request: Request, out: Out) -> None:
        """Keep a request, pass it on, or send the token."""
        if self.wants:
            if self.following is None:  # The fault: else it should go to our father.
                self.following = request.node
        elif self.father is not None:
            out.send(self.father, request)
        elif self.have_token:
            self.have_token = False
            out.send(request.node, Token())

    def on_release(self, out: Out) -> None:
        self.wants = False
        if self.following is not None:
            self.have_token = False
            out.send(self.following, Token())
            self.following = None


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [NaimiTrehelDropsTheSecond]
