"""Links of the engine tcp that take time: held until it has passed, in order, and as long as in a simulation."""

import statistics
import subprocess
import sys
from itertools import pairwise, permutations
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clusters import Disturbed, assert_whole
from oracles import assert_right
from plans import plan

import mxbench
from mxbench.core.distributions import ZERO, Constant, Exponential
from mxbench.core.history import History
from mxbench.core.network import LinkRule, Network
from mxbench.errors import ExperimentError
from mxbench.experiment.invocation import prepare
from mxbench.metrics.delay import Delay
from mxbench.metrics.links import LinkDelay, _delays
from mxbench.net.cluster import Cluster
from mxbench.report.table import render
from mxbench.sim.engine import SimEngine
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.maekawa import Maekawa
from mxbench_plugins.ricart_agrawala import RicartAgrawala

TOLERANCE = 0.10
ROUNDS, ATTEMPTS = 5, 12  # the median of so many rounds counts, the calmest of at most so many
CALM_MS = 0.05  # if nine of ten wake-ups of a bare process are less late than this, a machine is calm


def keys(network: Network) -> dict[str, Any]:
    """Return the keys of a network as a plan has them."""
    found: dict[str, Any] = msgspec.to_builtins(network)
    return found


def over_tcp(folder: Path, algorithm: Any, network: Network, **settings: Any) -> History:
    history = Cluster(plan(algorithm, dwell=ZERO, network=keys(network), **settings), folder).run()
    assert_right(history, sum(arrivals.entries or 0 for arrivals in history.plan.arrivals))
    assert_whole(history)
    return history


def simulated(folder: Path, history: History) -> History:
    found = SimEngine().run(msgspec.structs.replace(history.plan, engine="sim"), folder)
    assert_right(found, len(history.entries))
    return found


def link_delay(history: History) -> dict[str, float]:
    found = LinkDelay().measure(history)["link_delay_ms"]
    assert found is not None
    return dict(found)


NETWORKS = {
    "constant": Network(Constant(0.002)),
    "exponential": Network(Exponential(0.002)),
    "jitter": Network(Constant(0.001), jitter=Exponential(0.002)),
    "asymmetric": Network(Constant(0.001), rules=(LinkRule((0,), (1, 2), delay=Constant(0.01)),)),
    "narrow": Network(ZERO, bandwidth=50_000.0),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_no_message_overtakes_and_none_comes_before_its_time(network: Network, tmp_path: Path) -> None:
    history = over_tcp(tmp_path, Lamport, network, nodes=3, entries=8)  # Lamport's needs the order of each channel
    arrived: dict[tuple[int, int], int] = {}
    for event in history:
        if event.kind == "delivered":
            assert event.sequence == arrived.get((event.peer, event.node), 0)
            arrived[event.peer, event.node] = event.sequence + 1
    _, late = _delays(history)
    assert min(late) >= 0
    assert link_delay(simulated(tmp_path / "sim", history))["late_p99"] == 0


def test_a_link_that_loses_its_connection_keeps_what_it_holds_back(tmp_path: Path) -> None:
    the_plan = plan(RicartAgrawala, 3, entries=40, dwell=ZERO, network=keys(Network(Exponential(0.003))))

    def cut_all(cluster: Cluster) -> None:
        for node, peer in permutations(range(3), 2):
            cluster.cut(node, peer)

    disturbed = Disturbed(the_plan, tmp_path, cut_all, times=1000)
    assert disturbed.acts >= 1, "the run was over before it could be disturbed"
    assert_right(disturbed.history, 120)
    assert_whole(disturbed.history)


@pytest.mark.alone
@pytest.mark.parametrize("algorithm", [Lamport, RicartAgrawala, Maekawa])
def test_with_links_of_2_ms_a_simulation_tells_the_times_of_tcp(algorithm: Any, tmp_path: Path) -> None:
    told: list[tuple[float, dict[str, float]]] = []
    before = machine_late_ms()
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        real = over_tcp(folder, algorithm, Network(Constant(0.002)), nodes=3, entries=40, warmup_entries=5)
        found, after = simulated(folder / "sim", real), machine_late_ms()
        told.append((max(before, after), ratios(real, found)))
        before = after
        calmest = sorted(told, key=itemgetter(0))[:ROUNDS]
        medians = {name: statistics.median(each[name] for _, each in calmest) for name in told[0][1]}
        if len(told) >= ROUNDS and medians == pytest.approx(dict.fromkeys(medians, 1), abs=TOLERANCE):
            return
    if calmest[-1][0] > CALM_MS:
        late = [round(late, 2) for late, _ in told]
        pytest.skip(f"this machine is busy: bare processes woke up too late in too many rounds, by {late} ms")
    pytest.fail(f"what tcp took over what the simulation took, with how late the machine was itself: {calmest}")


def machine_late_ms() -> float:
    """Return how late the latest tenth of the wake-ups of bare processes is at least; they are as many as the nodes."""
    command = [sys.executable, "-S", str(Path(__file__).parent / "wakes_up.py"), "50"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    late = sorted(int(word) for process in processes for word in process.communicate()[0].split())
    return late[len(late) * 9 // 10] / 1e6


def ratios(real: History, simulated: History) -> dict[str, float]:
    """Return what is compared, of tcp over that of the simulation."""
    times, ideal = Delay().measure(real)["sync_delay_ms"], Delay().measure(simulated)["sync_delay_ms"]
    delay = link_delay(real)
    return {
        "synchronisation delay": times["p50"] / ideal["p50"],
        "time an entry": seconds_an_entry(real) / seconds_an_entry(simulated),
        "delay of a message": 1 + delay["late_p50"] / delay["requested"],
    }


def seconds_an_entry(history: History) -> float:
    """Return one over the throughput, without the slowest tenth: a stall of the machine in mid-run says nothing."""
    entered = sorted(entry.entered or 0 for entry in history.entries)
    gaps = sorted(b - a for a, b in pairwise(entered))
    return statistics.fmean(gaps[: len(gaps) * 9 // 10])


# ---- what an experiment may ask -----------------------------------------------------------------------------------


def written(tmp_path: Path, network: str) -> Path:
    file = tmp_path / "x.yaml"
    file.write_text(
        f"name: x\nalgorithm: ricart-agrawala\nnodes: 3\nnetwork: {{{network}}}\n"
        "workload: {type: hold, entries_per_node: 4, dwell: 1ms}\n"
    )
    return file


def test_an_experiment_says_how_long_the_links_of_tcp_take_and_the_result_how_long_they_took(tmp_path: Path) -> None:
    file = written(tmp_path, "jitter: 3ms, links: [{from: 0, to: all, delay: 5ms}]")
    document = mxbench.run(file, results=tmp_path / "results")
    (row,) = document["runs"]
    assert row["verdict"] == "valid"
    # Without a delay of their own the links have their jitter; a third of the messages are node 0's.
    assert row["link_delay_ms"]["requested"] == pytest.approx(3 + 5 / 3)
    assert "ms asked (means)" in render(document)


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("loss: 0.1", "network.loss: the engine 'tcp' loses no message"),
        ("fifo: false", "network.fifo: the engine 'tcp' keeps the order of messages on each channel"),
        ("links: [{from: 0, to: 1, loss: 0.1}]", "network.links: the engine 'tcp' loses no message"),
    ],
)
def test_what_a_session_makes_impossible_is_refused(network: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=says):
        prepare(written(tmp_path, network))
