"""Fault: a handler sends along a set of strings without sorting it."""

from mxbench import Algorithm, EntryRequest, Message, Out, hookimpl


class Greeting(Message):
    word: str


class UnsortedStrings(Algorithm):
    """Sends a word of each kind to everybody before it enters."""

    name = "unsorted-strings"

    words: set[str] = set()

    def on_start(self, out: Out) -> None:
        self.words = {"request", "ask", "want", "may", "please"}

    def on_request(self, request: EntryRequest, out: Out) -> None:
        for word in self.words:
            out.broadcast(Greeting(word))
        out.enter()


@hookimpl
def mxbench_algorithms() -> list[type[Algorithm]]:
    return [UnsortedStrings]
