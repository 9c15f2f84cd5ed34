"""The adversary of a schedule: what may happen to messages and nodes, counted, not drawn.

A network of a run has chances and delays (core/network.py). Where schedules are searched or replayed there is no time:
a message may be lost at any step, but only so many of them.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import combinations

import msgspec

from mxbench.core.algorithm import Algorithm
from mxbench.core.quorums import Quorums

MAX_FAULTS = 15  # of each kind; what four bits of a state can count
KINDS = ("fifo", "reordering", "duplicating", "lossy", "crashing")


class Adversary(msgspec.Struct, frozen=True):
    """What may happen to messages and nodes. The numbers bound a whole run, not a channel.

    fifo: each channel keeps its order. duplicates: a message on its way may be sent once more, behind all others of
    its channel. losses: a message may vanish when it would be delivered. crashes: a node may stop for good, between
    two steps.
    """

    fifo: bool = True
    duplicates: int = 0
    losses: int = 0
    crashes: int = 0

    def __str__(self) -> str:
        faults = (("duplicating", self.duplicates), ("lossy", self.losses), ("crashing", self.crashes))
        words = [] if self.fifo else ["reordering"]
        words += [f"{word}:{count}" for word, count in faults if count]
        return "+".join(words) or "fifo"


def parse_adversary(text: str) -> Adversary:
    """Return the adversary that a text such as 'reordering+lossy:2' names; raise ValueError for any other text."""
    counts = dict.fromkeys(KINDS, 0)
    for part in re.split(r"[+,]", text):
        word, _, number = part.strip().partition(":")
        if word not in counts:
            close = get_close_matches(word, KINDS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ValueError(f"there is no '{word}'{hint} (write {', '.join(KINDS)}, "
                             "joined by '+', with a bound as in duplicating:2)")  # fmt: skip
        if number and (word in ("fifo", "reordering") or not number.isdecimal() or not 0 < int(number) <= MAX_FAULTS):
            raise ValueError(f"'{part}': a bound is from 1 to {MAX_FAULTS}, as in lossy:2")
        counts[word] = int(number or 1)
    if counts["fifo"] and counts["reordering"]:
        raise ValueError("it keeps the order of messages or reorders them, not both")
    return Adversary(not counts["reordering"], counts["duplicating"], counts["lossy"], counts["crashing"])


def outside(
    algorithm: type[Algorithm], network: Adversary, quorums: Quorums = (), requests: Sequence[int] = ()
) -> list[str]:
    """Return what an algorithm assumes and these schedules do not grant, a sentence each."""
    name, assumes = algorithm.name, algorithm.assumes
    broken = (
        (assumes.fifo and not network.fifo, "FIFO channels, but this network reorders messages"),
        (assumes.no_duplicates and network.duplicates, "that each message arrives once, but this network repeats"),
        (assumes.lossless and network.losses, "that each message arrives, but this network loses some"),
        (assumes.crash_free and network.crashes, "that no node stops, but here nodes crash"),
    )
    found = [f"{name} assumes {what}" for breaks, what in broken if breaks]
    asking = [node for node, quorum in enumerate(quorums) if requests[node]]
    apart = [(a, b) for a, b in combinations(asking, 2) if not {*quorums[a]} & {*quorums[b]}]
    if apart:
        a, b = apart[0]
        said = f"those of nodes {a} and {b} do not: {list(quorums[a])} and {list(quorums[b])}"
        found.append(f"{name} needs quorums of which every two meet, but {said}")
    return found
