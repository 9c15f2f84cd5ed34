"""Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978: what the paper says, tested."""

from typing import Any

import pytest
from oracles import messages, overlaps, served_against_causal_order, stamps_out_of_order
from plans import run

from mxbench.core.distributions import ZERO, Exponential
from mxbench_plugins.lamport import Lamport, Reply, Request

SEEDS = range(10)
MS = 1_000_000


def test_a_process_which_has_been_granted_the_resource_must_release_it_before_it_can_be_granted_to_another() -> None:
    """ "A process which has been granted the resource must release it before it can be granted to another process."
    Section 'Ordering the Events Totally', condition (I)."""
    for seed in SEEDS:
        assert overlaps(run(Lamport, 4, seed=seed)) == []


def test_different_requests_must_be_granted_in_the_order_in_which_they_are_made() -> None:
    """ "Different requests for the resource must be granted in the order in which they are made." Condition (II).

    Made earlier means: happened before. Where neither happened before the other, the total order of timestamps holds.
    """
    for seed in SEEDS:
        history = run(Lamport, 4, entries=4, think=Exponential(0.002), seed=seed)
        assert served_against_causal_order(history) == []
        assert stamps_out_of_order(history) == []


def test_every_request_is_eventually_granted() -> None:
    """ "If every process which is granted the resource eventually releases it, then every request is eventually
    granted." Condition (III)."""
    for seed in SEEDS:
        history = run(Lamport, 4, seed=seed)
        assert len(history.entries) == len(history.sections) == 12


@pytest.mark.parametrize("nodes", [1, 2, 5])
def test_a_request_is_sent_to_every_other_process_acknowledged_by_each_and_released_to_each(nodes: int) -> None:
    """Rules 1, 2 and 3: a request to every other process, an acknowledgment of it, a release to every other process."""
    assert messages(run(Lamport, nodes, entries=4)) == (
        dict.fromkeys(("Request", "Reply", "Release"), 4 * nodes * (nodes - 1)) if nodes > 1 else {}
    )


@pytest.mark.parametrize("later", [Reply, Request], ids=["acknowledgment", "request"])
def test_any_message_timestamped_later_counts_not_only_an_acknowledgment(later: type) -> None:
    """Rule 5 (ii): P_i has received "a message from every other process timestamped later than T_m".

    The other kinds of message take long; node 0 enters when the fast one has come, and not before.
    """

    def delay(sender: int, to: int, message: Any) -> int:
        return 1 * MS if type(message) is later or sender == 0 else 50 * MS

    history = run(Lamport, 2, entries=(1, 1 if later is Request else 0), delay=delay)
    first = history.entries[0]
    assert (first.node, first.entered) == (0, 1 * MS if later is Request else 2 * MS)


def test_a_request_waits_for_the_slowest_process() -> None:
    """Rule 5 (ii): from *every* other process."""

    def delay(sender: int, to: int, message: Any) -> int:
        return 30 * MS if sender == 2 else 1 * MS

    assert run(Lamport, 3, entries=(1, 0, 0), delay=delay).entries[0].entered == 31 * MS


def test_messages_must_be_received_in_the_order_in_which_they_are_sent() -> None:
    """The assumption before the rules: for any two processes, "the messages sent from P_i to P_j are received in the
    same order as they are sent". On channels that do not keep it, both nodes enter."""
    assert any(overlaps(run(Lamport, 2, fifo=False, seed=seed)) for seed in SEEDS)
    assert not any(overlaps(run(Lamport, 2, fifo=True, seed=seed)) for seed in SEEDS)


def test_a_release_that_overtakes_its_request_removes_nothing_and_the_request_stays_for_ever() -> None:
    """Rule 4: on a release, P_j removes "any" request of P_i from its queue; there may be none, and that is no error.
    But then the request comes, nobody will ever remove it, and all wait: one more reason to keep the order."""

    def delay(sender: int, to: int, message: Any) -> int:
        return 3 * MS if sender == 0 and type(message) is Request else 1 * MS

    for fifo, ending in ((False, "stuck"), (True, "quiet")):
        history = run(Lamport, 2, entries=(1, 2), dwell=ZERO, fifo=fifo, delay=delay)
        assert (history.ending.reason, overlaps(history)) == (ending, [])
        assert [section.node for section in history.entries] == ([0, 1] if ending == "stuck" else [0, 1, 1])
