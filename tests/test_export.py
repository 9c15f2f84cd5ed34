"""Results for other programs: what each format holds, that names stay text in it, and that its bytes do not change."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import plans
import pytest
from report_runs import Greedy, Talker, bank
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.core.history import History
from mxbench.errors import ResultError
from mxbench.report.export import chrome, latex, mermaid
from mxbench.report.export import csv as csv_format
from mxbench.report.export.rows import Table, run_table
from mxbench.report.export.writing import FORMATS, exported
from mxbench_plugins.lamport import Lamport

QUICK = """name: quick
question: {question}
matrix: {{algorithm: [lamport, ricart-agrawala]}}
nodes: 3
engine: sim
workload: {{type: bank, entries_per_node: 3, dwell: 1ms}}
repeat: 2
"""
LOSSY = """name: lossy
algorithm: lamport
nodes: 3
engine: sim
break_assumptions: true
network: {delay: 1ms, loss: 0.2, duplicate: 0.3}
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
"""
WIDE = """name: wide
question: Is it?
matrix: {algorithm: [lamport, maekawa], nodes: [3, 4], network.delay: [{exponential: 1ms}, {exponential: 20ms}]}
engine: sim
workload: {type: hold, entries_per_node: 9, dwell: 1ms, think: 0s}
repeat: 3
"""
HOSTILE = "=cmd|'/C calc'!A0 </script><b>&%$#_{}~^\\ \u202e \n; end"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("export"), QUICK.format(question="Is it?"))


@pytest.fixture(scope="module")
def lossy(tmp_path_factory: pytest.TempPathFactory) -> History:
    return mxbench.load_history(ran(tmp_path_factory.mktemp("lossy"), LOSSY))


def ran(folder: Path, text: str) -> Path:
    (folder / "quick.yaml").write_text(text)
    return Path(mxbench.run(folder / "quick.yaml", results=folder / "results")["result"])


def read_csv(data: bytes | str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data if isinstance(data, str) else data.decode())))


# ---- every format ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [name for name in FORMATS if name != "parquet"])
def test_the_same_result_gives_the_same_bytes(result: Path, to: str) -> None:
    assert exported(result, to).data == exported(result, to).data
    assert exported(result, to).data.isascii()


def test_the_function_writes_into_the_result_unless_told_otherwise(result: Path, tmp_path: Path) -> None:
    assert mxbench.export(result, "csv") == result / "rows.csv"
    assert mxbench.export(result, "csv", tmp_path / "mine.csv").read_bytes() == (result / "rows.csv").read_bytes()
    run = sorted((result / "runs").iterdir())[0]
    assert mxbench.export(result, "chrome") == run / "trace.json"
    assert not list(tmp_path.glob(".*"))  # what is written beside is renamed


def test_the_command_prints_text_and_says_which_of_several_runs_it_shows(result: Path, tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["export", str(result), "--to", "csv"])
    assert (printed.exit_code, len(read_csv(printed.stdout))) == (0, 4)
    one = CliRunner().invoke(app, ["export", str(result), "--to", "mermaid"])
    assert "mxbench: this is " in one.stderr
    assert "there are 3 more" in one.stderr
    written = CliRunner().invoke(app, ["export", str(result), "--to", "latex", "--out", str(tmp_path / "t.tex")])
    assert (written.stdout, (tmp_path / "t.tex").read_bytes()) == (
        f"{tmp_path / 't.tex'}\n",
        exported(result, "latex").data,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--to", "cvs"),
            "--to cvs: there is no such format; did you mean 'csv'? (formats: csv, parquet, latex, chrome, mermaid)",
        ),
        (("--to", "chrome", "--events"), "--events goes with csv and parquet; 'chrome' has one form"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_a_sentence(result: Path, arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["export", str(result), *arguments])
    assert (done.exit_code, done.stderr) == (2, f"mxbench: {said}\n")


def test_a_run_without_events_says_how_to_record_them(tmp_path: Path) -> None:
    bare = ran(tmp_path, LOSSY.replace("network: {delay: 1ms, loss: 0.2, duplicate: 0.3}", "history: 'off'"))
    with pytest.raises(ResultError, match="no events were recorded"):
        exported(bare, "chrome")


# ---- tables ---------------------------------------------------------------------------------------------------------


def test_csv_has_a_row_a_run_and_what_the_row_says(result: Path) -> None:
    rows = read_csv(exported(result, "csv").data)
    stored = [json.loads((run / "summary.json").read_text()) for run in sorted((result / "runs").iterdir())]
    assert [row["algorithm"] for row in rows] == ["lamport", "ricart-agrawala", "lamport", "ricart-agrawala"]
    for row, kept in zip(rows, stored, strict=True):
        assert float(row["wait_ms.mean"]) == kept["wait_ms"]["mean"]
        assert int(row["messages_by_type.Request"]) == kept["messages_by_type"]["Request"]
        assert (row["findings.mutual exclusion"], row["contended"]) == ("valid", "true")
        assert json.loads(row["sent_by_node"]) == kept["sent_by_node"]
    assert "messages_by_type.Release" in rows[0]
    assert rows[1]["messages_by_type.Release"] == ""  # Ricart and Agrawala know no such message


def test_csv_events_are_those_of_the_history_in_their_order(result: Path) -> None:
    run = sorted((result / "runs").iterdir())[0]
    rows, events = read_csv(exported(run, "csv", events=True).data), list(mxbench.load_history(run))
    assert [(row["kind"], int(row["node"])) for row in rows] == [(event.kind, event.node) for event in events]
    start = mxbench.load_history(run).start()
    assert [int(row["time_ns"]) + start for row in rows] == [event.time for event in events]
    first = next(row for row in rows if row["message"] == "Request")
    assert json.loads(first["fields"]) == {"clock": 1}
    entered = [int(row["number"]) for row in rows if row["kind"] == "entered"]
    assert sorted(entered) == list(range(1, 10))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1"])
def test_what_a_spreadsheet_would_compute_is_text_and_numbers_stay_numbers(text: str) -> None:
    made = csv_format.render(Table(["name", text], [[text, -1], ["plain", None]]))
    assert [line[0] for line in csv.reader(io.StringIO(made))][1][0] in "'\\"
    assert read_csv(made)[0][list(read_csv(made)[0])[1]] == "-1"
    assert next(csv.reader(io.StringIO(made)))[1][0] in "'\\"


def test_a_row_table_is_flat_and_leaves_sentences_to_the_summary() -> None:
    row = {"wait_ms": {"p50": 1.5}, "setting": {"workload.dwell": "1ms"}, "expectations": [1], "holes": [1, 2],
           "findings": [{"property": "p", "outcome": "valid", "text": "long"}]}  # fmt: skip
    table = run_table({"runs": [row]})
    assert dict(zip(table.columns, next(iter(table.rows)), strict=True)) == {
        "wait_ms.p50": 1.5, "setting.workload.dwell": "1ms", "holes": "[1,2]", "findings.p": "valid",
    }  # fmt: skip


def test_parquet_holds_what_csv_holds_with_types(result: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'mxbench[data]'")
    file = mxbench.export(result, "parquet", tmp_path / "rows.parquet")
    found = duckdb.sql(f"SELECT * FROM '{file}'")
    rows = read_csv(exported(result, "csv").data)
    assert found.columns == list(rows[0])
    kinds = dict(zip(found.columns, map(str, found.types), strict=True))
    assert (kinds["nodes"], kinds["wait_ms.mean"], kinds["contended"], kinds["algorithm"]) == (
        "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR",
    )  # fmt: skip
    shown = [
        ["" if v is None else str(v).lower() if isinstance(v, bool) else v for v in row] for row in found.fetchall()
    ]
    assert [[str(value) for value in row] for row in shown] == [list(row.values()) for row in rows]
    assert file.read_bytes() == exported(result, "parquet").data


def test_parquet_events_can_be_asked_in_sql(result: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'mxbench[data]'")
    file = mxbench.export(result, "parquet", tmp_path / "e.parquet", events=True)
    sent = duckdb.sql(
        f"SELECT message, count(*) FROM '{file}' WHERE kind = 'sent' AND NOT workload GROUP BY 1"
    ).fetchall()
    assert dict(sent) == {"Request": 18, "Reply": 18, "Release": 18}


def test_the_columns_of_events_have_their_types_where_all_of_them_are_empty(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'mxbench[data]'")
    alone = ran(tmp_path, QUICK.format(question="Is it?").replace("nodes: 3", "nodes: 1"))  # nobody to send to
    several = ran(tmp_path, QUICK.format(question="Is it?"))
    types = []
    for name, result in (("alone", alone), ("several", several)):
        file = mxbench.export(result, "parquet", tmp_path / f"{name}.parquet", events=True)
        found = duckdb.sql(f"SELECT * FROM '{file}'")
        types.append(dict(zip(found.columns, map(str, found.types), strict=True)))
    assert types[0] == types[1]
    assert (types[0]["peer"], types[0]["workload"], types[0]["fields"]) == ("BIGINT", "BOOLEAN", "VARCHAR")
    both = duckdb.sql(f"SELECT count(peer) FROM read_parquet(['{tmp_path / 'alone.parquet'}', '{file}'])").fetchall()
    assert both[0][0] > 0


def test_hostile_names_stay_names_and_text_in_parquet(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'mxbench[data]'")
    from mxbench.report.export import parquet

    names = ['"; DROP TABLE x; --', "it's", "a.b", HOSTILE]
    (tmp_path / "h.parquet").write_bytes(parquet.render(Table(names, [[HOSTILE, "'", 1 << 70, None]])))
    found = duckdb.sql(f"SELECT * FROM '{tmp_path / 'h.parquet'}'")
    assert (found.columns, found.fetchall()) == (names, [(HOSTILE, "'", float(1 << 70), None)])


def test_without_duckdb_parquet_says_what_to_install(result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = CliRunner().invoke(app, ["export", str(result), "--to", "parquet"])
    assert (done.exit_code, done.stderr) == (
        2,
        "mxbench: parquet needs DuckDB, which is not installed: pip install 'mxbench[data]'; or export with --to csv\n",
    )


def test_latex_is_a_booktabs_table_with_the_question_as_its_caption(result: Path) -> None:
    text = exported(result, "latex").data.decode()
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{table*}\n")
    assert [mark for mark in ("\\toprule", "\\midrule", "\\bottomrule") if text.count(mark) != 1] == []
    assert "\\caption{Is it? Nodes 3, runs 2, verdict valid.}" in text
    compared = mxbench.compare(result)["lines"]
    for line, (name, cost, claimed) in zip(
        compared, re.findall(r"^(\S+) & ([\d.]+) & [\d.]+ & (\d+) &.* \\\\$", text, re.MULTILINE), strict=True
    ):
        assert name == line["algorithm"]
        assert (float(cost), int(claimed)) == (
            line["measures"]["messages_per_entry"]["mean"], line["claimed_messages_per_entry"],
        )  # fmt: skip
    header = text.partition("\\toprule\n")[2].partition("\\midrule")[0]
    assert "{@{}r@{}}messages\\\\per entry\\end{tabular}" in header
    assert "verdict" not in header


def test_what_varies_keeps_its_latex_column_and_a_wide_table_gets_smaller_letters(tmp_path: Path) -> None:
    narrow, wide = ran(tmp_path, QUICK.format(question="Is it?")), ran(tmp_path, WIDE)
    texts = [exported(result, "latex").data.decode() for result in (narrow, wide)]
    assert ["\\footnotesize\n" in text for text in texts] == [True, False]
    assert ["\\scriptsize\n" in text for text in texts] == [False, True]
    assert r"& nodes & \begin{tabular}[b]{@{}l@{}}network.\\delay.\\exponential\end{tabular} &" in texts[1]
    assert "Runs 3, verdict valid. Each number is the mean" in texts[1]


def test_latex_obeys_nothing_of_a_name(tmp_path: Path) -> None:
    result = ran(tmp_path, QUICK.format(question=json.dumps(HOSTILE)))
    caption = re.search(r"\\caption\{(.*)\}", exported(result, "latex").data.decode())
    assert caption
    bare = re.sub(
        r"\\(textbackslash\{\}|textasciitilde\{\}|textasciicircum\{\}|textless\{\}|textgreater\{\}|pm|[&%$#_{}])",
        "",
        caption[1],
    )
    assert not set("\\&%$#_{}~^<>\n") & set(bare)
    assert latex.escaped("100 % ± {x}") == r"100 \% $\pm$ \{x\}"


ARTICLE = r"""\documentclass[10pt,twocolumn]{article}
\usepackage{booktabs}
\begin{document}
Before.
\input{%s}
\end{document}
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [QUICK.format(question="Is it 100 % & more_of #it?"), WIDE], ids=["narrow", "wide"])
def test_a_page_of_two_columns_has_room_for_the_table(tmp_path: Path, text: str) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no pdflatex is installed: 'apt-get install texlive-latex-recommended' gives one")
    table = mxbench.export(ran(tmp_path, text), "latex", tmp_path / "t.tex")
    (tmp_path / "a.tex").write_text(ARTICLE % table.name)
    done = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout
    assert "Output written on a.pdf" in done.stdout


