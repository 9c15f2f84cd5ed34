"""A server of the algorithm: what it may send and to whom, and what it relays though it never enters."""

from typing import Any

import pytest
from heap_bank import bank, slow_link
from heap_loop import HeapLoop
from oracles import assert_right
from plans import plan, run

from mxbench.check.answer import check
from mxbench.checkers.ledger import Ledger
from mxbench.checkers.register import RegisterChecker
from mxbench.core.algorithm import Algorithm, EntryRequest, Out, Parameters
from mxbench.core.contract import ContractBreach
from mxbench.core.distributions import Exponential
from mxbench.core.messages import Message
from mxbench.core.node import Node
from mxbench.core.places import NoWorkload, build_node, roles
from mxbench.workloads.counter import Counter, Read
from mxbench.workloads.hold import Hold
from mxbench_plugins.coordinator import Coordinator, Request

MS = 1_000_000


class Wake(Message):
    """Are you there?"""


class Announcer(Algorithm):
    """A server that speaks first, to all nodes; they enter when it has spoken."""

    name = "announcer"
    can_have_server = True

    heard: int = 0

    def on_start(self, out: Out) -> None:
        if self.me == self.holder:
            out.broadcast(Wake())

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.send(self.holder, Wake())

    def on_message(self, sender: int, message: Wake, out: Out) -> None:
        self.heard += 1
        if self.me == self.holder:
            out.send(sender, Wake())
        elif self.heard == 2:
            out.enter()


def test_a_servers_peers_are_all_nodes_and_a_nodes_are_without_it() -> None:
    assert Parameters(3, 3, algorithm_servers=1).peers == (0, 1, 2)
    assert Parameters(1, 3, algorithm_servers=1).peers == (0, 2)
    assert Parameters(1, 3, algorithm_servers=1).n == 3


def test_what_a_server_broadcasts_goes_to_every_node_and_is_counted() -> None:
    history = run(Announcer, 4, entries=1, server=True)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 4
    assert [sum(node.totals.sent_by_type) for node in history.nodes] == [1, 1, 1, 1, 4 + 4]


def test_a_server_runs_the_algorithm_without_a_workload_and_the_guard_the_reverse() -> None:
    made = plan(Coordinator, 3, server=True, workload=Counter, servers=1, options={"fencing": "off"})
    classes = [roles(made, place, Coordinator, Counter) for place in made.places]
    assert classes[:3] == [(Coordinator, Counter)] * 3
    assert classes[3] == (Coordinator, NoWorkload)
    assert [cls.name for cls in classes[4]] == ["none", Counter.server_type.name]  # type: ignore[union-attr]


def node(me: int) -> Node:
    made = plan(Coordinator, 3, server=True, workload=Counter, servers=1, options={"fencing": "off"})
    return build_node(made, me, Coordinator, Counter, HeapLoop(made, Coordinator, Counter).places[me])


def test_an_algorithm_can_send_to_its_server_and_not_to_the_workloads() -> None:
    out = node(0).out
    out.send(3, Request())
    with pytest.raises(ContractBreach, match="no such node"):
        out.send(4, Request())


def test_a_workload_can_send_to_its_server_and_not_to_the_algorithms() -> None:
    out = node(0)._work_out
    out.send(4, Read(1))
    with pytest.raises(ContractBreach, match="no such node"):
        out.send(3, Read(1))


@pytest.mark.parametrize("fifo", [True, False])
@pytest.mark.parametrize("nodes", [1, 2, 5])
def test_the_fencing_number_goes_through_the_server(nodes: int, fifo: bool) -> None:
    """No two nodes speak with each other: all that a node knows of others' sections the server told it."""
    for seed in range(5):
        history = run(Coordinator, nodes, server=True, seed=seed, fifo=fifo, think=Exponential(0.001))
        assert_right(history, entries=3 * nodes)


@pytest.mark.parametrize("seed", range(3))
def test_the_ledgers_height_goes_through_the_server(seed: int) -> None:
    """The grant comes sooner than the block, so the entrant has to wait for the height that the grant names."""
    history = bank(Coordinator, 3, server=True, seed=seed, delay=slow_link)
    finding = Ledger().check(history)
    assert finding.outcome == "valid", finding
    assert [section.number for section in history.entries] == list(range(1, 16))
    stays = [(s.released or 0) - (s.entered or 0) for s in history.entries if s.node == 2]
    assert max(stays) > 500 * MS, "node 2 was inside while a block was on its way"


@pytest.mark.parametrize("nodes", [1, 3])
def test_the_guard_of_a_workload_stands_behind_the_server(nodes: int) -> None:
    history = run(Coordinator, nodes, server=True, entries=6, workload=Counter, servers=1, options={"fencing": "on"})
    finding = RegisterChecker().check(history)
    assert (finding.outcome, finding.text) == (
        "valid", f"{6 * nodes} writes brought the counter to {6 * nodes}, one for each critical section",
    )  # fmt: skip
    assert {entry.node for entry in history.entries} == set(range(nodes)), "servers never enter"


def test_the_checker_searches_the_server_with_the_nodes() -> None:
    class GrantsAgain(Coordinator):
        """Forgets that somebody is inside when another request comes."""

        name = "grants-again"

        def on_message(self, sender: int, message: Any, out: Out) -> None:
            if self.me >= self.n and self.queue == []:
                self.granted = False
            super().on_message(sender, message, out)

    found = check(GrantsAgain, 2, 1, server=True)
    assert (found["verdict"], found["property"]) == ("violated", "mutual exclusion")
    assert {step["node"] for step in found["trace"]} == {0, 1, 2}
    assert [step["number"] for step in found["trace"] if step.get("enters")] == [1, 1]


def test_a_node_without_the_merge_of_the_server_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The insurance of the two tests above: break what relays, and they go red."""
    deliver = Node.deliver

    def forgetful(self: Node, sender: int, completed: int, version: int, message: Message) -> None:
        deliver(self, sender, 0 if self.me == 3 else completed, version, message)

    monkeypatch.setattr(Node, "deliver", forgetful)
    numbers = [entry.number for entry in run(Coordinator, 3, server=True, workload=Hold).entries]
    assert numbers != list(range(1, 10))
