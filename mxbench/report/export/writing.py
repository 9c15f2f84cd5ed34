"""Which formats a result is exported to, what of it each shows, and where the file goes."""

from pathlib import Path
from typing import Any, NamedTuple

from mxbench.core.history import History
from mxbench.errors import MachineError, ResultError
from mxbench.experiment.comparison import compare_sources
from mxbench.experiment.document import suggestion
from mxbench.experiment.folder import reason
from mxbench.experiment.results import load_document, load_history, shown_run
from mxbench.experiment.sources import load_source
from mxbench.files import write_whole
from mxbench.report.text import NO_MESSAGES

FILES = {  # what an export is called where no other name is given: of the result, and of a run
    "csv": ("rows.csv", "events.csv"),
    "parquet": ("rows.parquet", "events.parquet"),
    "latex": ("table.tex", None),
    "chrome": (None, "trace.json"),
    "mermaid": (None, "diagram.mmd"),
}
FORMATS = tuple(FILES)


class Exported(NamedTuple):
    """What is to be written. name: what its file may be called; folder: of the result or the run that it shows.

    left: how many other runs the result has where only one is shown. missing: what it lacks as it was not
    to be recorded, in a sentence.
    """

    data: bytes
    name: str
    folder: Path
    left: int = 0
    missing: str | None = None


def export(result: str | Path, to: str = "csv", out: str | Path | None = None, *, events: bool = False) -> Path:
    """Write a result in a format and return the file: `out`, else one in the result's folder.

    to: csv, parquet, latex, chrome or mermaid. events: those of one run instead of a row a run, for csv and parquet.
    chrome and mermaid show one run; of several, the first that is not valid, or else the first. Raises ResultError for
    what is no result or no format, or where parquet misses DuckDB, and MachineError for what cannot be written.
    """
    made = exported(result, to, events)
    return save(made, Path(out) if out is not None else made.folder / made.name)


def exported(result: str | Path, to: str, events: bool = False) -> Exported:
    """Return a result in a format, without writing it anywhere; see `export`."""
    if to not in FILES:
        raise ResultError(
            f"--to {to}: there is no such format{suggestion(to, FORMATS)} (formats: {', '.join(FORMATS)})"
        )
    rows_name, run_name = FILES[to]
    if events and (rows_name is None or run_name is None):
        raise ResultError(f"--events goes with csv and parquet; '{to}' has one form")
    if rows_name is not None and not events:
        document = load_document(result)
        return Exported(_of_rows(document, result, to), rows_name, Path(document["result"]))
    assert run_name is not None
    run, left = shown_run(result)
    history = load_history(run)
    if history.plan.history == "off":
        raise ResultError(f"{run}: no events were recorded (history: off); run it with --set history=full")
    missing = NO_MESSAGES if history.plan.history == "sections" else None
    return Exported(_of_run(history, to), run_name, run, left, missing)


def save(made: Exported, file: Path) -> Path:
    """Write an export into a file, all of it or nothing, and return the file."""
    try:
        write_whole(file, made.data)
    except OSError as error:
        raise MachineError(f"'{file}' cannot be written: {reason(error)}") from error
    return file


def _of_rows(document: dict[str, Any], result: str | Path, to: str) -> bytes:
    from mxbench.report.export import csv, latex, parquet
    from mxbench.report.export.rows import run_table

    if to == "latex":
        name = str(document.get("name") or "result")
        comparison = compare_sources([load_source(result)])
        return latex.table(comparison, str(document.get("question") or name), name).encode()
    table = run_table(document)
    return parquet.render(table) if to == "parquet" else csv.render(table).encode()


def _of_run(history: History, to: str) -> bytes:
    from mxbench.report.export import chrome, csv, mermaid, parquet
    from mxbench.report.export.events import event_table

    match to:
        case "chrome":
            return chrome.trace(history).encode()
        case "mermaid":
            return mermaid.diagram(history).encode()
        case "parquet":
            return parquet.render(event_table(history))
    return csv.render(event_table(history)).encode()
