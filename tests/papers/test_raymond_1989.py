"""Raymond, "A Tree-Based Algorithm for Distributed Mutual Exclusion", 1989: what the paper says, tested.

Every message takes the same time T, unless a test says otherwise.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, product

import pytest
from oracles import assert_right, messages, messages_from_exit_to_exit
from plans import run

from mxbench.core.distributions import ZERO, Constant, Distribution
from mxbench.core.history import History
from mxbench.core.topologies import TOPOLOGIES, distance
from mxbench_plugins.raymond import Raymond

T = 1_000_000
ROUNDS = 5


def steady(topology: str, nodes: int, think: Distribution = ZERO) -> History:
    """Return a run in which every node wants to enter all the time."""
    return run(
        Raymond, nodes, topology=topology, entries=ROUNDS + 5, think=think, dwell=Constant(0.002), delay=lambda *way: T
    )


def alone(topology: str, nodes: int, holder: int, requester: int) -> History:
    """Return a run in which one node asks once."""
    entries = [int(node == requester) for node in range(nodes)]
    return run(Raymond, nodes, topology=topology, holder=holder, entries=entries, delay=lambda *way: T)


@pytest.mark.parametrize("nodes", [2, 3, 4, 7, 12, 16])
@pytest.mark.parametrize("think", [ZERO, Constant(0.0007)], ids=["no-think", "some-think"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_saturated_the_token_walks_round_the_tree_for_four_messages_an_entry(
    topology: str, think: Distribution, nodes: int
) -> None:
    """Abstract: the number of messages "reduces to approximately four messages under saturated demand". In n
    entries the token passes each of the n - 1 edges once in each direction, and each time was asked to."""
    history = steady(topology, nodes, think)
    assert_right(history, entries=(ROUNDS + 5) * nodes)
    first = 2 * nodes  # the requests of the beginning are over
    assert messages_from_exit_to_exit(history, first, first + ROUNDS * nodes) == ROUNDS * 4 * (nodes - 1)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_saturated_the_token_takes_less_than_two_steps_from_one_exit_to_the_next_entry(topology: str) -> None:
    """In a round the token takes 2 (n - 1) messages, one after the other, to let n nodes enter."""
    nodes = 7
    entries = steady(topology, nodes).entries[2 * nodes : (2 + ROUNDS) * nodes + 1]
    gaps = [(after.entered or 0) - (before.released or 0) for before, after in pairwise(entries)]
    assert sum(gaps) == ROUNDS * 2 * (nodes - 1) * T


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_alone_a_request_goes_to_the_token_and_the_token_comes_back(topology: str) -> None:
    """A request costs as many messages as there are edges to the token, and the token as many to come."""
    for holder, requester in product(range(6), repeat=2):
        history = alone(topology, 6, holder, requester)
        edges = distance(history.plan.towards, holder, requester)
        assert messages(history) == ({"Request": edges, "Privilege": edges} if edges else {})
        (entry,) = history.entries
        assert (entry.entered or 0) - entry.requested == 2 * edges * T


@pytest.mark.parametrize(
    ("topology", "mean"),
    [("star", lambda n: Fraction(4 * (n - 1) ** 2, n**2)), ("line", lambda n: Fraction(2 * (n * n - 1), 3 * n))],
    ids=["star", "line"],
)
def test_the_cost_alone_depends_on_the_topology_of_the_tree(topology: str, mean: Callable[[int], Fraction]) -> None:
    """Abstract: "the number of messages exchanged per critical section depends on the topology of this tree". Over all
    places of the token and of who asks, each as likely."""
    nodes = 7
    pairs = list(product(range(nodes), repeat=2))
    total = sum(messages(alone(topology, nodes, holder, requester)).total() for holder, requester in pairs)
    assert Fraction(total, len(pairs)) == mean(nodes)


@pytest.mark.parametrize("height", [1, 2, 3, 4])
def test_alone_on_a_balanced_tree_the_cost_is_logarithmic(height: int) -> None:
    """Abstract: "typically the number of messages exchanged is O(log N) under light demand". From leaf to leaf of a
    balanced binary tree it is 4 log2((n + 1) / 2)."""
    nodes = 2**height - 1
    first_leaf, last_leaf = nodes // 2, nodes - 1
    assert messages(alone("binary", nodes, first_leaf, last_leaf)).total() == 4 * (height - 1)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_nodes_speak_with_their_neighbours_only(topology: str) -> None:
    """Abstract: "Each node holds information only about its immediate neighbors in the spanning tree"."""
    history = run(Raymond, 8, topology=topology, holder=3)
    towards = history.plan.towards
    ways = {(event.node, event.peer) for event in history if event.kind == "sent"}
    assert ways == {
        (a, b) for a, b in product(range(8), repeat=2) if a != b and (towards[a] == b or towards[b] == a)
    }, "and in this run with each of them"


def test_messages_may_overtake_each_other() -> None:
    """Abstract: it "does not require sequence numbers as it operates correctly despite message overtaking"."""
    for seed in range(20):
        assert_right(run(Raymond, 6, topology="random", fifo=False, seed=seed, entries=5), entries=30)


def test_a_node_that_comes_back_at_once_may_enter_before_a_request_that_is_on_its_way() -> None:
    """Not in the paper: where delays vary, a saturated run may cost less than 4 (n - 1) / n; the requests that were on
    their way pay for it with their wait."""
    nodes = 5
    cheapest = min(
        messages(run(Raymond, nodes, entries=40, dwell=Constant(0.0001), seed=seed)).total() / (40 * nodes)
        for seed in range(5)
    )
    assert cheapest < 4 * (nodes - 1) / nodes - 0.1
