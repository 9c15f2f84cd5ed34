"""The page of a result as a file: what is in it, byte for byte, and what is not. A browser looks in tests/browser."""

import base64
import hashlib
import itertools
import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plans
import pytest
from impatient_bank import ImpatientBank
from report_runs import MILLISECOND, Greedy, Selfish, bank, one_ms
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.core.distributions import Uniform
from mxbench.core.history import History
from mxbench.core.records import DELIVERED, ENTERED, EVERY_PEER, RELEASED, REQUESTED, SENT
from mxbench.errors import ResultError
from mxbench.report.figure.writing import specification
from mxbench.report.page import source
from mxbench.report.page.chain import chain
from mxbench.report.page.charts import charts
from mxbench.report.page.markup import data, text
from mxbench.report.page.packed import pack
from mxbench.report.page.steps import steps_run
from mxbench.workloads.hold import Hold
from mxbench_plugins.lamport import Lamport
from mxbench_plugins.suzuki_kasami import SuzukiKasami

BROKEN = Path(__file__).parent / "broken"
QUICK = """name: quick
question: {question}
algorithm: {algorithm}
nodes: 3
engine: sim
workload: {{type: {workload}, entries_per_node: 3, dwell: 1ms, think: {{exponential: 5ms}}}}
"""
HOSTILE = "</script><script>alert(1)</script> \" ' & \u202e reversed"


def ran(
    folder: Path, algorithm: str = "lamport", workload: str = "bank", question: str = "Is it?", **settings: Any
) -> Path:
    """Run a small experiment and return the folder of its result."""
    file = folder / "quick.yaml"
    file.write_text(QUICK.format(algorithm=algorithm, workload=workload, question=json.dumps(question)))
    return Path(mxbench.run(file, results=folder / "results", **settings)["result"])


