"""The two pumps, in Python and compiled: the same messages, counts, history and bytes, and the same complaints."""

import random
from typing import Any

import pytest
from clusters import lamport
from plans import plan
from pumps import PUMPS

from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import ZERO
from mxbench.core.history import NodeHistory
from mxbench.core.messages import Message
from mxbench.net.driver import Driver, union
from mxbench.net.link import frame
from mxbench.net.poller import Poller
from mxbench.net.pump import MAX_MESSAGE
from mxbench.net.pump import Pump as PlainPump
from mxbench.net.wire import encode
from mxbench.workloads.bank import Bank, BankOptions
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport, Reply

pumps = pytest.mark.parametrize("implementation", PUMPS.values(), ids=PUMPS)


class Wire:
    """One direction of a connection, which takes at most so many bytes at once."""

    def __init__(self, bytes_at_once: int) -> None:
        self.bytes, self.at_once = bytearray(), bytes_at_once

    def send(self, data: bytes) -> int:
        taken = min(self.at_once, len(data))
        self.bytes += data[:taken]
        return taken


def exchange(settings: Any, implementation: Any, at_once: int) -> list[NodeHistory]:
    """Run all nodes in this process, moving what they send by hand, and return what they wrote down, without times."""
    Link, Pump = implementation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mxbench.net.driver.Pump", Pump)
        drivers = [Driver(settings, me, Lamport, Bank, Poller()) for me in settings.places]
    wires = {(a, b): Wire(at_once) for a in settings.places for b in settings.places if a != b}
    links = {(a, b): Link(b, union(drivers[a].types)) for a, b in wires}
    for (a, b), link in links.items():
        link.connected(wires[a, b], 0)
    for me, driver in enumerate(drivers):
        driver.join({peer: links[me, peer] for peer in settings.places if peer != me})
        driver.start()
    for _ in range(100_000):
        for link in links.values():
            link.flush()
        carried = [(a, b, bytes(wire.bytes)) for (a, b), wire in wires.items() if wire.bytes]
        if not carried:
            break
        for a, b, data in carried:
            wires[a, b].bytes.clear()
            drivers[b].pump.receive(links[b, a], data)
    assert all(not driver.node.busy for driver in drivers)
    return [without_times(driver.history(0.0, 0)) for driver in drivers]


def without_times(history: NodeHistory) -> NodeHistory:
    times, _ = history.columns()
    assert list(times) == sorted(times)
    history.times = b""
    return history


@pytest.mark.parametrize("level", ["full", "sections", "off"])
@pytest.mark.parametrize("at_once", [1 << 20, 7])
def test_both_pumps_write_the_same_history(level: Any, at_once: int) -> None:
    shares = tuple(Bank.shares(BankOptions(), 3, [20] * 3, random.Random(1)))
    settings = plan(Lamport, 3, entries=20, dwell=ZERO, workload=Bank, history=level, shares=shares)
    found = [exchange(settings, parameter, at_once) for parameter in implementations()]
    assert sum(sum(node.totals.sent_by_type) for node in found[0]) >= 3 * 2 * 60
    for other in found[1:]:
        assert other == found[0]


def implementations() -> list[Any]:
    return [entry.values[0] if hasattr(entry, "values") else entry for entry in PUMPS.values()]


class Big(Message):
    text: Any


@pumps
@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Big(object()), "which cannot be encoded"),
        (Big(1 << 70), "which cannot be encoded"),
        (Big("x" * (MAX_MESSAGE + 1)), f"bytes; the limit is {MAX_MESSAGE}"),
    ],
    ids=["no-plain-data", "a-huge-integer", "too-long"],
)
def test_a_message_that_cannot_be_sent_is_a_breach_that_says_why(message: Any, says: str, implementation: Any) -> None:
    Link, Pump = implementation
    driver = Driver(lamport(2, entries=0), 0, Lamport, Hold, Poller())
    pump = Pump([Reply, Big], 2, True)
    pump.join(driver.node, {1: Link(1, union([Reply, Big]))}, [])
    with pytest.raises(ContractBreach, match=says):
        pump.send(1, message)
    assert list(pump.sent_by_type) == [0, 0]
    assert not pump.dirty


@pumps
def test_what_a_pump_does_not_know_is_told(implementation: Any) -> None:
    Link, Pump = implementation
    driver = Driver(lamport(2, entries=0), 0, Lamport, Hold, Poller())
    pump = Pump([Reply], 1, True)
    pump.join(driver.node, {1: Link(1, Reply)}, [])
    with pytest.raises(KeyError):
        pump.send(1, Big(1))
    with pytest.raises(KeyError):
        pump.send(2, Reply(1))


@pumps
def test_a_pump_without_a_node_or_with_other_links_says_so(implementation: Any) -> None:
    Link, Pump = implementation
    pump = Pump((Reply,), 1, True)
    data = frame(1, 0, 0, 0, [encode(Reply(1))])
    for act in (
        lambda: pump.send(1, Reply(1)), lambda: pump.broadcast(Reply(1)), lambda: pump.receive(Link(1, Reply), data)
    ):  # fmt: skip
        with pytest.raises(AttributeError):
            act()
    if Pump is not PlainPump:
        for links, peers in (({1: object()}, []), ({}, [object()])):
            with pytest.raises(TypeError, match="a compiled pump needs compiled links, not <object"):
                pump.join(object(), links, peers)
