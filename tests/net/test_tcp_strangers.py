"""Whoever does not know the run's secret: it is turned away, nothing of it is read, and the run goes on undisturbed."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
from clusters import Disturbed, assert_whole, counts_by_node, lamport
from oracles import assert_right

from mxbench.core.distributions import Constant
from mxbench.core.history import History
from mxbench.net.cluster import Cluster
from mxbench.net.wire import MAGIC, Garbage, Greeting, call

HOST = "127.0.0.1"
HELLO = MAGIC + (2).to_bytes(4, "big") + b"n" * 16  # of node 2, who may call nodes 0 and 1


def says(data: bytes, linger: bool = True) -> Callable[[Cluster, ExitStack], None]:
    """Return an act that tells these bytes to every node; `linger` keeps the connection open to the end of the run."""

    def act(cluster: Cluster, to_the_end: ExitStack) -> None:
        for port in cluster.ports.values():
            connection = socket.create_connection((HOST, port))
            connection.sendall(data)
            to_the_end.enter_context(connection) if linger else connection.close()

    return act


def crowd(cluster: Cluster, to_the_end: ExitStack) -> None:
    """Stand idle at the door of node 0, in greater number than it lets stand, and have its peers come back in."""
    for _ in range(300):
        to_the_end.enter_context(socket.create_connection((HOST, cluster.ports[0])))
    cluster.cut(1, 0)
    cluster.cut(0, 2)


ACTS = {
    "silence": says(b""),
    "leaving-at-once": says(b"", linger=False),
    "random-bytes": says(bytes(range(256)) * 64),
    "a-huge-length": says(b"\xff\xff\xff\xff" * 64),
    "a-frame-without-greeting": says((5).to_bytes(4, "big") + b"\x95\x01\x00\x00\x00"),
    "half-a-hello": says(HELLO[:10]),
    "a-hello-and-silence": says(HELLO),
    "a-wrong-proof": says(HELLO + b"p" * 40 + b"\xff\xff\xff\xff"),
    "an-unknown-node": says(MAGIC + (99).to_bytes(4, "big") + b"n" * 16 + b"p" * 40),
    "the-parents-id": says(MAGIC + b"\xff\xff\xff\xff" + b"n" * 16 + b"p" * 40),
    "three-hundred-idle": crowd,
}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_run_is_not_disturbed_by_a_stranger_with(act: Callable[[Cluster, ExitStack], None], tmp_path: Path) -> None:
    with ExitStack() as to_the_end:
        the_plan = lamport(3, entries=20, dwell=Constant(0.002))
        disturbed = Disturbed(the_plan, tmp_path, lambda cluster: act(cluster, to_the_end))
    assert disturbed.acts == 1
    assert_right(disturbed.history, 60)
    assert_whole(disturbed.history)
    counts = {"Request": 40, "Reply": 40, "Release": 40}
    assert counts_by_node(disturbed.history) == [(counts, counts)] * 3


def test_a_stranger_is_closed_after_a_wrong_proof_and_hears_no_frame(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def act(cluster: Cluster) -> None:
        with socket.create_connection((HOST, cluster.ports[0]), timeout=10) as connection:
            connection.sendall(HELLO + b"p" * 40)
            try:
                while data := connection.recv(4096):
                    heard.append(data)
            except ConnectionResetError:
                heard.append(b"")

    assert_right(Disturbed(lamport(3, entries=20, dwell=Constant(0.002)), tmp_path, act).history, 60)
    assert len(b"".join(heard)) <= 64, "the other side's own greeting and nothing else"


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    histories: dict[str, History] = {}

    def one(name: str) -> None:
        histories[name] = Cluster(lamport(4, entries=30), tmp_path / name).run()

    threads = [Thread(target=one, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for history in histories.values():
        assert_right(history, 120)
        assert_whole(history)
    assert len(histories) == 2


def test_a_node_with_the_secret_of_another_run_is_refused(tmp_path: Path) -> None:
    refused: list[int] = []

    def visit(mine: Cluster, other: Cluster) -> None:
        for port in mine.ports.values():
            with pytest.raises((Garbage, OSError)):
                call((HOST, port), other._secret, 2, seconds=10)
            refused.append(port)

    def begin_another(mine: Cluster) -> None:
        other = Disturbed(lamport(3, entries=20), tmp_path / "other", lambda other: visit(mine, other))
        assert_right(other.history, 60)

    mine = Disturbed(lamport(3, entries=20, dwell=Constant(0.002)), tmp_path / "mine", begin_another)
    assert_right(mine.history, 60)
    assert_whole(mine.history)
    assert len(refused) == 3


def test_a_guest_with_the_secret_in_the_place_of_a_node_ends_the_run_as_soon_as_it_sends_garbage(
    tmp_path: Path,
) -> None:
    with ExitStack() as to_the_end:

        def act(cluster: Cluster) -> None:
            guest = to_the_end.enter_context(socket.create_connection((HOST, cluster.ports[0]), timeout=10))
            greeting = Greeting(cluster._secret, 2, caller=True)
            guest.sendall(greeting.hello)
            while not greeting.proved:
                data = guest.recv(greeting.missing)
                assert data, "the node let nobody in"
                greeting.feed(data)
            # At once with the proof: else the node may have called again, and have its place back, before it is read.
            guest.sendall(greeting.proof(0) + b"\xff\xff\xff\xff")

        disturbed = Disturbed(lamport(3, entries=200, dwell=Constant(0.002)), tmp_path, act)
    ending = disturbed.history.ending
    assert (ending.reason, ending.failed) == ("failed", "garbage")
    assert ending.text == "node 2 sent garbage to node 0: a frame of 4294967295 bytes; the limit is 8388608"
    assert disturbed.seconds_after < 10
    assert disturbed.history.whole, "the histories so far are kept"
