"""Raymond, "A Distributed Algorithm for Multiple Entries to a Critical Section", 1989: what the paper says, tested."""

from typing import Any

import msgspec
import pytest
from broken.raymond_one_reply_short import OneReplyShort
from oracles import messages, messages_per_entry
from worlds import simulate

from mxbench.checkers.mutual_exclusion import Overlap
from mxbench.checkers.width import Width
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History
from mxbench.core.network import Network
from mxbench.core.workload import Entry, WorkloadOut
from mxbench.metrics.delay import synchronisation_delays
from mxbench.workloads.hold import Hold
from mxbench_plugins.raymond_k_entry import RaymondKEntry
from mxbench_plugins.ricart_agrawala import RicartAgrawala

REORDERING = Network(delay=Exponential(0.002), fifo=False)
MS = 1_000_000


STAY = 100  # seconds that a slow holder is inside: longer than all others need, one after the other


class SlowFirst(Hold):
    """Holds the critical section for a long time where a node asks once, and for 20 ms where it asks more often."""

    name = "slow-first"

    def on_entered(self, entry: Entry, out: WorkloadOut) -> None:
        out.set_timer("dwell", Constant(STAY if self.parameters.me < self.dwell.mean else 0.02))


def slow_holders(nodes: int, k: int, slow: int, entries: int = 10) -> History:
    """Run with the nodes 0 to slow - 1 inside, once and for ever so long; the others ask so many times."""
    crowd = [1] * slow + [entries] * (nodes - slow)
    return simulate(RaymondKEntry, nodes, entries=crowd, k=k, workload=SlowFirst, dwell=Constant(slow))


@pytest.mark.parametrize(("n", "k"), [(2, 1), (3, 2), (5, 2), (5, 4), (7, 3), (5, 9)])
@pytest.mark.parametrize("think", [ZERO, Exponential(0.005), Exponential(0.2)], ids=["saturated", "mixed", "rare"])
def test_an_entry_takes_2n_minus_k_minus_1_to_2_n_minus_1_messages(n: int, k: int, think: Any) -> None:
    """N - 1 requests, of which N - K are answered before the entry; the other K - 1 replies may come later, together
    with others: between 2N - K - 1 and 2(N - 1) messages an entry."""
    for network in (Network(), REORDERING):
        history = simulate(RaymondKEntry, n, entries=15, k=k, think=think, network=network)
        assert len(history.entries) == 15 * n
        assert [checker().check(history).outcome for checker in (Width, Overlap)] == ["valid"] * 2
        assert max(2 * n - k - 1, n - 1) <= messages_per_entry(history) <= 2 * (n - 1)
        assert messages(history)["Request"] == 15 * n * (n - 1)


def test_with_one_section_it_is_ricart_and_agrawalas() -> None:
    """For K = 1 the algorithm is that of Ricart and Agrawala."""
    for network in (Network(), REORDERING):
        ours, theirs = (simulate(a, 5, entries=6, network=network) for a in (RaymondKEntry, RicartAgrawala))
        assert messages(ours) == messages(theirs)
        assert [e.node for e in ours.entries] == [e.node for e in theirs.entries]


def test_alone_every_reply_comes_by_itself() -> None:
    history = simulate(RaymondKEntry, 6, entries=5, k=3, one_at_a_time=True)
    assert messages_per_entry(history) == 2 * 5


def test_replies_that_were_deferred_for_one_node_are_sent_together() -> None:
    """Node 0 stays inside while node 1 enters again and again: it owes node 1 one reply more each time, and sends them
    as one message."""
    history = slow_holders(2, k=2, slow=1)
    counts = [msgspec.msgpack.decode(e.payload)[1] for node in history.nodes if node.node == 0
              for e in history.of_node(node) if e.kind == "sent" and e.type == "Reply"]  # fmt: skip
    assert sum(counts) == 10
    assert max(counts) > 5


@pytest.mark.parametrize(("n", "k"), [(3, 2), (5, 2), (5, 3), (7, 5)])
def test_k_minus_1_nodes_that_do_not_leave_keep_nobody_out(n: int, k: int) -> None:
    """The K - 1 nodes that have not replied may be inside for as long as they like."""
    history = slow_holders(n, k, slow=k - 1)
    quick = [entry for entry in history.entries if entry.node >= k - 1]
    assert len(quick) == 10 * (n - k + 1)
    assert max(entry.released or 0 for entry in quick) < STAY * 1000 * MS, "all of them while the others were inside"
    assert Width().check(history).outcome == "valid"


def test_k_nodes_that_do_not_leave_keep_all_out() -> None:
    history = slow_holders(4, k=2, slow=2)
    others = [entry for entry in history.entries if entry.node >= 2]
    assert min(entry.entered or 0 for entry in others) > STAY * 1000 * MS


def test_a_reply_to_an_old_request_does_not_answer_the_present_one() -> None:
    """A node has to know which of its requests a late reply answers; it counts what each other node owes it."""

    class SettlesAll(RaymondKEntry):
        name = "settles-all"

        def on_message(self, sender: int, message: Any, out: Any) -> None:
            if hasattr(message, "count"):
                self.owed[sender] = message.count
            super().on_message(sender, message, out)

    def found(algorithm: Any) -> set[str]:
        runs = (simulate(algorithm, 4, entries=10, k=2, network=REORDERING, seed=seed) for seed in range(20))
        return {Width().check(history).outcome for history in runs}

    assert found(SettlesAll) >= {"violated"}
    assert found(RaymondKEntry) == {"valid"}
    assert found(OneReplyShort) == {"violated"}


def test_a_place_is_taken_a_message_after_it_was_left() -> None:
    for k in (1, 2, 3):
        history = simulate(RaymondKEntry, 6, entries=20, k=k, dwell=Exponential(0.02))
        delays = synchronisation_delays(history)
        assert len(delays) > 50
        assert {*delays} == {MS}
