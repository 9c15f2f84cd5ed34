"""A node process without the process: what it makes of its parent's commands and of what its peers send too early."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from clusters import BROKEN, lamport, of_file, step_until

from mxbench.core.plan import RunPlan
from mxbench.net.control import (
    REPLIES,
    Channel,
    Connect,
    Failed,
    Finish,
    Finished,
    Listening,
    Meshed,
    Poll,
    Start,
    Status,
)
from mxbench.net.link import frame as link_frame
from mxbench.net.process import HOST, NodeProcess
from mxbench.net.wire import call, encode, frame
from mxbench_plugins.lamport import Request

SECRET = b"s" * 32


class Parent:
    """The parent's end of the control connection of node 0, which runs in this process."""

    def __init__(self, run_plan: RunPlan) -> None:
        here, there = socket.socketpair()
        there.setblocking(False)
        here.setblocking(False)
        self.channel = Channel(here, REPLIES)
        self.node = NodeProcess(run_plan, 0, SECRET, there)
        self.heard: list[Any] = []

    def hears(self, kind: type) -> bool:
        self.heard.extend(self.channel.receive() or ())
        return any(isinstance(reply, kind) for reply in self.heard)

    def first(self, kind: type) -> Any:
        """Let the node work until it says something of this kind, and return that."""
        step_until(self.node.poller, lambda: self.hears(kind))
        return next(reply for reply in self.heard if isinstance(reply, kind))

    def call(self, me: int) -> socket.socket:
        """Come to the node's door as its peer `me`."""
        port, got = self.first(Listening).port, []
        thread = Thread(target=lambda: got.append(call((HOST, port), SECRET, me, 10)))
        thread.start()
        step_until(self.node.poller, lambda: bool(got))
        thread.join()
        return got[0]

    def close(self) -> None:
        self.node.poller.close()
        self.node.mesh.door._listener.close()
        self.node.channel.close()
        self.channel.close()


@pytest.fixture
def of_two() -> Iterator[Parent]:
    parent = Parent(lamport(2, entries=0))
    yield parent
    parent.close()


def test_half_a_frame_that_came_before_the_start_over_a_connection_that_broke_is_forgotten(of_two: Parent) -> None:
    request = link_frame(1, 0, 0, 0, [encode(Request(1))])
    of_two.channel.send(Connect(HOST, [1, 1]))
    link = of_two.node.mesh.links[1]
    with of_two.call(1) as first:
        of_two.first(Meshed)
        first.sendall(request[:7])
        step_until(of_two.node.poller, lambda: len(of_two.node._early) == 1)
    step_until(of_two.node.poller, lambda: link.connection is None)
    with of_two.call(1) as second:
        second.sendall(request)
        step_until(of_two.node.poller, lambda: len(of_two.node._early) == 2)
        of_two.channel.send(Start())
        of_two.channel.send(Poll(1))
        status = of_two.first(Status)
    assert (status.handled, status.sent) == (1, 1)
    assert not of_two.hears(Failed)


def test_a_command_is_obeyed_though_the_one_before_it_found_a_breach(tmp_path: Path) -> None:
    parent = Parent(of_file(BROKEN / "not_plain_data.py", "NotPlainData", 1))
    parent.channel.connection.sendall(frame(Start()) + frame(Poll(1)) + frame(Finish(str(tmp_path / "0.msgpack"))))
    parent.first(Finished)
    assert [type(reply) for reply in parent.heard] == [Listening, Failed, Status, Finished]
    assert parent.heard[1].kind == "contract"
    assert (tmp_path / "0.msgpack").exists()
    parent.close()


def test_a_node_that_cannot_be_set_up_says_so_and_is_done() -> None:
    here, there = socket.socketpair()
    with here:
        node = NodeProcess(of_file(BROKEN / "not_plain_data.py", "Misspelt", 1), 0, SECRET, there)
        assert node.finished, "it would wait for commands that it cannot obey"
        replies = Channel(here, REPLIES).receive()
        assert replies is not None
        assert [type(reply) for reply in replies] == [Failed]
        assert "Misspelt" in replies[0].text
        node.poller.close()
        there.close()
