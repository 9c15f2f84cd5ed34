"""Results for other programs, whatever the format: bytes that do not change, where they go, and what is refused."""

import json
from pathlib import Path

import pytest
from exported_results import LOSSY, QUICK, ran, read_csv
from typer.testing import CliRunner

import mxbench
from mxbench.cli import app
from mxbench.errors import ResultError
from mxbench.report.export.writing import FORMATS, exported


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ran(tmp_path_factory.mktemp("export"), QUICK.format(question="Is it?"))


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


def test_a_trace_without_messages_says_that_they_were_not_recorded(tmp_path: Path) -> None:
    run = ran(tmp_path, LOSSY.replace("algorithm: lamport", "algorithm: lamport\nhistory: sections"))
    said = "messages were not recorded (history: sections); run it with --set history=full to see them"
    done = CliRunner().invoke(app, ["export", str(run), "--to", "chrome", "--out", str(tmp_path / "t.json")])
    assert (done.exit_code, done.stderr) == (0, f"mxbench: {said}\n")
    assert json.loads((tmp_path / "t.json").read_bytes())["otherData"]["note"] == said
    whole = CliRunner().invoke(app, ["export", str(ran(tmp_path, LOSSY)), "--to", "chrome"])
    assert (whole.stderr, list(json.loads(whole.stdout)["otherData"])) == ("", ["run"])


def test_a_run_without_events_says_how_to_record_them(tmp_path: Path) -> None:
    bare = ran(tmp_path, LOSSY.replace("network: {delay: 1ms, loss: 0.2, duplicate: 0.3}", "history: 'off'"))
    with pytest.raises(ResultError, match="no events were recorded"):
        exported(bare, "chrome")
