"""The central coordinator, as the textbooks describe it (Tanenbaum and van Steen, "Distributed Systems"), tested.

Every message takes the same time T, unless a test says otherwise.
"""

from itertools import pairwise

import pytest
from oracles import assert_right, messages, messages_per_entry
from plans import run

from mxbench.core.distributions import ZERO, Constant, Distribution, Exponential
from mxbench_plugins.coordinator import Coordinator

T = 1_000_000
LOADS = [ZERO, Constant(0.05), Exponential(0.002)]


@pytest.mark.parametrize("nodes", [1, 2, 3, 6, 10])
@pytest.mark.parametrize("think", LOADS, ids=["saturated", "rare", "mixed"])
def test_an_entry_takes_a_request_a_grant_and_a_release(nodes: int, think: Distribution) -> None:
    """ "Requires only three messages per use of resource (request, grant, release)": at any load, of a server."""
    history = run(Coordinator, nodes, think=think, server=True)
    assert_right(history, entries=3 * nodes)
    assert messages(history) == {"Request": 3 * nodes, "Grant": 3 * nodes, "Release": 3 * nodes}


@pytest.mark.parametrize("nodes", [1, 2, 3, 6, 10])
@pytest.mark.parametrize("think", LOADS, ids=["saturated", "rare", "mixed"])
def test_a_coordinator_that_is_a_node_enters_for_nothing(nodes: int, think: Distribution) -> None:
    """So 3 (n - 1) / n on average, if all enter equally often."""
    holder = nodes // 2
    history = run(Coordinator, nodes, think=think, holder=holder)
    assert messages_per_entry(history) == 3 * (nodes - 1) / nodes
    others = [3 * int(node != holder) for node in range(nodes)]
    requests = [node.totals.sent_by_type[node.types.index("Request")] for node in history.nodes]
    assert requests == others


@pytest.mark.parametrize("server", [True, False], ids=["server", "node"])
def test_every_message_goes_to_or_from_the_coordinator(server: bool) -> None:
    """It is the bottleneck: no two others speak with each other."""
    history = run(Coordinator, 5, server=server)
    centre = history.plan.holder
    assert centre == (5 if server else 0)
    sent = [event for event in history if event.kind == "sent"]
    assert sent
    assert all(centre in (event.node, event.peer) for event in sent)


def test_alone_a_node_waits_for_two_messages() -> None:
    """There and back: 2 T, and nothing on the coordinator's own node."""
    for holder, waits in ((None, {2 * T}), (1, {0, 2 * T})):
        settings = {"server": True} if holder is None else {"holder": holder}
        history = run(Coordinator, 3, one_at_a_time=True, delay=lambda *way: T, **settings)
        assert {(entry.entered or 0) - entry.requested for entry in history.entries} == waits


def test_the_next_one_enters_two_messages_after_an_exit() -> None:
    """The release and then the grant: 2 T, where Lamport's and Ricart-Agrawala's take one. Of 2 n such messages in a
    round, a coordinator on a node saves its own two."""
    for server, round_ in ((True, 2 * 6), (False, 2 * 5)):
        history = run(Coordinator, 6, entries=8, delay=lambda *way: T, dwell=Constant(0.002), server=server)
        entries = history.entries[6 : 6 * 6 + 1]
        gaps = [(after.entered or 0) - (before.released or 0) for before, after in pairwise(entries)]
        assert sum(gaps) == 5 * round_ * T
        assert not server or set(gaps) == {2 * T}


def test_requests_are_granted_in_the_order_in_which_they_come_in() -> None:
    """ "Requests are granted in the order in which they are received"; not that in which they were sent."""
    for seed in range(10):
        history = run(Coordinator, 5, entries=4, think=Exponential(0.003), server=True, seed=seed)
        came = [event.peer for event in history if event.kind == "delivered" and event.type == "Request"]
        assert came == [entry.node for entry in history.entries]


def test_messages_may_overtake_each_other() -> None:
    """A request that overtakes the release before it waits in the queue like any other."""
    for seed in range(20):
        assert_right(run(Coordinator, 4, fifo=False, seed=seed, entries=6, server=bool(seed % 2)), entries=24)
