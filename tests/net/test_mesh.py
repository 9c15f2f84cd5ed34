"""The connections of two nodes in one process: broken, made again, taken over, and filled to the brim."""

import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from clusters import step_until
from pumps import LINKS

from mxbench.net.door import Door
from mxbench.net.link import Link, frame
from mxbench.net.mesh import Mesh
from mxbench.net.poller import Poller
from mxbench.net.wire import call, encode

HOST = "127.0.0.1"
SECRET = b"s" * 32
NUMBERS = int


class Pair:
    """The meshes of nodes 0 and 1 on one poller, connected; what each was told."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.failures: list[tuple[str, str]] = []
        self.heard: tuple[list[int], list[int]] = ([], [])
        complete: list[int] = []
        self.meshes = [
            Mesh(me, 2, SECRET, HOST, self.poller, NUMBERS, self._deliver(me),
                 lambda kind, text: self.failures.append((kind, text)), lambda: complete.append(1))
            for me in (0, 1)
        ]  # fmt: skip
        addresses = {me: (HOST, mesh.door.port) for me, mesh in enumerate(self.meshes)}
        for mesh in self.meshes:
            mesh.connect(addresses)
        step_until(self.poller, lambda: len(complete) == 2)

    def _deliver(self, me: int) -> Callable[[Link, bytes], None]:
        def deliver(link: Link, data: bytes) -> None:
            for item in link.take(data):
                self.heard[me].extend(item[2])

        return deliver

    def say(self, me: int, number: int) -> None:
        link = self.meshes[me].links[1 - me]
        link.post(encode(number), 0, 0)
        self.meshes[me].flush(link)

    def close(self) -> None:
        for mesh in self.meshes:
            mesh.door.close()
            for link in mesh.links.values():
                link.disconnected(0)
        self.poller.close()


@pytest.fixture(params=LINKS.values(), ids=LINKS)
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr("mxbench.net.mesh.Link", request.param)
    it = Pair()
    yield it
    it.close()


def test_what_is_sent_between_cuts_comes_once_and_in_order(pair: Pair) -> None:
    for number in range(200):
        pair.say(0, number)
        pair.say(1, number)
        if number % 10 == 5:
            pair.meshes[number // 10 % 2].cut(1 - number // 10 % 2)
    step_until(pair.poller, lambda: len(pair.heard[0]) == len(pair.heard[1]) == 200)
    assert pair.heard == (list(range(200)), list(range(200)))
    assert not pair.failures


def test_more_than_the_kernel_takes_at_once_comes_whole(pair: Pair) -> None:
    link = pair.meshes[0].links[1]
    for _ in range(12):
        for number in range(50_000):
            link.post(encode(number), 0, 0)
        link.seal()
        link.post(encode(0), 0, 0)
        pair.meshes[0].flush(link)
    step_until(pair.poller, lambda: len(pair.heard[1]) == 12 * 50_001, seconds=30)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"\xff\xff\xff\xff", "a frame of 4294967295 bytes"), (frame(5, 0, 0, 0, []), "frame 5 after frame 0")],
    ids=["a-huge-length", "a-gap"],
)
def test_a_peer_with_the_secret_that_sends_garbage_is_named(data: bytes, text: str, pair: Pair) -> None:
    connection = pair.meshes[1].links[0].connection
    assert connection is not None
    connection.send(data)
    step_until(pair.poller, lambda: bool(pair.failures))
    kind, told = pair.failures[0]
    assert kind == "garbage"
    assert told.startswith(f"node 1 sent garbage to node 0: {text}")


def test_a_peer_that_stays_away_is_named(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxbench.net.mesh.GIVE_UP_SECONDS", 0.1)
    pair.meshes[0].door.close()
    pair.meshes[0].cut(1)
    step_until(pair.poller, lambda: len(pair.failures) == 2)
    assert {kind for kind, _ in pair.failures} == {"link"}
    pair.meshes[0].door = Door(0, SECRET, HOST, pair.poller, 8, lambda peer: True, lambda peer: 0, lambda guest: None)


def test_a_new_connection_takes_the_place_of_one_whose_break_was_not_noticed(pair: Pair) -> None:
    old = pair.meshes[0].links[1].connection
    assert old is not None
    connection = _call(pair, 1)
    step_until(pair.poller, lambda: pair.meshes[0].links[1].connection not in (None, old))
    assert old.fileno() == -1
    connection.close()


def _call(pair: Pair, me: int) -> socket.socket:
    got: list[socket.socket] = []
    thread = Thread(target=lambda: got.append(call((HOST, pair.meshes[0].door.port), SECRET, me, 10)))
    thread.start()
    step_until(pair.poller, lambda: bool(got))
    thread.join()
    return got[0]