# ---- a trace --------------------------------------------------------------------------------------------------------


def records(history: History) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(chrome.trace(history))["traceEvents"]
    return events


def slices(events: list[dict[str, Any]]) -> dict[int, list[tuple[int, int]]]:
    """The slices of each lane as (from, to) in ns, in their order."""
    found: dict[int, list[tuple[int, int]]] = {}
    for event in events:
        if event["ph"] == "X":
            start = round(event["ts"] * 1000)
            found.setdefault(event["tid"], []).append((start, start + round(event["dur"] * 1000)))
    return found


@pytest.mark.parametrize(
    "history",
    [bank(Lamport), bank(Greedy), plans.run(Lamport, 3, delay=lambda *_: 0), plans.run(Talker, 3, entries=[1, 0, 0])],
    ids=["bank", "violated", "no delay", "texts"],
)
def test_a_trace_has_an_arrow_for_each_message_between_the_steps_that_sent_and_received_it(history: History) -> None:
    check_flows(history)


def test_lost_messages_have_no_arrow_and_duplicated_ones_have_two(lossy: History) -> None:
    check_flows(lossy)
    delivered = [(event.peer, event.node, event.sequence) for event in lossy if event.kind == "delivered"]
    sent = [(event.node, event.peer, event.sequence) for event in lossy if event.kind == "sent"]
    assert len(set(delivered)) < len(delivered)  # duplicated
    assert set(sent) - set(delivered)  # lost


