"""Links that take time: a message is handed over once the network of the experiment lets it through, never earlier.

The sender's end of a link draws how long the message takes, from the same stream as in a simulation and counted from
the step that sends it. It sends the message at once, with the time at which it is due, and the receiver's end holds it
until then. So what it costs to encode, to send and to wake up passes within the delay and is not added to it. On a link
no message is due before an earlier one, so the order of each channel stays.

The processes of one machine read the same clock. What a delay came to is told by metrics/links.py.
"""

import contextlib
from functools import partial
from pathlib import Path
from typing import Any

from mxbench.core.links import Link as Timing
from mxbench.core.messages import Message, WorkloadMessage
from mxbench.net.compiled import Link
from mxbench.net.poller import Poller
from mxbench.net.pump import Pump

_PAIR = b"\x92\xcf"  # what a msgpack array of two begins with, the first of them an integer of eight bytes


def be_punctual(poller: Poller) -> None:
    """Have timers fire when they are due, at the price of a processor that is awake a little earlier."""
    with contextlib.suppress(OSError):  # else the kernel adds up to 50 us to save wake-ups
        Path("/proc/self/timerslack_ns").write_text("1")
    poller.be_punctual()


def timed(message_type: Any) -> Any:
    """Return the type as which messages of slow links are decoded: when one is due, and the message."""
    return tuple[int, message_type]


class SlowLink:
    """One link as the sender's pump sees it: tells of each message when it is due, and gives it to the real link."""

    batch = True  # to the pump: no need to remember this link, the real one is remembered here

    def __init__(self, link: Link, timing: Timing, pump: Pump) -> None:
        self._link, self._timing, self._pump = link, timing, pump

    def post(self, message: bytes, completed: int, version: int) -> None:
        """Add an encoded message of the algorithm, sent while the node knows these counters."""
        self._link.post(self._with_due(message), completed, version)

    def post_workload(self, message: bytes) -> None:
        """Add an encoded message of the workload."""
        self._link.post_workload(self._with_due(message))

    def _with_due(self, message: bytes) -> bytes:
        if not self._link.batch:
            self._pump.dirty.append(self._link)
        (due,) = self._timing.arrivals(self._pump.now, len(message))  # neither lost nor repeated
        return _PAIR + due.to_bytes(8, "big") + message


class Held:
    """The messages that a node has received over slow links and that are not due yet."""

    def __init__(self, pump: Pump, poller: Poller) -> None:
        self._pump, self._poller = pump, poller
        self._open = True

    def receive(self, link: Link, data: bytes) -> None:
        """Hold the messages in what a link received. Raises wire.Garbage."""
        for completed, version, messages in link.take(data):
            for due, message in messages:
                self._poller.at(due, partial(self._hand_over, link, completed, version, message))
        self._pump.acknowledge(link)

    def stop(self) -> None:
        """Hand nothing over any more."""
        self._open = False

    def _hand_over(self, link: Link, completed: int, version: int, message: Message | WorkloadMessage) -> None:
        if self._open:
            self._pump.hand_over(link, [(completed, version, [message])])
