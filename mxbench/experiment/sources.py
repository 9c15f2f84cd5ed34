"""What is compared: results with their rows, where each was made, and in what their settings differ.

A setting is known by its coordinates: every key of the experiment that can shape a number, by dotted key, as it was
for that row. Two rows of equal coordinates are repeats of one thing, in whatever file or result they stand.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mxbench.errors import ResultError
from mxbench.experiment.document import Mistakes
from mxbench.experiment.results import is_run, load_document, reading
from mxbench.experiment.source import read
from mxbench.experiment.sweep import settings

Row = dict[str, Any]
Coordinates = dict[str, Any]
# Keys that say what is asked or when to give up, or that a row tells itself; repeats differ in seed.
NO_COORDINATES = (
    "name", "question", "plugins", "smoke", "expect", "repeat", "seed", "stall_limit", "time_limit", "algorithm",
    "nodes", "engine",
)  # fmt: skip
HOLDER = "algorithm.holder"  # a coordinate of its own where it is swept, else a part of the name: `name_holders`
PLUGIN_FILES = "files.plugins/"  # how the fields of their hashes begin
LOAD_SHARE = 0.5  # of the usable cores, by which the load of two machines must differ to be named


class Source(NamedTuple):
    """One result. chosen: for each of its settings, what the sweep chose and the coordinates that this makes."""

    path: str
    name: str
    rows: list[Row]
    environment: dict[str, Any]
    chosen: list[tuple[dict[str, Any], Coordinates]]

    def coordinates(self, row: Row) -> Coordinates:
        """Return the coordinates of a row; only what the row itself tells where the experiment is lost."""
        sweep = row.get("setting") or {}
        known = next((coordinates for chosen, coordinates in self.chosen if _json(chosen) == _json(sweep)), sweep)
        own = {"algorithm": _named(row), HOLDER: known.get(HOLDER) or 0}
        own |= {"engine": row.get("engine"), "workload.type": row.get("workload"), "nodes": row.get("nodes")}
        return own | {key: value for key, value in known.items() if key.split(".")[0] not in NO_COORDINATES}


def _named(row: Row) -> Any:
    """Return the algorithm with what it was given."""
    given = [row.get("quorum_system") or row.get("topology"), "server" if row.get("algorithm_servers") else None,
             f"k = {row['k']}" if row.get("k") else None]  # fmt: skip
    kind = ", ".join(filter(None, given))
    return f"{row.get('algorithm')} ({kind})" if kind else row.get("algorithm")


def make_whole(all_coordinates: list[Coordinates]) -> None:
    """Take a value that is not made of the same keys everywhere, such as {uniform: ...} here and 1ms there, for one."""
    wholes = {
        ".".join(key.split(".")[:2]) for coordinates in all_coordinates for key in coordinates if key.count(".") > 1
    }
    for whole in wholes:
        shapes = {tuple(key for key in own if f"{key}.".startswith(f"{whole}.")) for own in all_coordinates}
        for own in all_coordinates if len(shapes) > 1 else ():
            inner = {key: own.pop(key) for key in list(own) if key.startswith(f"{whole}.")}
            if inner:
                own[whole] = {key.removeprefix(f"{whole}."): value for key, value in inner.items()}


def sweeps_holder(sources: Iterable[Source]) -> bool:
    """Return whether a sweep chose where the token starts, by that key."""
    return any(HOLDER in (row.get("setting") or {}) for source in sources for row in source.rows)


def name_holders(all_coordinates: Iterable[Coordinates], swept: bool) -> None:
    """Make where the token starts a part of the algorithms' names, unless it is swept; node 0 needs no word."""
    for own in all_coordinates if not swept else ():
        holder = own.pop(HOLDER, 0)
        if holder:
            name, bracket, kind = str(own["algorithm"]).partition(" (")
            own["algorithm"] = f"{name} ({kind[:-1]}, holder {holder})" if bracket else f"{name} (holder {holder})"


def load_source(path: str | Path) -> Source:
    """Return what is stored in the folder of an invocation or a run; raise ResultError if no run of it has ended."""
    document = load_document(path)
    if not document["runs"]:
        raise ResultError(f"{path}: no run of it has ended, so there is nothing to compare")
    folder = Path(document["result"]).resolve()  # what a link leads to today it may not tomorrow
    invocation = folder.parent.parent if is_run(folder) else folder
    name = str(document.get("name") or document["runs"][0].get("experiment"))
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    with reading(invocation):
        return Source(str(shown), name, document["runs"], _environment(invocation), _chosen(invocation))


def key_of(coordinates: Coordinates, without: str | None = None) -> str:
    """Return a text that equal coordinates share; `without` leaves one of them out."""
    return _json({key: value for key, value in coordinates.items() if key != without})


def environment_differences(sources: list[Source]) -> list[dict[str, Any]]:
    """Return each field in which a source was made elsewhere than the first: source (from 1), field, reference, other.

    The time is no difference, and the load of the machine only where it is of half its cores or more.
    """
    first = dict(_flat(sources[0].environment))
    found = []
    for number, source in enumerate(sources[1:], 2):
        other = dict(_flat(source.environment))
        plugins = _changed_plugins(first, other)
        for field in {**first, **other}:
            here, there = first.get(field), other.get(field)
            needed_by_one = field.startswith("files.") and None in (here, there)
            passed_over = field not in plugins if field.startswith(PLUGIN_FILES) else needed_by_one
            if field in ("time", "load_average") or passed_over or here == there:
                continue
            found.append({"source": number, "field": field, "reference": here, "other": there})
        before, now = ((made.get("load_average") or [0.0])[0] for made in (first, other))
        if abs(before - now) >= LOAD_SHARE * (first.get("usable_cores") or 1):
            found.append({"source": number, "field": "load_average", "reference": before, "other": now})
    return found


def _changed_plugins(first: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Return the fields of the plugin files whose text only one of two results has, if each has such a file.

    What one alone has beside all of the other's it needs for something of its own. But where each has one, the second
    may define what the first does, otherwise, whatever the names of the files are.
    """
    here, there = ({k: v for k, v in made.items() if k.startswith(PLUGIN_FILES)} for made in (first, other))
    own = {field for field, text in here.items() if text not in there.values()}
    others = {field for field, text in there.items() if text not in here.values()}
    return own | others if own and others else set()


def _environment(invocation: Path) -> dict[str, Any]:
    """Return environment.json, with the hashes of the plugin and data files that the result holds copies of."""
    try:
        found = json.loads((invocation / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    copies = sorted(file for kind in ("plugins", "data") for file in (invocation / kind).glob("*") if file.is_file())
    hashes = {f"{file.parent.name}/{file.name}": _hash(file) for file in copies}
    return {**found, "files": hashes} if isinstance(found, dict) else {"files": hashes}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _chosen(invocation: Path) -> list[tuple[dict[str, Any], Coordinates]]:
    file = invocation / "experiment.yaml"
    if not file.is_file():
        return []
    return [(setting.chosen, dict(_flat(setting.document.data))) for setting in settings(read(file), Mistakes())]


def _flat(data: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) for each value that is no mapping of keys itself."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