def check_flows(history: History) -> None:
    events = records(history)
    lanes = slices(events)
    for lane in lanes.values():
        assert all(after[0] >= before[1] for before, after in pairwise(lane)), "slices overlap"
    starts = {event["id"]: event for event in events if event["ph"] == "s"}
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    deliveries = [event for event in history if event.kind == "delivered"]
    assert starts.keys() == ends.keys()
    assert len(ends) == len(deliveries)
    assert sorted((2 * e.peer + 2, 2 * e.node + 2, e.type) for e in deliveries) == sorted(
        (starts[i]["tid"], ends[i]["tid"], starts[i]["name"]) for i in starts
    )
    for flow, start in starts.items():
        end = ends[flow]
        assert (end["bp"], start["cat"], start["name"]) == ("e", end["cat"], end["name"])
        assert start["ts"] < end["ts"]
        for bound in (start, end):
            at = round(bound["ts"] * 1000)
            assert any(low <= at < high for low, high in lanes[bound["tid"]]), "an arrow is bound to no slice"
    times = [(event["ts"], event["ph"] != "X") for event in events if event["ph"] != "M"]
    assert times == sorted(times)  # a slice is there before the arrows that it holds


def test_a_trace_has_a_wait_and_a_stay_for_each_section_at_their_times() -> None:
    history = bank(Lamport)
    events, start = records(history), history.start()
    for node in range(3):
        own = [event for event in events if event["ph"] == "X" and event["tid"] == 2 * node + 1]
        stays = [(round(e["ts"] * 1000), round(e["dur"] * 1000)) for e in own if e["name"].startswith("inside")]
        entries = [e for e in history.entries if e.node == node]
        assert stays == [(e.entered - start, e.released - e.entered) for e in entries]  # type: ignore[operator]
        assert len(own) == 2 * len(entries)
    names = [event["args"]["name"] for event in events if event["name"] == "thread_name"]
    assert names[:3] == ["node 0 section", "node 0 steps", "node 1 section"]


