"""Compares settings: of one experiment, of several, or of one and the same at two times.

The comparison is plain data, what `mxbench compare --format json` prints. Its fields are a contract: add, never rename.

compared       what the pairs differ in: 'algorithm', another key, 'result' (the same settings in several results);
               null where no two lines differ in one thing alone
sources        number (from 1), result, experiment, runs, environment
varying, same  the keys in which the lines differ, in the order of columns; all other keys, with their values
lines          a setting each, its repeats taken together: source, experiment, algorithm, quorum_system, engine,
               workload, nodes, setting (the varying keys), runs, seeds, verdict (the worst), verdicts, contended,
               claimed_messages_per_entry, claim_kind, claim_regime, claim_ratio, claim_holds, sustained (whether the
               rate was, in all its runs; null for closed loops and where no run tells),
               measures {name: mean, low, high, least, greatest, repeats, exact}, results
differences    reference and other (positions in `lines`), setting (what both share), from and to (their values of
               `compared`), and the fields of difference.differ; the reference is the first line of its like
saturation     where rates are swept, the greatest that is sustained: the items of saturation.py; else empty
noise          of two results of one experiment made alike: measure, median, largest (shares), settings, same_seeds;
               else null
environment    in what a source was made otherwise than the first: source, field, reference, other
verdict        the worst of all runs; exit_status: of the experiments that were run for this, 0 if none was
"""

from collections.abc import Callable, Iterable
from itertools import compress
from pathlib import Path
from typing import Any

from mxbench.core.claims import claimed_of_all
from mxbench.core.verdict import Verdict, worst
from mxbench.errors import ResultError
from mxbench.experiment.damage import is_result
from mxbench.experiment.difference import MEASURES, TESTED, decide, differ, noise, sample, summarise
from mxbench.experiment.expect import exit_status
from mxbench.experiment.invocation import RunProgress, carry_out, prepare
from mxbench.experiment.results import locate
from mxbench.experiment.saturation import saturation
from mxbench.experiment.sources import (
    Coordinates,
    Row,
    Source,
    environment_differences,
    key_of,
    load_source,
    make_whole,
    name_holders,
    sweeps_holder,
)
from mxbench.experiment.statistics import LEVEL
from mxbench.experiment.where import matching

RESULT = "result"  # compared: equal settings of several results
LEADING, LAST = ("algorithm", "nodes"), "nodes"
OF_ONE_HISTORY = ("seed", "verdict", "entries", "messages", "duration_ms", "wait_ms")  # no two histories have all alike
Line = dict[str, Any]


