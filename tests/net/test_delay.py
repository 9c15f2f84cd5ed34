"""Slow links in one process: what is sent carries its time, and is held until then, or for ever after a stop."""

import time
from typing import Any

import msgspec
import pytest
from clusters import step_until
from plans import plan
from wire_in_memory import Wire

from mxbench.core.distributions import ZERO, Constant
from mxbench.core.history import DELIVERED, SENT
from mxbench.core.network import Network
from mxbench.net.compiled import Link
from mxbench.net.driver import Driver
from mxbench.net.link import frame
from mxbench.net.poller import Poller
from mxbench.net.wire import Garbage, encode
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport, Request

DELAY_NS = 3_000_000


class Requested:
    """Node 0 has requested, and its message has come to node 1, over a link that takes 3 ms."""

    def __init__(self) -> None:
        network = msgspec.to_builtins(Network(Constant(DELAY_NS / 1e9)))
        settings = plan(Lamport, 2, entries=[1, 0], dwell=ZERO, network=network)
        self.poller = Poller()
        drivers = [Driver(settings, me, Lamport, Hold, self.poller) for me in (0, 1)]
        self.links: list[Any] = [Link(1 - me, drivers[me].message_type) for me in (0, 1)]
        wires = [Wire(), Wire()]
        for me, driver in enumerate(drivers):
            self.links[me].connected(wires[me], 0)
            driver.join({1 - me: self.links[me]})
            driver.start()
        self.sender, self.receiver = drivers
        assert self.sender.pump.dirty == [self.links[0]]
        self.links[0].flush()
        self.receiver.receive(self.links[1], bytes(wires[0].bytes))

    @property
    def handled(self) -> int:
        return sum(self.receiver.pump.handled_by_type)


def moment(driver: Driver, kind: int) -> int:
    """Return when a node wrote down its first event of a kind."""
    times, codes = driver.history(0.0, 0).columns()
    return next(at for at, code in zip(times, codes, strict=True) if code & 15 == kind)


def test_a_message_that_came_is_held_until_its_delay_since_the_step_that_sent_it_has_passed() -> None:
    requested = Requested()
    assert requested.handled == 0
    step_until(requested.poller, lambda: requested.handled == 1)
    assert moment(requested.receiver, DELIVERED) >= moment(requested.sender, SENT) + DELAY_NS


def test_what_is_held_by_a_node_that_has_stopped_is_not_handed_over() -> None:
    requested = Requested()
    requested.receiver.stop()
    passed: list[bool] = []
    requested.poller.at(time.monotonic_ns() + DELAY_NS, lambda: passed.append(True))
    step_until(requested.poller, lambda: bool(passed))
    assert requested.handled == 0


def test_a_message_that_does_not_say_when_it_is_due_is_garbage() -> None:
    requested = Requested()
    with pytest.raises(Garbage, match="cannot be read"):
        requested.receiver.receive(requested.links[1], frame(2, 0, 0, 0, [encode(Request(1))]))