# ---- a diagram ------------------------------------------------------------------------------------------------------

TEXT = r"([ .,:()=+*/_'\[\]a-zA-Z0-9-]|#\d+;)+"
LINE = re.compile(
    rf"    (participant n\d+ as (node|server) \d+|n\d+-[)x]n\d+: {TEXT}|Note over n\d+(,n\d+)?: {TEXT}"
    r"|(de)?activate n\d+)"
)


@pytest.mark.parametrize("algorithm", [Lamport, Greedy, Talker], ids=lambda algorithm: algorithm.name)
def test_a_diagram_has_an_arrow_a_message_and_nothing_that_mermaid_would_obey(algorithm: Any) -> None:
    history = plans.run(algorithm, 3, entries=[1, 0, 0])
    head, kind, *lines = mermaid.diagram(history).splitlines()
    assert head.startswith("%% ")
    assert kind == "sequenceDiagram"
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert sum("-)" in line for line in lines) == sum(event.kind == "delivered" for event in history)
    active = 0
    for line in lines:
        active += line.strip().startswith("activate") - line.strip().startswith("deactivate")
        assert active in (0, 1)


def test_a_message_that_was_never_delivered_ends_in_a_cross(lossy: History) -> None:
    text = mermaid.diagram(lossy)
    assert re.search(r"^    n\d-xn\d: \w+\(.*\), never delivered$", text, re.MULTILINE)


def test_a_long_run_ends_with_a_sentence_and_a_wide_one_is_refused() -> None:
    text = mermaid.diagram(plans.run(Lamport, 5, entries=10))
    last = text.splitlines()[-1]
    assert re.fullmatch(
        r"    Note over n0,n4: the first 200 of [\d#;,]+ events#59; 'mxbench export --to chrome' has all of them", last
    )
    assert len(text) < 50_000  # what Mermaid takes
    with pytest.raises(ResultError, match="room for 16 nodes, and this run has 17; export it with --to chrome"):
        mermaid.diagram(plans.run(Lamport, 17, entries=[1] + [0] * 16))
