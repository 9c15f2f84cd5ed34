"""Where a page goes: report.html beside what it shows, whole or not there."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mxbench.errors import MachineError, ResultError
from mxbench.experiment.folder import reason
from mxbench.files import is_stream, write_whole
from mxbench.report.page.counterexample import trace_page
from mxbench.report.page.document import page
from mxbench.report.page.source import load

NAME = "report.html"
SCENARIO = (".yaml", ".yml")
SUFFIXES = (".html", ".htm")  # of a page; so that no experiment or history is written over for a slip of the hand


def report(*results: str | Path, out: str | Path | None = None, plugins: Sequence[str | Path] = ()) -> Path:
    """Write one page of these results and return its path: `out`, else report.html in the folder of the first.

    results: folders of invocations or runs, of which several are compared on one page; or one file, a scenario, which
    is carried out for it, or the output of `mxbench check --json`, whose page goes beside the file. plugins: files to
    look for a scenario's algorithm in. Raises ResultError for what is no result or no name of a page, ScenarioError for
    a file that is no scenario, and MachineError for what cannot be written.
    """
    first = Path(results[0]) if results else Path()
    if out is not None and Path(out).suffix.lower() not in SUFFIXES and not is_stream(Path(out)):
        raise ResultError(f"--out {out}: a page is called FILE.html or FILE.htm")
    if len(results) == 1 and first.suffix in SCENARIO:
        return _write(
            Path(out) if out is not None else first.with_suffix(".html"), trace_page(_replayed(first, plugins))
        )
    if len(results) == 1 and first.suffix == ".json":
        return _write(Path(out) if out is not None else first.with_suffix(".html"), trace_page(read_answer(first)))
    contents = load(list(results))
    return _write(Path(out) if out is not None else contents.results[0].folder / NAME, page(contents))


def _replayed(file: Path, plugins: Sequence[str | Path]) -> dict[str, Any]:
    """Carry out a scenario, and return what came of it as `replay --json` names it."""
    from mxbench.scenarios import replay

    found = replay(file, plugins)
    setup = found.scenario.setup
    return {
        "algorithm": found.scenario.algorithm,
        "nodes": setup.nodes,
        "requests": list(setup.requests),
        "network": str(setup.network),
        "quorums": [list(quorum) for quorum in setup.quorums] or None,
        "verdict": found.verdict,
        "property": found.property,
        "text": found.text,
        "found": found.scenario.found or None,
        "trace": [msgspec.to_builtins(step) for step in found.trace],
    }


def read_answer(file: str | Path) -> dict[str, Any]:
    """Return what `check --json` printed into a file; raise ResultError if it is something else."""
    try:
        answer = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ResultError(f"{file}: not JSON: {error}") from error
    if not isinstance(answer, dict) or not {"algorithm", "nodes", "trace"} <= answer.keys():
        raise ResultError(f"{file}: not the output of 'mxbench check --json'; it has no algorithm, nodes and trace")
    return answer


def _write(file: Path, text: str) -> Path:
    try:
        write_whole(file, text)
    except OSError as error:
        raise MachineError(f"'{file}' cannot be written: {reason(error)}") from error
    return file
