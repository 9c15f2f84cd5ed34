"""Neilsen and Mizuno, "A DAG-Based Algorithm for Distributed Mutual Exclusion", 1991: what the paper says, tested.

Every message takes the same time T, unless a test says otherwise.
"""

from fractions import Fraction
from itertools import pairwise, product

import msgspec
import pytest
from oracles import assert_right, messages, messages_from_exit_to_exit
from plans import run

from mxbench.core.distributions import Constant, Exponential
from mxbench.core.history import History
from mxbench.core.topologies import TOPOLOGIES, distance
from mxbench_plugins.neilsen_mizuno import NeilsenMizuno

T = 1_000_000
ROUNDS = 5


def steady(topology: str, nodes: int) -> History:
    """Return a run in which every node wants to enter all the time."""
    return run(NeilsenMizuno, nodes, topology=topology, entries=ROUNDS + 5, dwell=Constant(0.002), delay=lambda *way: T)


def alone(topology: str, nodes: int, holder: int, requester: int) -> History:
    """Return a run in which one node asks once."""
    entries = [int(node == requester) for node in range(nodes)]
    return run(NeilsenMizuno, nodes, topology=topology, holder=holder, entries=entries, delay=lambda *way: T)


def requests_passed_on(history: History) -> list[int]:
    """Return for each entry, by node and in its order, how many messages its request took."""
    counts: dict[int, list[int]] = {}
    for event in history:
        if event.kind == "requested":
            counts.setdefault(event.node, []).append(0)
        elif event.kind == "sent" and event.type == "Request":
            counts[msgspec.msgpack.decode(event.payload)[1]][-1] += 1
    return [count for of_node in counts.values() for count in of_node]


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_alone_a_request_follows_the_tree_and_the_token_comes_directly(topology: str) -> None:
    """Section on performance: as many requests as there are edges to the sink, at most the diameter, and one message
    for the token; none where the token is."""
    costs = set()
    for holder, requester in product(range(7), repeat=2):
        history = alone(topology, 7, holder, requester)
        edges = distance(history.plan.towards, holder, requester)
        assert messages(history) == ({"Request": edges, "Privilege": 1} if edges else {})
        (entry,) = history.entries
        assert (entry.entered or 0) - entry.requested == (edges + 1 if edges else 0) * T
        costs.add(messages(history).total())
    diameter = max(distance(history.plan.towards, a, b) for a, b in product(range(7), repeat=2))
    assert max(costs) == diameter + 1


@pytest.mark.parametrize("nodes", [3, 4, 7, 10])
def test_on_a_star_an_entry_takes_three_messages_at_most(nodes: int) -> None:
    """Abstract: on the best topology three messages an entry, as many as a centralised algorithm takes. The star is the
    best: no other tree has so small a diameter."""
    for holder in range(2):
        for seed in range(5):
            settings = {"think": Exponential(0.004), "seed": seed, "holder": holder}
            history = run(NeilsenMizuno, nodes, entries=6, topology="star", **settings)
            assert_right(history, entries=6 * nodes)
            assert max(requests_passed_on(history)) == 2
            assert messages(history)["Privilege"] <= 6 * nodes


def test_on_a_star_the_mean_over_all_places_of_token_and_requester() -> None:
    """Between two leaves three messages, between a leaf and the centre two, none for who has the token."""
    for nodes in (2, 3, 5, 7):
        pairs = list(product(range(nodes), repeat=2))
        total = sum(messages(alone("star", nodes, holder, requester)).total() for holder, requester in pairs)
        assert Fraction(total, len(pairs)) == Fraction(3 * (nodes - 1) * (nodes - 2) + 4 * (nodes - 1), nodes**2)


@pytest.mark.parametrize("nodes", [2, 3, 4, 7, 12, 16])
def test_saturated_a_star_takes_three_minus_two_over_n(nodes: int) -> None:
    """Each node finds at the sink the one that enters before it: in a round, n - 2 times from leaf to leaf over the
    centre, and twice between a leaf and the centre."""
    history = steady("star", nodes)
    assert_right(history, entries=(ROUNDS + 5) * nodes)
    first = 2 * nodes
    assert messages_from_exit_to_exit(history, first, first + ROUNDS * nodes) == ROUNDS * (3 * nodes - 2)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_saturated_every_exit_is_one_message_from_the_next_entry(topology: str) -> None:
    """Abstract: the synchronisation delay under heavy load is minimal. The token goes straight to the next node."""
    entries = steady(topology, 7).entries[7:-7]
    assert {(after.entered or 0) - (before.released or 0) for before, after in pairwise(entries)} == {T}


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_edges_turn_round_and_are_never_drawn_anew(topology: str) -> None:
    """A node that passes a request on points to the neighbour that it came from, not to who asks: under any load all
    requests travel along the edges of the first tree."""
    for seed in range(5):
        history = run(NeilsenMizuno, 8, topology=topology, holder=3, entries=5, think=Exponential(0.003), seed=seed)
        towards = history.plan.towards
        ways = {(event.node, event.peer) for event in history if event.kind == "sent" and event.type == "Request"}
        assert all(towards[a] == b or towards[b] == a for a, b in ways)


def test_the_token_carries_nothing_and_a_request_one_name() -> None:
    """Section on storage: no queue is kept anywhere; the token has no contents, a request names who asks (and its
    sender, which the channel tells)."""
    history = run(NeilsenMizuno, 5, topology="line", holder=2)
    sent = [msgspec.msgpack.decode(event.payload) for event in history if event.kind == "sent"]
    assert {name for name, *_ in sent} == {"Privilege", "Request"}
    assert all(contents == [] for name, *contents in sent if name == "Privilege")
    assert all(len(contents) == 1 for name, *contents in sent if name == "Request")


def test_requests_are_served_in_the_order_in_which_they_reach_the_sink() -> None:
    """The queue is spread over the nodes, each of which knows who comes next: no request is passed by a later one."""
    history = run(
        NeilsenMizuno, 5, topology="star", entries=1, dwell=Constant(0.02), delay=lambda sender, *way: (sender + 1) * T
    )
    assert [entry.node for entry in history.entries] == [0, 1, 2, 3, 4]


def test_messages_may_overtake_each_other() -> None:
    """No order of messages is assumed."""
    for seed in range(20):
        assert_right(run(NeilsenMizuno, 6, topology="random", fifo=False, seed=seed, entries=5), entries=30)
