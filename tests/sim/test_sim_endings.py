"""How a simulated run ends: quiet, stuck, stalled, at its time limit, or on a breach of the contract."""

from pathlib import Path
from typing import Any

import pytest
from worlds import simulate, world

from mxbench import Algorithm, EntryRequest, Message, Out
from mxbench.core.distributions import ZERO, Constant
from mxbench.core.network import Network
from mxbench.sim.world import MOST_STAYS
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.ricart_agrawala import RicartAgrawala
from mxbench_plugins.suzuki_kasami import SuzukiKasami


def test_nodes_that_wait_for_ever_are_told_with_their_state() -> None:
    class Deaf(Algorithm):
        name = "deaf"
        asked: int = 0

        def on_request(self, request: EntryRequest, out: Out) -> None:
            self.asked += 1

    history = simulate(Deaf, 2, entries=1)
    assert history.ending.reason == "stuck"
    assert history.ending.text == "nothing can happen any more, and node 0, node 1 wait or are inside"
    assert history.ending.stuck == (
        "node 0 waits; its state: asked=1",
        "node 1 waits; its state: asked=1",
    )


class Ping(Message):
    """Nothing is meant by it."""


class Chatter(Algorithm):
    """Two nodes that send to and fro for ever, and enter at their own leave."""

    name = "chatter"
    falls_quiet = False
    grants: bool = True

    def on_start(self, out: Out) -> None:
        if self.me == 0:
            out.broadcast(Ping())

    def on_request(self, request: EntryRequest, out: Out) -> None:
        if self.grants and self.me == 0:
            out.enter()

    def on_message(self, sender: int, message: Ping, out: Out) -> None:
        out.send(sender, Ping())


def test_a_run_that_never_falls_quiet_is_cut_at_the_last_release() -> None:
    history = simulate(Chatter, 2, entries=[3, 0], dwell=Constant(0.005))
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3
    assert history.end() == history.entries[-1].released == 15_000_000


def test_one_at_a_time_goes_on_among_messages_that_never_end() -> None:
    history = simulate(Chatter, 2, entries=[3, 0], one_at_a_time=True)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3


def test_a_run_in_which_messages_flow_and_nobody_enters_stalls_in_virtual_time() -> None:
    history = simulate(Chatter, 2, entries=[0, 1], stall_limit=2.0)
    assert history.ending.failed == "stalled"
    assert history.ending.text == "nobody entered while nodes [1] waited for 2 s; messages still flow"
    assert 2e9 - 2e6 <= history.end() <= 2e9


def test_a_request_after_a_long_pause_is_given_its_time() -> None:
    """The others have long finished, and nobody wanted to enter for longer than a run may stand still."""
    history = simulate(Lamport, 2, entries=[0, 2], think=Constant(40.0), stall_limit=30.0)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 2


def test_a_token_may_circle_for_as_long_as_somebody_thinks() -> None:
    made = world(Chatter, 2, entries=[1, 0], think=Constant(40.0))
    made._max_standstill = 20_000
    assert (made.run().reason, made.entries) == ("quiet", 1)
    assert made.events > 2 * made._max_standstill


def test_what_a_pause_held_up_is_given_its_time_afterwards() -> None:
    pause = [{"at": "0.5ms", "pause": 1, "for": "60s"}]
    history = simulate(RicartAgrawala, 3, entries=1, dwell=Constant(0.01), faults=pause, stall_limit=30.0)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 3


def test_a_timer_that_outlives_the_last_entry_is_no_stall() -> None:
    class Patient(Lamport):
        name = "patient"

        def on_start(self, out: Out) -> None:
            super().on_start(out)
            out.set_timer("lease", Constant(40.0))

    history = simulate(Patient, 2, entries=2, stall_limit=30.0)
    assert history.ending.reason == "quiet"
    assert len(history.entries) == 4


def test_a_run_ends_once_what_is_down_is_up_again() -> None:
    """Else a node whose restart is still to come would be taken for one that crashed for good."""
    crashes = [{"at": "2.5ms", "crash": 2, "for": "3s"}, {"at": "9s", "crash": 0}]
    made = world(Lamport, 3, entries=[1, 0, 0], faults=crashes, dwell=ZERO)
    assert (made.run().reason, made.now) == ("quiet", 3_002_500_000)
    assert [place.halted for place in made.places] == ["", "", ""]


