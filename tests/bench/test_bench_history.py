"""What it costs to write a history down, to store it, and to read it again in each of the ways that readers use.

The history is that of Lamport's algorithm on ten nodes in virtual time, so its counts are the same on every machine.
"""

import msgspec
import pytest
from plans import run
from pytest_benchmark.fixture import BenchmarkFixture

from mxbench.core.history import History, NodeHistory, Totals
from mxbench.core.recorder import Recorder
from mxbench_plugins.lamport import Lamport

NODES, ENTRIES_PER_NODE = 10, 20
ENTRIES = NODES * ENTRIES_PER_NODE
MESSAGES = 3 * (NODES - 1) * ENTRIES
DETAILS = 4 * ENTRIES  # requested, entered, the timer of the dwell, released
EVENTS = 2 * MESSAGES + DETAILS
RECORDS = MESSAGES + (NODES - 1 + 2) * ENTRIES + DETAILS  # a broadcast is one record; it has two an entry
RECORDED = 20_000


@pytest.fixture(scope="module")
def history() -> History:
    """A history in memory."""
    return run(Lamport, NODES, entries=ENTRIES_PER_NODE)


def note(benchmark: BenchmarkFixture, **counts: int) -> None:
    """Keep the counts beside the times."""
    benchmark.extra_info.update(counts, entries=ENTRIES, messages=MESSAGES)


@pytest.mark.benchmark(group="history")
def test_write_down_deliveries(benchmark: BenchmarkFixture) -> None:
    def write() -> Recorder:
        recorder = Recorder()
        for sequence in range(RECORDED):
            recorder.delivered(4_000_000_000_000 + sequence, 7, 1, sequence)
        return recorder

    recorder = benchmark.pedantic(write, rounds=10, warmup_rounds=1)
    stored = recorder.finish(0, ["Request", "Reply"], 2, Totals())
    assert len(stored.times) == len(stored.codes) == 8 * RECORDED
    benchmark.extra_info.update(events=RECORDED, stored_bytes=len(stored.times) + len(stored.codes))


@pytest.mark.benchmark(group="history")
def test_store_and_load(benchmark: BenchmarkFixture, history: History) -> None:
    def there_and_back() -> int:
        stored = [msgspec.msgpack.encode(node) for node in history.nodes]
        assert [msgspec.msgpack.decode(file, type=NodeHistory).node for file in stored] == list(range(NODES))
        return sum(map(len, stored))

    size = benchmark.pedantic(there_and_back, rounds=20, warmup_rounds=1)
    note(benchmark, records=RECORDS, stored_bytes=size)


@pytest.mark.benchmark(group="history")
def test_read_the_records_in_causal_order(benchmark: BenchmarkFixture, history: History) -> None:
    records = benchmark.pedantic(lambda: sum(1 for _ in history.records()), rounds=5, warmup_rounds=1)
    assert records == RECORDS
    note(benchmark, records=records)


@pytest.mark.benchmark(group="history")
def test_read_the_events_in_causal_order(benchmark: BenchmarkFixture, history: History) -> None:
    events = benchmark.pedantic(lambda: sum(1 for _ in history), rounds=5, warmup_rounds=1)
    assert events == EVENTS
    note(benchmark, events=events)


@pytest.mark.benchmark(group="history")
def test_find_the_sections(benchmark: BenchmarkFixture, history: History) -> None:
    def sections() -> int:
        return len(History(history.plan, history.ending, history.nodes).sections)

    assert benchmark.pedantic(sections, rounds=10, warmup_rounds=1) == ENTRIES
    note(benchmark, sections=ENTRIES)
