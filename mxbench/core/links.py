"""When the messages of one link arrive: delay, order, loss, duplication and bandwidth, drawn from the link's stream.

Each link has a stream of its own, so what happens on one does not depend on the traffic of the others. There are as
many as pairs of nodes, a million for a thousand nodes, so a stream is splitmix64 (Steele, Lea and Flood, "Fast
Splittable Pseudorandom Number Generators", OOPSLA 2014), whose state is one integer, not the 2.5 KB of random.Random.
"""

import hashlib
from collections.abc import Callable

from mxbench.core.distributions import ZERO, Constant
from mxbench.core.network import Network

NS = 1_000_000_000
_MASK = (1 << 64) - 1


class Stream:
    """A random stream in one integer: `random()` is the next number in [0, 1)."""

    __slots__ = ("_state",)

    def __init__(self, key: str) -> None:
        self._state = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")

    def random(self) -> float:
        """Return the next number in [0, 1)."""
        self._state = z = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53


class Link:
    """One link in one direction."""

    __slots__ = ("_delay", "_duplicate", "_fifo", "_free", "_jitter", "_last", "_loss", "_random", "_seconds_per_byte")

    def __init__(self, network: Network, sender: int, to: int, seed: int) -> None:
        rule = network.of_link(sender, to)
        assert rule.delay is not None, "of_link leaves no gap"
        self._random: Callable[[], float] = Stream(f"{seed}/{sender}->{to}/network").random
        self._delay = rule.delay.draw
        self._jitter = None if network.jitter == ZERO else network.jitter.draw
        self._fifo = network.fifo
        self._loss = rule.loss or 0.0
        self._duplicate = rule.duplicate or 0.0
        self._seconds_per_byte = 8.0 / rule.bandwidth if rule.bandwidth else 0.0
        self._free = 0  # when the link has taken in all that was sent, in ns
        self._last = 0  # when the last message arrives, in ns

    def arrivals(self, now: int, size: int) -> tuple[int, ...]:
        """Return when a message of `size` bytes, sent now, arrives: once, never, or twice. In ns.

        A lost message takes up the link like any other. Of a link that keeps its order the copy arrives before any
        later message.
        """
        sent = now
        if self._seconds_per_byte:
            sent = self._free = max(now, self._free) + round(size * self._seconds_per_byte * NS)
        if self._loss and self._random() < self._loss:
            return ()
        if self._duplicate and self._random() < self._duplicate:
            return self._arrival(sent), self._arrival(sent)
        return (self._arrival(sent),)

    def _arrival(self, sent: int) -> int:
        seconds = self._delay(self._random)
        if self._jitter is not None:
            seconds += self._jitter(self._random)
        due = sent + int(seconds * NS)
        if self._fifo:
            due = self._last = max(due, self._last)
        return due


def steady_delays(network: Network, sender: int, size: int) -> list[int] | None:
    """Return the delay in ns to each of `size` places, if that is all that their links do; None if one does more."""
    if network.jitter != ZERO or network.bandwidth or network.may("loss") or network.may("duplicate"):
        return None
    if any(rule.bandwidth for rule in network.rules):
        return None
    delays = []
    for to in range(size):
        delay = network.of_link(sender, to).delay
        if not isinstance(delay, Constant):
            return None
        delays.append(int(delay.seconds * NS))
    return delays