def embedded(page: str) -> dict[str, Any]:
    """The data that a page carries for its pictures."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    carried: dict[str, Any] = json.loads(found[1])
    return carried


def numbers(stream: bytes) -> Iterator[int]:
    """The numbers of a packed stream, read back."""
    rest = shift = 0
    for byte in stream:
        rest |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield -(rest + 1) // 2 if rest & 1 else rest // 2
            rest = shift = 0


def unpacked(packed: dict[str, Any]) -> list[tuple[int, ...]]:
    """The events of a packed run: node, time since the event before, kind, type, and what else there is."""
    found, stream = [], numbers(base64.b64decode(packed["events"]))
    for node in stream:
        time, head = next(stream), next(stream)
        rest = {SENT: 2, DELIVERED: 2, REQUESTED: 2, RELEASED: 0, ENTERED: 3}.get(head % 8, 1)
        more = [next(stream) for _ in range(rest)]
        if head % 8 == ENTERED and more[2]:
            more += [next(stream), next(stream)]
        found.append((node, time, head % 8, head // 8, *more))
    return found


# ---- the file -------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_page_beside_the_result_and_prints_its_path(tmp_path: Path) -> None:
    result = ran(tmp_path)
    done = CliRunner().invoke(app, ["report", str(result)])
    assert (done.exit_code, done.output) == (0, f"{result / 'report.html'}\n")
    assert (result / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert not list(result.glob(".report*"))  # what is written beside is renamed


def test_the_page_goes_where_it_is_told_to(tmp_path: Path) -> None:
    result = ran(tmp_path)
    assert mxbench.report(result, out=tmp_path / "page.html") == tmp_path / "page.html"
    assert not (result / "report.html").exists()


@pytest.mark.parametrize("name", ["other.yaml", "page", "page.html.txt"])
def test_what_is_called_otherwise_than_a_page_is_not_written_over(tmp_path: Path, name: str) -> None:
    result, other = ran(tmp_path), tmp_path / name
    other.write_text("an experiment")
    done = CliRunner().invoke(app, ["report", str(result), "--out", str(other)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"mxbench: --out {other}: a page is called FILE.html or FILE.htm\n"
    assert other.read_text() == "an experiment"
    other.unlink()
    with pytest.raises(ResultError, match=r"called FILE\.html or FILE\.htm"):
        mxbench.report(result, out=other)
    assert not other.exists()


@pytest.mark.parametrize("out", ["/dev/null", "/dev/stdout", "PAGE.HTM"])
def test_a_page_may_go_to_what_is_no_regular_file(tmp_path: Path, out: str) -> None:
    result = ran(tmp_path)
    with (tmp_path / "page").open("wb") as stream:
        command = [sys.executable, "-m", "mxbench", "report", str(result), "--out", out]
        done = subprocess.run(command, cwd=tmp_path, stdout=stream, stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    written = (tmp_path / "PAGE.HTM" if out == "PAGE.HTM" else tmp_path / "page").read_text()
    assert ("<!DOCTYPE html>" in written) == (out != "/dev/null")


def test_the_same_result_gives_the_same_page_byte_for_byte(tmp_path: Path) -> None:
    result = ran(tmp_path, repeat=2)
    first = mxbench.report(result).read_bytes()
    assert mxbench.report(result, out=tmp_path / "again.html").read_bytes() == first


def test_the_same_seed_gives_the_same_pictures(tmp_path: Path) -> None:
    one, other = (mxbench.report(ran(tmp_path / name)).read_text() for name in made(tmp_path, "one", "other"))
    assert embedded(one) == embedded(other)


def made(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names


def test_the_page_says_verdict_question_answer_and_claims_in_this_order(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path)).read_text().partition("<body>")[2]
    said = [
        "valid, as expected",
        "<h1>quick</h1>",
        "Is it?",
        "Valid in the one run, 9 entries",
        "claimed",
        "mutual exclusion",
    ]
    places = [page.index(text) for text in said]
    assert places == sorted(places)
    assert "An entry cost 6.00 messages, claimed 6, and a wait of" in page


def test_the_page_allows_its_own_script_alone_and_no_request(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path)).read_text()
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in page
    assert set(re.findall(r"https?://[^\"'\s]+", page)) <= {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<(link|img|iframe)\b|@import|url\(", page)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path, question=HOSTILE)).read_text()
    assert page.count("<script") == page.count("</script") == 2
    assert "\u202e" not in page
    assert text(HOSTILE) in page


def test_data_cannot_leave_its_script_element() -> None:
    packed = data({"name": HOSTILE})
    assert "<" not in packed
    assert json.loads(packed) == {"name": HOSTILE}


def test_an_interrupted_sweep_is_told_as_such_and_a_run_of_it_is_whole(tmp_path: Path) -> None:
    result = ran(tmp_path, repeat=3)
    assert "Not finished" not in mxbench.report(result).read_text()
    shutil.rmtree(result / "runs" / "3-lamport-n3-r3")
    (result / "summary.json").unlink()  # as if the machine had failed
    page = mxbench.report(result).read_text()
    assert '<p class="warning">Not finished: 2 runs of quick had ended when it was interrupted.</p>' in page
    assert "Not finished" not in mxbench.report(result / "runs" / "1-lamport-n3-r1").read_text()


def test_several_results_share_a_page(tmp_path: Path) -> None:
    results = [ran(tmp_path, algorithm=name) for name in ("lamport", "ricart-agrawala")]
    page = mxbench.report(*results, out=tmp_path / "both.html").read_text()
    assert [run["title"].partition(",")[0] for run in embedded(page)["runs"]] == ["lamport", "ricart-agrawala"]
    assert "from 4.00 messages (ricart-agrawala" in page


def test_a_result_without_its_runs_still_has_its_tables(tmp_path: Path) -> None:
    result = ran(tmp_path)
    shutil.rmtree(result / "runs")
    page = mxbench.report(result).read_text()
    assert embedded(page)["runs"] == []
    assert "Valid in the one run" in page


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{}", "not the output of 'mxbench check --json'"), ("{", "not JSON"), (None, "cannot be read")],
)
def test_a_file_that_is_no_answer_of_check_is_told(tmp_path: Path, content: str | None, complaint: str) -> None:
    file = tmp_path / "answer.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ResultError, match=complaint):
        mxbench.report(file)


# ---- which runs are drawn -------------------------------------------------------------------------------------------


def test_one_run_of_each_setting_is_drawn_and_the_page_says_what_is_not(tmp_path: Path) -> None:
    page = mxbench.report(ran(tmp_path, repeat=3, set=["matrix.algorithm=[lamport, maekawa]"])).read_text()
    assert [run["title"].partition(",")[0] for run in embedded(page)["runs"]] == ["lamport", "maekawa (grid quorums)"]
    assert "4 runs are in the tables alone" in page


def test_two_nodes_inside_are_drawn_before_anything_else() -> None:
    together = {"verdict": "violated", "findings": [{"property": "no overlap", "outcome": "violated"}]}
    stuck = {"verdict": "violated", "findings": [{"property": "progress", "outcome": "violated"}]}
    rows = [{"verdict": "valid"}, {"verdict": "undecided"}, stuck, together]
    assert sorted(rows, key=source.gravity) == rows


def test_the_events_of_all_runs_drawn_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_EVENTS", 10)
    result = ran(tmp_path, set=["matrix.algorithm=[lamport, maekawa]"])
    assert len(embedded(mxbench.report(result).read_text())["runs"]) == 1  # the first is drawn, whatever its size


# ---- sweeps ---------------------------------------------------------------------------------------------------------


def test_a_sweep_over_nodes_has_a_line_an_algorithm_with_its_claim(tmp_path: Path) -> None:
    swept = ["matrix.algorithm=[lamport, maekawa]", "matrix.nodes=[3, 5]"]
    swept += ["workload.think=0s", "network.delay={exponential: 1ms}", "workload.entries_per_node=9"]
    charts = swept_charts(ran(tmp_path, set=swept, repeat=3))
    first, saturated = charts["messages per entry"], charts["saturated messages per entry"]
    assert first["across"] == "nodes"
    lamport, maekawa = first["series"]
    assert (lamport["name"], lamport["points"]) == ("lamport", [[3, 6, 6, 6], [5, 12, 12, 12]])
    assert lamport["claim"] == [[3, 6, 6], [5, 12, 12]]
    assert all(low < mean < high for _, mean, low, high in maekawa["points"])
    assert maekawa["claim"] == []  # what is claimed of a saturated maekawa is claimed of its window
    assert [x for x, low, high in saturated["series"][1]["claim"] if low < high] == [3, 5]
    assert list(charts) == [
        "messages per entry", "saturated messages per entry", "wait, ms (mean)", "response time, ms (mean)",
        "synchronisation delay, ms", "entries per s", "Jain's index", "most entries of others before one's own",
    ]  # fmt: skip


def swept_charts(result: Path) -> dict[str, dict[str, Any]]:
    """The charts of a sweep on its page, by their titles."""
    return {chart["title"]: chart for chart in embedded(mxbench.report(result).read_text())["sweep"]["charts"]}


def test_a_sweep_over_a_delay_is_drawn_in_ms_with_the_theory_in_units_of_the_delay(tmp_path: Path) -> None:
    swept = ["matrix.network.delay=[1ms, 500us]", "workload.think=0s", "workload.entries_per_node=9"]
    charts = swept_charts(ran(tmp_path, set=swept))
    assert {chart["across"] for chart in charts.values()} == {"network.delay, ms"}
    [waits] = charts["wait, ms (mean)"]["series"]
    assert [x for x, *_ in waits["points"]] == [0.5, 1]
    assert waits["points"][0][1] < waits["points"][1][1]
    [delays] = charts["synchronisation delay, T"]["series"]
    assert [(x, low, high) for x, low, high in delays["claim"]] == [(0.5, 1, 1), (1, 1, 1)]
    assert [mean for _, mean, _, _ in delays["points"]] == pytest.approx([1, 1])
    assert "response time, T" not in charts  # nothing is claimed of it where everybody waits


def test_a_sweep_over_the_load_shows_the_most_that_is_claimed(tmp_path: Path) -> None:
    swept = ["matrix.workload.rate=[5, 50]", "network.delay=1ms", "workload.think=null"]
    result = ran(tmp_path, set=swept)
    charts = swept_charts(result)
    [rates] = charts["entries per s, and the most that is claimed"]["series"]
    assert rates["claim"] == [[5, 500, 500], [50, 500, 500]]  # 1 / (1 ms from exit to entry + 1 ms inside)
    assert 0 < rates["points"][0][1] < rates["points"][1][1] < 500
    assert "saturated messages per entry" not in charts
    figure = specification([result], "sweep", measure="entries_per_s")
    assert figure["layer"][-1]["encoding"]["y"]["title"] == ["entries per s", "(dots: at most, as claimed)"]


def test_a_claim_for_all_asking_at_once_is_drawn_where_all_do(tmp_path: Path) -> None:
    swept = ["matrix.algorithm=[lamport, maekawa]", "matrix.nodes=[3, 4]", "workload.think=null"]
    charts = swept_charts(ran(tmp_path, set=[*swept, "matrix.workload.arrivals=[one-at-a-time, closed]"]))
    saturated = [title for title in charts if title.startswith("saturated messages per entry")]
    assert saturated == ["saturated messages per entry (workload.arrivals closed)"]


def test_charts_of_a_sweep_beyond_the_bound_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ran(tmp_path, set=["matrix.nodes=[2, 3]"])
    whole = embedded(mxbench.report(result).read_text())["sweep"]
    monkeypatch.setattr("mxbench.report.page.sweep.MOST_CHARTS", 2)
    cut = embedded(mxbench.report(result).read_text())["sweep"]
    assert (cut["charts"], cut["left"]) == (whole["charts"][:2], len(whole["charts"]) - 2)


def test_what_else_varies_gets_a_chart_of_its_own(tmp_path: Path) -> None:
    swept = ["matrix.nodes=[3, 5]", "matrix.workload.dwell=[1ms, 5ms]"]
    assert list(swept_charts(ran(tmp_path, set=swept)))[:2] == [
        "messages per entry (workload.dwell 1ms)", "messages per entry (workload.dwell 5ms)",
    ]  # fmt: skip


def test_repeats_of_one_setting_are_no_sweep(tmp_path: Path) -> None:
    assert swept_charts(ran(tmp_path, repeat=3)) == {}


# ---- the packed events ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [Lamport, SuzukiKasami], ids=["lamport", "suzuki-kasami"])
def test_every_record_is_packed_in_the_order_of_causes(algorithm: type) -> None:
    history = bank(algorithm, nodes=4, entries=4)
    events = unpacked(pack(history))
    records = list(history.records())
    times = [history.start(), *(time for _, time, _ in records)]
    assert [(node, time, kind) for node, time, kind, *_ in events] == [
        (node, time - before, code & 15) for (node, time, code), before in zip(records, times, strict=False)
    ]
    receivers = [(code >> 12) & EVERY_PEER for _, _, code in records if code & 15 == SENT]
    assert [event[4] for event in events if event[2] == SENT] == [0 if to == EVERY_PEER else to + 1 for to in receivers]


def test_a_message_delivered_twice_or_late_keeps_its_number() -> None:
    history = bank(Lamport, nodes=3, entries=2)
    for node in history.nodes:  # the second delivery of each channel once more, before the others
        times, codes = node.columns()
        place = next(i for i, code in enumerate(codes) if code & 15 == DELIVERED and code >> 32 == 1)
        times.insert(place + 1, times[place])
        codes.insert(place + 1, codes[place])
        node.times, node.codes = times.tobytes(), codes.tobytes()
    expected: dict[tuple[int, int], int] = {}
    found = []
    for node, _, kind, _, *rest in unpacked(pack(history)):
        if kind == DELIVERED:
            sequence = expected.get((rest[0], node), 0) + rest[1]
            expected[rest[0], node] = sequence + 1
            found.append((rest[0], node, sequence))
    told = [
        ((code >> 12) & EVERY_PEER, node, code >> 32) for node, _, code in history.records() if code & 15 == DELIVERED
    ]
    assert found == told
    assert len(set(found)) == len(found) - 3


def test_stays_and_what_the_workload_recorded_are_packed() -> None:
    history = bank(Lamport, nodes=3, entries=2)
    packed = pack(history)
    events = unpacked(packed)
    entered = sorted((rest[0], node, tuple(rest[3:])) for node, _, kind, _, *rest in events if kind == ENTERED)
    assert entered == sorted((entry.number, entry.node, entry.stamp) for entry in history.entries)
    assert any(one.startswith("['block'") for one in packed["texts"])
    assert [name for name, *_ in packed["types"]] == ["Request", "Reply", "Release", "Block"]


def test_a_history_beyond_the_bound_is_cut_in_its_order_and_says_so() -> None:
    history = bank(Lamport)
    whole, cut = pack(history), pack(history, most=20)
    assert unpacked(cut) == unpacked(whole)[:20]
    assert (whole["cut"], cut["cut"], cut["count"]) == (None, len(unpacked(whole)), 20)


@pytest.mark.slow
def test_a_hundred_thousand_messages_of_ten_nodes_make_a_page_under_six_megabytes(tmp_path: Path) -> None:
    settings = ["nodes=10", "workload.entries_per_node=370", "workload.think={exponential: 50ms}"]
    page = mxbench.report(ran(tmp_path, set=settings))
    assert json.loads((page.parent / "summary.json").read_text())["runs"][0]["messages"] == 99_900
    assert page.stat().st_size < 6_000_000


# ---- what the charts take from the metrics ---------------------------------------------------------------------------


def overtaken_by_hand(history: History) -> dict[int, list[int]]:
    """For each node how many entries of others fell between each of its requests and its entry, pair by pair."""
    found: dict[int, list[int]] = {}
    for own in history.sections:
        end = own.entered if own.entered is not None else history.end()
        others = [one for one in history.entries if one.node != own.node]
        between = [one for one in others if own.requested < (one.entered or 0) <= end]
        found.setdefault(own.node, []).append(len(between))
    return found


@pytest.mark.parametrize("algorithm", [Lamport, Selfish], ids=["all enter", "node 0 alone enters"])
def test_overtaking_is_averaged_over_the_requests_of_each_node(algorithm: type) -> None:
    history = plans.run(algorithm, 3, entries=[5, 3, 0], think=Uniform(0.0, 0.004), delay=one_ms)
    by_hand = overtaken_by_hand(history)
    shown = charts(history)["overtaking"]
    means = [round(sum(by_hand[node]) / len(by_hand[node]), 3) for node in (0, 1)]
    assert shown == {"means": [*means, None], "most": max(by_hand[0] + by_hand[1])}
    assert means[0] != means[1]


def test_the_synchronisation_delays_are_the_times_from_an_exit_to_the_next_entry() -> None:
    def further_is_slower(sender: int, to: int, message: Any) -> int:
        return (sender + to) * MILLISECOND

    history = plans.run(Lamport, 3, entries=4, delay=further_is_slower)  # without think time somebody always waits
    shown = charts(history)["sync_delay"]
    pairs = itertools.pairwise(history.entries)
    delays = sorted(((after.entered or 0) - (before.released or 0)) / MILLISECOND for before, after in pairs)
    assert len(set(delays)) > 2
    points = shown["points"]
    assert points[:2] == [(0, 0), (delays[0], 0)]
    assert [x for x, _ in points[2:]] == delays
    assert [share for _, share in points[2:]] == [(place + 1) / len(delays) for place in range(len(delays))]
    assert (shown["p50"], shown["p99"], shown["max"]) == (statistics.median_low(delays), delays[-1], delays[-1])


def test_the_response_times_last_from_the_arrival_to_the_release_and_the_waits_to_the_entry() -> None:
    history = plans.run(Lamport, 3, entries=4, think=Uniform(0.0, 0.004), dwell=Uniform(0.0, 0.003), delay=one_ms)
    shown = charts(history)
    for name, until in (("wait", "entered"), ("response", "released")):
        times = sorted((getattr(entry, until) - entry.arrival) / MILLISECOND for entry in history.entries)
        assert [x for x, _ in shown[name]["points"]] == [0, times[0], *times]
        ranks = {"p50": 6, "p90": 11, "p99": 12, "max": 12}  # of twelve, by nearest rank
        assert {key: shown[name][key] for key in ranks} == {key: times[rank - 1] for key, rank in ranks.items()}
    assert shown["wait"]["points"] != shown["response"]["points"]


def test_a_stay_that_never_ends_has_a_wait_and_no_response() -> None:
    history = bank(Lamport, nodes=2, entries=1)
    node = history.entries[-1].node
    times, codes = history.nodes[node].columns()
    cut = next(place for place, code in enumerate(codes) if code & 15 == RELEASED)
    history.nodes[node].times, history.nodes[node].codes = times[:cut].tobytes(), codes[:cut].tobytes()
    shown = charts(History(history.plan, history.ending, history.nodes))
    assert (len(shown["wait"]["points"]), len(shown["response"]["points"])) == (2 + 2, 2 + 1)


def test_the_charts_leave_the_warm_up_out_and_say_so() -> None:
    whole, cut = (charts(bank(Lamport, entries=4, warmup_entries=warmup)) for warmup in (0, 5))
    assert (whole["warmed_up"], cut["warmed_up"]) == (False, True)
    for name in ("wait", "response", "sync_delay"):
        assert len(cut[name]["points"]) == 2 + 12 - 5 < len(whole[name]["points"])


def test_without_an_entry_there_is_nothing_for_the_charts() -> None:
    history = bank(Lamport, nodes=3, entries=0)
    nothing = dict.fromkeys(("wait", "response", "sync_delay", "overtaking"))
    assert charts(history) == {"warmed_up": False, **nothing}


# ---- the ledger -----------------------------------------------------------------------------------------------------


def test_a_chain_links_by_its_hashes_from_the_opening() -> None:
    found = chain(bank(Lamport))
    assert found is not None
    blocks = found["blocks"]
    assert blocks["previous"] == [found["genesis"], *blocks["hash"][:-1]]
    assert (found["fork"], set(found["main"]), found["groups"]) == (None, {1}, [(0, 1, 2)])


def test_a_fork_has_two_blocks_at_the_height_where_it_begins() -> None:
    found = chain(bank(Greedy, nodes=3, entries=2))
    assert found is not None
    heights = found["blocks"]["height"]
    assert found["fork"] == min(height for height in heights if heights.count(height) > 1)
    rivals = [b for b, height in enumerate(heights) if height == found["fork"]]
    assert sum(found["main"][b] for b in rivals) == 1
    assert all(height >= found["fork"] for b, height in enumerate(heights) if not found["main"][b])


def test_a_node_that_has_got_further_on_the_same_chain_makes_the_main_chain() -> None:
    history = bank(Lamport)
    for node in history.nodes[1:]:  # all but one have lost all blocks but the first
        kept = [d for d in node.details if not (isinstance(d, list | tuple) and d[0] == "block" and d[1][0] > 1)]
        _replace_values(node, kept)
    found = chain(history)
    assert found is not None
    assert (set(found["main"]), found["fork"]) == ({1}, None)
    assert found["groups"] == [(0, 1, 2), (0,)]


def _replace_values(node: Any, kept: list[Any]) -> None:
    """Take the records of values that are not in `kept` out of a node's history."""
    times, codes = node.columns()
    drop = [i for i, c in enumerate(codes) if c & 15 not in (SENT, DELIVERED) and node.details[c >> 32] not in kept]
    for place in reversed(drop):
        del times[place], codes[place]
    node.times, node.codes = times.tobytes(), codes.tobytes()