def compare(
    *sources: str | Path,
    results: str | Path = "results",
    plugins: Iterable[str | Path] = (),
    on_progress: Callable[[RunProgress], None] | None = None,
    where: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the comparison of results and experiments as plain data; see the module.

    sources: folders of results, or experiments (files, names of shipped ones), which are run first; what stands first
    is the reference. results, plugins, on_progress: as for `mxbench.run`, for what is run. where: conditions such as
    'nodes=9', which leave only the settings that have those values. Raises ResultError for what is no result, is given
    twice, or has nothing in common with the others, before anything is run where that shows.
    """
    loaded, status = gather(*sources, results=results, plugins=plugins, on_progress=on_progress)
    return compare_sources(loaded, where) | {"exit_status": status}


def gather(
    *sources: str | Path,
    results: str | Path = "results",
    plugins: Iterable[str | Path] = (),
    on_progress: Callable[[RunProgress], None] | None = None,
) -> tuple[list[Source], int]:
    """Return what is stored of these sources, those that are experiments run first, and the exit status of their runs.

    The arguments and errors are those of `compare`.
    """
    if not sources:
        raise ResultError("nothing to compare; name a result or an experiment")
    ready = [locate(source) if is_result(source) else prepare(source, plugins=plugins) for source in sources]
    folders = [folder.resolve() for folder in ready if isinstance(folder, Path)]
    for folder, given in zip(folders, filter(is_result, sources), strict=True):
        if folders.count(folder) > 1:
            raise ResultError(f"{given}: it is given twice, and a result does not differ from itself")
    loaded, statuses = [], []
    for one in ready:
        if not isinstance(one, Path):
            document = carry_out(one, results, on_progress)
            statuses.append(document["exit_status"])
            one = Path(document["result"])
        loaded.append(load_source(one))
    return loaded, exit_status(statuses) if statuses else 0


def compare_sources(sources: list[Source], where: Iterable[str] = ()) -> dict[str, Any]:
    """Return the comparison of what is stored, as far as the conditions 'KEY=VALUE' leave it; raise ResultError if that
    is nothing, or if a source shares no workload with any other."""
    _check_common(sources)
    groups = _groups(sources)
    for condition in where:
        groups = list(compress(groups, matching([coordinates for _, coordinates, _ in groups], condition)))
    compared = _compared(groups)
    varying = _varying([coordinates for _, coordinates, _ in groups], compared)
    lines = [_line(sources, number, coordinates, rows, varying) for number, coordinates, rows in groups]
    differences = _differences(groups, compared, varying)
    environment = environment_differences(sources)
    return {
        "compared": compared,
        "level": LEVEL,
        "sources": [
            {"number": number, "result": source.path, "experiment": source.name, "runs": len(source.rows),
             "environment": source.environment}
            for number, source in enumerate(sources, 1)
        ],
        "varying": varying,
        "same": {key: value for key, value in groups[0][1].items() if key not in varying},
        "lines": lines,
        "differences": differences,
        "saturation": saturation(groups, varying),
        # A load that differs changes nothing that was asked for: it is what such noise may come from.
        "noise": noise(differences)
        if compared == RESULT and all(d["field"] == "load_average" for d in environment)
        else None,
        "environment": environment,
        "verdict": worst(line["verdict"] for line in lines),
    }  # fmt: skip


Group = tuple[int, Coordinates, list[Row]]  # a setting in one source: its number, coordinates and repeats


def _check_common(sources: list[Source]) -> None:
    """Raise ResultError for a source whose numbers are of another workload than those of all others."""
    workloads = [{str(row.get("workload")) for row in source.rows} for source in sources]
    for place, own in enumerate(workloads):
        others = set().union(*workloads[:place], *workloads[place + 1 :])
        if others and not own & others:
            raise ResultError(
                f"{sources[place].path}: it has nothing in common with the other{'s' * (len(sources) > 2)}: its "
                f"workload is {_listed(own)}, theirs {_listed(others)}"
            )


def _listed(names: set[str]) -> str:
    return " and ".join(f"'{name}'" for name in sorted(names))


def _groups(sources: list[Source]) -> list[Group]:
    """Return every setting of every source with its repeats, in the order of their first runs."""
    groups: dict[tuple[int, str], Group] = {}
    for number, source in enumerate(sources, 1):
        for row in source.rows:
            coordinates = source.coordinates(row)
            groups.setdefault((number, key_of(coordinates)), (number, coordinates, []))[2].append(row)
    found = [(number, coordinates, _once(rows)) for number, coordinates, rows in groups.values()]
    name_holders((coordinates for _, coordinates, _ in found), sweeps_holder(sources))
    make_whole([coordinates for _, coordinates, _ in found])
    # A quorum system is part of an algorithm's name only where there are several of them.
    systems: dict[str, set[str]] = {}
    for _, coordinates, rows in found:
        systems.setdefault(str(rows[0].get("algorithm")), set()).add(coordinates["algorithm"])
    for _, coordinates, rows in found:
        if len(systems[str(rows[0].get("algorithm"))]) == 1:
            coordinates["algorithm"] = rows[0].get("algorithm")
    return found


def _once(rows: list[Row]) -> list[Row]:
    """Return the rows without those of a run that was made twice, and tells nothing new: where one seed is one history,
    a sweep over a key that is no coordinate, or over two names of one setting, makes it again."""
    seen: set[str] = set()
    found = []
    for row in rows:
        key = key_of({name: row.get(name) for name in OF_ONE_HISTORY})
        if row.get("wait_ms") is None or key not in seen:
            found.append(row)
        seen.add(key)
    return found


def _compared(groups: list[Group]) -> str | None:
    """Return what pairs of lines differ in: the result, if several have a setting in common; else the first key in
    which two lines differ and in nothing else: two lines of different results if there are such."""
    if len({key_of(coordinates) for _, coordinates, _ in groups}) < len(groups):
        return RESULT
    differing = sorted(_differing([coordinates for _, coordinates, _ in groups]), key=LAST.__eq__)
    numbers = [number for number, _, _ in groups]
    for apart in (numbers, range(len(groups))):
        for key in differing:  # the algorithm is a first coordinate
            alike: dict[str, set[int]] = {}
            for one, (_, coordinates, _) in zip(apart, groups, strict=True):
                alike.setdefault(key_of(coordinates, without=key), set()).add(one)
            if any(len(found) > 1 for found in alike.values()):
                return key
    return None


def _differing(all_coordinates: list[Coordinates]) -> list[str]:
    keys = {key: None for coordinates in all_coordinates for key in coordinates}
    return [key for key in keys if len({key_of({key: c.get(key)}) for c in all_coordinates}) > 1]


def _varying(all_coordinates: list[Coordinates], compared: str | None) -> list[str]:
    """Return the keys that tell the lines apart, the algorithm and the nodes first, whether they vary or not."""
    others = [key for key in _differing(all_coordinates) if key not in LEADING]
    return [*LEADING, *others, *[RESULT] * (compared == RESULT)]


def _line(sources: list[Source], number: int, coordinates: Coordinates, rows: list[Row], varying: list[str]) -> Line:
    first = rows[0]
    verdicts: list[Verdict] = [row.get("verdict") or "undecided" for row in rows]
    measures = {measure: summarise(sample(rows, measure)) for measure in MEASURES}
    return {
        "source": number,
        "experiment": first.get("experiment"),
        **{key: first.get(key) for key in ("algorithm", "quorum_system", "engine", "workload", "nodes")},
        "setting": {key: number if key == RESULT else coordinates.get(key) for key in varying},
        "runs": len(rows),
        "seeds": [row.get("seed") for row in rows],
        "verdict": worst(verdicts),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        "contended": _common([row.get("contended") for row in rows]),
        **_claim(rows),
        "sustained": _in_all([row.get("sustained") for row in rows]),
        "measures": {measure: summary for measure, summary in measures.items() if summary},
        "results": [row.get("result") for row in rows],
    }


def _claim(rows: list[Row]) -> dict[str, Any]:
    """Return the claim on a setting: it holds if it does in every run in which that could be told."""
    ratio = summarise(sample(rows, "claim_ratio"))
    return {
        "claimed_messages_per_entry": claimed_of_all([row.get("claimed_messages_per_entry") for row in rows]),
        "claim_kind": rows[0].get("claim_kind"),
        "claim_regime": rows[0].get("claim_regime"),
        "claim_ratio": ratio["mean"] if ratio else None,
        "claim_holds": _in_all([row.get("claim_holds") for row in rows]),
    }


def _in_all(told: list[bool | None]) -> bool | None:
    """Return whether something is so in every run in which that could be told; None if in none."""
    known = [one for one in told if one is not None]
    return all(known) if known else None


def _common(values: list[Any]) -> Any:
    """Return the value that all share, None if they do not."""
    return values[0] if all(value == values[0] for value in values) else None


def _differences(groups: list[Group], compared: str | None, varying: list[str]) -> list[dict[str, Any]]:
    """Return the difference of each line from the first of those that it is to be compared with, in each measure."""
    if compared is None:
        return []
    references: dict[str, int] = {}
    found = []
    for position, (number, coordinates, rows) in enumerate(groups):
        reference = references.setdefault(key_of(coordinates, without=compared), position)
        if reference == position:
            continue
        first_number, first, first_rows = groups[reference]
        shared = {key: coordinates.get(key) for key in varying if key not in (compared, RESULT)}
        values = (first_number, number) if compared == RESULT else (first.get(compared), coordinates.get(compared))
        for measure in TESTED:
            difference = differ(measure, sample(first_rows, measure), sample(rows, measure))
            if difference:
                named = {"reference": reference, "other": position, "from": values[0], "to": values[1]}
                found.append({**named, "setting": shared, **difference})
    decide(found)
    return found
