"""The page of all results: results/index.html, written anew whenever an invocation comes to its end.

It is one file that needs no server and no network: the newest invocations first, each with its verdict, its key figures
and a link to its page where there is one; a box filters them. Of each invocation only summary.json is read, of no more
than MOST, and once: a line that the page has already is kept while the file it came from is the same.
"""

import html
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from mxbench.files import write_whole

NAME = "index.html"
REPORT = "report.html"
MOST = 1000  # invocations that are listed
MOST_NAMES = 6  # of algorithms in one line
FORMAT = 1  # of a line; with another one those of before are not kept
KEPT = re.compile(r'^<tr data-of="([^"]*)">.*</tr>$', re.MULTILINE)
TIME = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)")
OUTCOMES = ("valid", "violated", "undecided")


class _Run(msgspec.Struct):
    """What is shown of a row; the rest of it is passed over."""

    algorithm: Any = None
    engine: Any = None
    nodes: Any = None
    entries: Any = None
    messages_per_entry: Any = None
    wait_ms: Any = None
    entries_per_s: Any = None


class _Summary(msgspec.Struct):
    """What is shown of summary.json."""

    question: Any = None
    verdict: Any = None
    expect_met: Any = None
    interrupted: Any = None
    runs: list[_Run] = []


class _Invocation(NamedTuple):
    """One line: the folder, and what it says; None where it has no summary (yet), or one that cannot be read."""

    folder: Path
    summary: _Summary | None


def write_index(results: Path) -> Path:
    """Write the page of a results folder and return it; may raise OSError."""
    write_whole(results / NAME, page(results))
    return results / NAME


def refresh_index(file: Path) -> None:
    """Rewrite the index, if there is one, that lists the invocation in whose folder a page was written."""
    results = file.resolve().parent.parent.parent
    if (results / NAME).is_file():
        with suppress(OSError):  # a page without a link to it is a page
            write_index(results)


def page(results: Path) -> str:
    """Return the page of a results folder; the same results give the same page."""
    folders = _invocations(results)
    kept = _kept(results / NAME)
    rows = "\n".join(kept.get(key) or _row(key, _read(folder)) for folder, key in _keyed(folders[:MOST]))
    said = f"{len(folders)} invocation{'s' * (len(folders) != 1)}, the newest first; written after each run."
    if len(folders) > MOST:
        said = f"The newest {MOST:,} of {len(folders):,} invocations; the others are in the folders beside this file."
    template = (files("mxbench.experiment") / NAME).read_text(encoding="utf-8")
    script = template.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    parts = {"policy": policy, "said": said, "rows": rows}
    return re.sub("@(policy|said|rows)@", lambda mark: parts[mark[1]], template)


def _invocations(results: Path) -> list[Path]:
    """Return the folders of invocations, the newest first; those without a time in their name come last."""
    found = []
    for experiment in results.iterdir():
        if experiment.is_dir() and not experiment.is_symlink() and not experiment.name.startswith("."):
            found += [folder for folder in experiment.iterdir() if _is_invocation(folder)]
    return sorted(found, key=lambda folder: (bool(TIME.match(folder.name)), folder.name, folder), reverse=True)


def _is_invocation(folder: Path) -> bool:
    return (folder / "summary.json").is_file() or (folder / "experiment.yaml").is_file()


def _kept(file: Path) -> dict[str, str]:
    """Return the lines that the page has, by what they were made of."""
    try:
        return {found[1]: found[0] for found in KEPT.finditer(file.read_text(encoding="utf-8"))}
    except (OSError, UnicodeDecodeError):
        return {}


def _keyed(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each folder with all that its line depends on, as markup."""
    for folder in folders:
        try:
            status = (folder / "summary.json").stat()
            made_of = f"{status.st_mtime_ns} {status.st_size}"
        except OSError:
            made_of = "none"
        has_report = (folder / REPORT).is_file()
        yield folder, _text(f"{FORMAT} {made_of} {has_report:d} {folder.parent.name}/{folder.name}")


def _read(folder: Path) -> _Invocation:
    try:
        return _Invocation(folder, msgspec.json.decode((folder / "summary.json").read_bytes(), type=_Summary))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _Invocation(folder, None)


def _row(key: str, invocation: _Invocation) -> str:
    folder, summary = invocation
    runs = summary.runs if summary else []
    question = f"<small>{_text(summary.question)}</small>" if summary and summary.question else ""
    place = f"{quote(folder.parent.name)}/{quote(folder.name)}/"
    report = f' <a href="{_text(place + REPORT)}">report</a>' if (folder / REPORT).is_file() else ""
    cells = [
        ("time", _text(_time(folder.name))),
        ("wide", f'<a href="{_text(place)}">{_text(folder.parent.name)}</a>{question}{report}'),
        ("", _verdict(summary)),
        ("wide", _text(_names(run.algorithm for run in runs))),
        ("", _text(_names(run.engine for run in runs))),
        ("number", _text(_range(run.nodes for run in runs))),
        ("number", str(len(runs))),
        ("number", _text(_range([sum(run.entries for run in runs if isinstance(run.entries, int))]))),
        ("number", _text(_range(run.messages_per_entry for run in runs))),
        ("number", _text(_range(run.wait_ms.get("mean") for run in runs if isinstance(run.wait_ms, dict)))),
        ("number", _text(_range(run.entries_per_s for run in runs))),
    ]
    return f'<tr data-of="{key}">' + "".join(f'<td class="{kind}">{inside}</td>' for kind, inside in cells) + "</tr>"


def _verdict(summary: _Summary | None) -> str:
    if summary is None:
        return '<span class="outcome">unfinished</span>'
    verdict = summary.verdict if summary.verdict in OUTCOMES else "unknown"
    remarks = ["not all as expected"] * (summary.expect_met is False) + ["unfinished"] * (summary.interrupted is True)
    small = f"<small>{', '.join(remarks)}</small>" if remarks else ""
    return f'<span class="outcome {verdict}">{verdict}</span>{small}'


def _time(name: str) -> str:
    found = TIME.match(name)
    return f"{found[1]} {found[2]}:{found[3]}:{found[4]}" if found else name


def _names(values: Iterable[Any]) -> str:
    names = list(dict.fromkeys(str(value) for value in values if value is not None))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _range(values: Iterable[Any]) -> str:
    """Return the least and the greatest of the numbers among some values, in about three figures."""
    known = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if not known:
        return "-"
    most = max(map(abs, known))
    digits = 0 if most >= 100 or all(value == int(value) for value in known) else 1 if most >= 10 else 2
    low, high = f"{min(known):,.{digits}f}", f"{max(known):,.{digits}f}"
    return low if low == high else f"{low} to {high}"


def _text(value: object) -> str:
    """Return a value as markup that shows it: nothing of it is obeyed, and marks of direction are escapes."""
    shown = str(value)
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)
    return html.escape(shown, quote=True)