def test_a_workload_without_a_ledger_has_no_chain() -> None:
    assert chain(plans.run(Lamport, 2, workload=Hold, entries=1)) is None


def test_a_block_that_nobody_holds_is_shown_with_who_refused_it_and_why() -> None:
    def slow_block(sender: int, to: int, message: Any) -> int:
        return (20 if type(message).__name__ == "Block" and (sender, to) == (0, 2) else 1) * MILLISECOND

    found = chain(bank(SuzukiKasami, workload=ImpatientBank, delay=slow_block))
    assert found is not None
    assert found["fork"] == 1
    hashes = [found["blocks"]["hash"][b] for b, group in enumerate(found["holders"]) if len(found["groups"][group]) < 3]
    refused = [(node, hash_) for node, hash_, reason in found["refused"] if reason]
    assert refused
    assert {hash_ for _, hash_ in refused} <= set(hashes)


# ---- traces ---------------------------------------------------------------------------------------------------------


def test_a_trace_becomes_events_whose_time_is_the_step() -> None:
    answer = mxbench.check(BROKEN / "current_clock.py")
    run = steps_run(answer["trace"], answer["nodes"])
    events = unpacked(run)
    entered = [node for node, _, kind, *_ in events if kind == ENTERED]
    assert len(entered) == sum(bool(step.get("enters")) for step in answer["trace"])
    assert sum(time for _, time, *_ in events) == len(answer["trace"]) == len(run["steps"])
    sends = sum(len(step.get("sends", ())) for step in answer["trace"])
    assert sum(kind == SENT for _, _, kind, *_ in events) == sends


