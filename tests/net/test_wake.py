"""The compiled pump's wake-up, over real sockets: what it does itself, and what it leaves to Python."""

import select
import socket
from collections.abc import Iterator

import pytest
from clusters import lamport
from pumps import MISSING

from mxbench.net import compiled
from mxbench.net.driver import Driver, union
from mxbench.net.link import frame
from mxbench.net.poller import Poller
from mxbench.net.wire import Garbage, encode
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport, Reply, Request

SOON = 5.0  # seconds that nothing here waits for unless it fails

pytestmark = pytest.mark.skipif(not hasattr(compiled.Pump, "wake"), reason=MISSING)


class Awake:
    """Node 0 of two, and the other end of its connection."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.driver = Driver(lamport(2, entries=0), 0, Lamport, Hold, self.poller)
        self.link = compiled.Link(1, union(self.driver.types))
        self.driver.join({1: self.link})
        here, self.peer = socket.socketpair()
        here.setblocking(False)
        self.connection = here
        self.epoll = select.epoll()
        self.epoll.register(here.fileno(), select.EPOLLIN)
        self.link.connected(here, 0)

    def wake(self, seconds: float | None = SOON) -> list[tuple[int, int]]:
        assert self.driver.wake is not None
        return self.driver.wake(self.epoll.fileno(), seconds)

    def close(self) -> None:
        for each in (self.connection, self.peer, self.epoll, self.poller):
            each.close()  # type: ignore[attr-defined]


@pytest.fixture
def awake() -> Iterator[Awake]:
    it = Awake()
    yield it
    it.close()


def request(number: int) -> bytes:
    return frame(number, 0, 0, 0, [encode(Request(number))])


def test_a_message_is_handed_over_and_answered_within_one_wake_up(awake: Awake) -> None:
    awake.peer.send(request(1) + request(2))
    assert awake.wake() == []
    assert not awake.driver.pump.dirty
    assert sum(awake.driver.pump.handled_by_type) == 2
    answer = compiled.Link(0, union(awake.driver.types)).take(awake.peer.recv(1000))
    assert answer == [(0, 0, [Reply(2), Reply(3)])]


def test_a_frame_that_comes_in_pieces_is_put_together(awake: Awake) -> None:
    data = request(1)
    for byte in data:
        assert sum(awake.driver.pump.handled_by_type) == 0
        awake.peer.send(bytes([byte]))
        assert awake.wake() == []
    assert sum(awake.driver.pump.handled_by_type) == 1


def test_what_is_no_link_is_returned(awake: Awake) -> None:
    one, other = socket.socketpair()
    with one, other:
        awake.epoll.register(one.fileno(), select.EPOLLIN)
        other.send(b"x")
        assert awake.wake(None) == [(one.fileno(), select.EPOLLIN)]


def test_without_an_event_it_comes_back_with_nothing(awake: Awake) -> None:
    assert awake.wake(0.0) == []
    assert awake.wake(0.001) == []


def test_a_closed_connection_is_left_to_python(awake: Awake) -> None:
    awake.peer.close()
    ((descriptor, events),) = awake.wake()
    assert descriptor == awake.connection.fileno()
    assert events & select.EPOLLIN
    assert awake.link.receive() == b""


def test_garbage_is_told_to_who_asks_the_link(awake: Awake) -> None:
    awake.peer.send(request(1) + request(5))
    assert awake.wake() == [(awake.connection.fileno(), select.EPOLLIN)]
    with pytest.raises(Garbage, match="frame 5 after frame 1"):
        awake.link.receive()
    with pytest.raises(BlockingIOError):  # it is told once
        awake.link.receive()


def test_a_link_that_the_kernel_takes_too_little_of_stays_dirty(awake: Awake) -> None:
    awake.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    messages = [encode(Request(1))] * 20_000
    awake.peer.sendall(frame(1, 0, 0, 0, messages))
    while sum(awake.driver.pump.handled_by_type) < len(messages):
        assert awake.wake() == []
    assert awake.driver.pump.dirty == [awake.link]
    received = 0
    reader = compiled.Link(0, union(awake.driver.types))
    while received < len(messages):
        received += sum(len(item[2]) for item in reader.take(awake.peer.recv(1 << 20)))
        awake.link.flush()
    assert received == len(messages)


def test_an_exception_of_a_handler_comes_through(awake: Awake, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise OSError("of the plugin, not of a socket")

    monkeypatch.setattr(Lamport, "on_message", fails)
    awake.peer.send(request(1))
    with pytest.raises(OSError, match="of the plugin"):
        awake.wake()
