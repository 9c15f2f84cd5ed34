"""Results as CSV and Parquet: rows and events, their types, and that names stay text."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from command_line import typed
from exported_results import HOSTILE, QUICK, ran, read_csv
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.report.export import csv as csv_format
from mxbench.report.export.rows import Table, run_table
from mxbench.report.export.writing import exported


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("export"), QUICK.format(question="Is it?"))


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


def test_waits_can_be_worked_out_from_events_where_requests_come_when_they_are_due(tmp_path: Path) -> None:
    load = "workload: {type: hold, entries: 20, rate: 900, dwell: 2ms}"
    (tmp_path / "due.yaml").write_text(f"name: due\nalgorithm: lamport\nnodes: 3\nengine: sim\n{load}\n")
    (row,) = mxbench.run(tmp_path / "due.yaml", results=tmp_path)["runs"]
    due, waits = {}, []
    for event in read_csv(exported(Path(row["result"]), "csv", events=True).data):
        if event["kind"] == "requested":
            due[event["node"], event["request"]] = json.loads(event["detail"])["due_ns"]
        elif event["kind"] == "entered":
            waits.append((int(event["time_ns"]) - due[event["node"], event["request"]]) / 1e6)
    assert sum(waits) / len(waits) == pytest.approx(row["wait_ms"]["mean"])


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


def test_parquet_is_written_without_a_word_on_standard_error(result: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'mxbench[data]'")
    done = typed(tmp_path, "export", str(result), "--to", "parquet", "--out", "x.parquet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "x.parquet\n", "")


def test_without_duckdb_parquet_says_what_to_install(result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = CliRunner().invoke(app, ["export", str(result), "--to", "parquet"])
    assert (done.exit_code, done.stderr) == (
        2,
        "mxbench: parquet needs DuckDB, which is not installed: pip install 'mxbench[data]'; or export with --to csv\n",
    )