def test_a_lost_and_a_repeated_message_are_told_apart_from_those_on_their_way() -> None:
    def step(event: str, node: int, **more: Any) -> dict[str, Any]:
        return {"event": event, "node": node, "text": event, **more}

    trace = [
        step("request", 0, sends=[[1, "Ask(1)"], [1, "Ask(2)"], [1, "Ask(3)"]]),
        step("duplicate", 1, sender=0, message="Ask(1)"),
        step("deliver", 1, sender=0, message="Ask(1)"),
        step("lose", 1, sender=0, message="Ask(1)"),  # the copy: the message has arrived
        step("lose", 1, sender=0, message="Ask(3)"),
    ]
    run = steps_run(trace, 2)
    assert run["lost"] == [(0, 1, 0), (0, 1, 2)]
    assert [rest for _, _, kind, _, *rest in unpacked(run) if kind == DELIVERED] == [[0, 0]]


def test_states_grow_from_the_changes_that_each_step_tells() -> None:
    trace = [
        {"event": "request", "node": 0, "state": {"clock": ["0", "1"]}},
        {"event": "request", "node": 1, "state": {"clock": ["0", "2"], "queue": ["[]", "[1]"]}},
        {"event": "release", "node": 0, "state": {"clock": ["1", "5"]}},
    ]
    run = steps_run(trace, 2)
    assert run["states"] == {0: "clock = 0", 1: "clock = 0\nqueue = []"}
    assert [step["state"] for step in run["steps"]] == ["clock = 1", "clock = 2\nqueue = [1]", "clock = 5"]
