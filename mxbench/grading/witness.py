"""Whether answers are a function of the questions: some are asked again, in another order, of a fresh process.

Handlers that keep something in a module, read the clock, draw at random or iterate over a set of strings answer
otherwise the second time, and so does a submission that gathers, over the questions, knowledge that no node can have.
Which answers are kept is drawn from the hidden seed, and a submission cannot tell a first question from a second.
"""

from collections.abc import Iterator
from functools import partial
from random import Random

from mxbench.core.contract import PluginFault
from mxbench.grading.frames import decode
from mxbench.grading.process import ConfinedProcess, OverLimit

SAMPLE = 400  # an answer that is wrong one time in a hundred is met with probability 0.98


class Witness:
    """Keeps a uniform sample of the questions that were answered; `differs` asks them again."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/witness")
        self._kept: list[tuple[bytes, bytes, tuple[int, ...]]] = []
        self._seen = 0

    def keep(self, question: bytes, answer: bytes, chosen: tuple[int, ...]) -> None:
        """Take note of an answer, and perhaps keep it (reservoir sampling)."""
        self._seen += 1
        if len(self._kept) < SAMPLE:
            self._kept.append((question, answer, chosen))
        elif (place := self._random.randrange(self._seen)) < SAMPLE:
            self._kept[place] = (question, answer, chosen)

    def differs(self, process: ConfinedProcess, seconds: float) -> str | None:
        """Return a sentence if a fresh process answers one of the questions in another way, None if it does not."""
        kept = list(self._kept)
        self._random.shuffle(kept)
        process.begin_item(seconds)
        for question, answer, chosen in kept:
            handler = decode(question)[0]
            doing = "at the start" if handler == "initial" else f"in {handler}"
            choices: Iterator[int] = iter(chosen)
            try:
                again = process.ask(question, f"{doing}, asked again", partial(_next, choices))
            except (PluginFault, OverLimit) as error:
                return f"{doing}: it answers in a run, but not when asked again alone: {error}"
            if again[:-1] != decode(answer)[:-1]:  # but for what was tried, which adds up
                return (
                    f"{doing}: the same state and message lead to something else when asked again; it keeps something "
                    "outside its state (in a module or a class), reads the clock, draws at random, or iterates over a "
                    "set that it did not sort"
                )
        return None


def _next(choices: Iterator[int], count: int) -> int:
    chosen = next(choices, None)
    if chosen is None or chosen >= count:
        raise PluginFault("it chooses from something else")
    return chosen