def test_a_run_ends_with_its_last_message_whatever_faults_are_still_to_come() -> None:
    late = [{"at": "10s", "pause": 1, "for": "10s"}]
    made = world(Lamport, 3, entries=3, faults=late, time_limit=15.0)
    assert made.run().reason == "quiet"
    assert made.now < 1e9


@pytest.mark.parametrize(("algorithm", "nodes"), [(Lamport, 1), (SuzukiKasami, 3)])
def test_a_duration_that_cannot_pass_is_bounded(algorithm: type[Algorithm], nodes: int) -> None:
    """A node that need ask nobody enters for ever at one moment, and time does not go on."""
    made = world(algorithm, nodes, entries=None, duration=1.0, dwell=ZERO)
    ending = made.run()
    assert (ending.reason, ending.failed, made.now) == ("failed", "stalled", 0)
    assert "give the workload a think time or a dwell" in ending.text
    assert MOST_STAYS <= made.entries <= MOST_STAYS + 1


def test_entries_at_one_moment_are_as_many_as_are_asked_for() -> None:
    made = world(Lamport, 1, entries=MOST_STAYS + 5, dwell=ZERO, history="sections")
    assert (made.run().reason, made.entries) == ("quiet", MOST_STAYS + 5)


def test_messages_that_flow_in_no_time_are_bounded_by_their_number() -> None:
    made = world(Chatter, 2, entries=[2, 1], dwell=ZERO, network=Network(delay=ZERO), history="sections")
    made._max_standstill = 50_000
    ending = made.run()
    assert (ending.failed, made.entries) == ("stalled", 2)
    assert "nobody entered while nodes [1] waited in 60000 events, the last at 0 s" in ending.text


def test_the_time_limit_is_one_of_virtual_time() -> None:
    history = simulate(Lamport, 3, entries=1000, time_limit=0.5)
    assert history.ending.failed == "time-limit"
    assert history.ending.text == "the run reached its time limit of 0.5 s"
    assert 4.9e8 < history.end() <= 5e8


def test_a_cancelled_timer_neither_moves_the_clock_nor_stalls_the_run() -> None:
    settings: dict[str, Any] = {"entries": 2, "think": Constant(0.001)}
    made = world(RicartAgrawala, 3, **settings, stall_limit=1.0, time_limit=5.0)
    for place in made.places:
        place.set_timer("arrivals", "never", Constant(60.0), False)
        place.cancel_timer("arrivals", "never")
    assert made.run().reason == "quiet"
    assert made.now < 1e9


def test_a_breach_of_the_contract_ends_the_run_and_names_the_line() -> None:
    class Rash(Algorithm):
        name = "rash"

        def on_request(self, request: EntryRequest, out: Out) -> None:
            out.enter()
            out.enter()

    history = simulate(Rash, 2, entries=1)
    assert (history.ending.reason, history.ending.failed) == ("failed", "contract")
    assert Path(__file__).name in history.ending.text
    assert (
        "it entered without a pending request, or while inside (in on_request, node 0, step 2)" in history.ending.text
    )


def test_a_run_in_which_somebody_enters_now_and_then_neither_stalls_nor_hits_the_bound_on_events() -> None:
    made = world(Lamport, 3, entries=700, dwell=ZERO, stall_limit=0.1)
    made._max_standstill = 10_000
    assert made.run().reason == "quiet"
    assert made.now > 10 * 0.1e9
    assert made.events > 10_000


class Hoarder(Algorithm):
    """Keeps what is no plain data, from its start or after so many entries."""

    name = "hoarder"
    after: int = 40
    kept: Any = None

    def on_start(self, out: Out) -> None:
        self.keep()

    def on_request(self, request: EntryRequest, out: Out) -> None:
        out.enter()

    def on_release(self, out: Out) -> None:
        self.after -= 1
        self.keep()

    def keep(self) -> None:
        if self.after == 0:
            self.kept = iter(())


class Starter(Hoarder):
    """Does so at once."""

    name = "starter"
    after: int = 0


def test_state_that_is_not_plain_data_is_found_at_the_start_and_at_the_end() -> None:
    late, early = simulate(Hoarder, 1, entries=40), simulate(Starter, 1, entries=40)
    for history, entries in ((late, 40), (early, 0)):
        assert history.ending.failed == "contract"
        assert "the state 'kept' holds" in history.ending.text
        assert len(history.entries) == entries
