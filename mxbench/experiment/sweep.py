"""The settings of an experiment: one, or with `matrix`, `include` and `exclude` every combination that is asked for.

    matrix: {algorithm: [lamport, maekawa], nodes: [3, 9]}   # 2 * 2 settings; keys may be paths: workload.dwell
    include: [{algorithm: maekawa, nodes: 13}]               # one more
    exclude: [{algorithm: lamport, nodes: 9}]                # one less

Expansion works on the data of the file, before a setting is validated, so any value may be swept.
"""

from itertools import product
from typing import Any, NamedTuple

from mxbench.experiment.document import Document, KeyPath, Mistakes, quoted
from mxbench.experiment.schema import SWEEP_KEYS

MAX_SETTINGS = 10_000
FIXED = ("name", "question", "plugins", "smoke", "repeat", *SWEEP_KEYS)  # one for all settings


class Setting(NamedTuple):
    """One combination: the experiment without its sweep keys, and what the sweep chose, by dotted key."""

    document: Document
    chosen: dict[str, Any]


class _Choice(NamedTuple):
    """A value of a swept key, and where in the file it stands."""

    key: str
    value: Any
    source: KeyPath


def settings(document: Document, mistakes: Mistakes) -> list[Setting]:
    """Return the settings of a document, the last key of `matrix` changing fastest; none if it is mistaken."""
    axes = _matrix(document, mistakes)
    included = _items(document, "include", mistakes)
    excluded = _items(document, "exclude", mistakes)
    if axes is None or included is None or excluded is None:
        return []
    size = 1
    for axis in axes:
        size *= len(axis)
    if size + len(included) > MAX_SETTINGS:
        mistakes.add(document, ("matrix",), f"it has {size:,} settings; the most is {MAX_SETTINGS:,}")
        return []
    base = document.copy()
    for key in SWEEP_KEYS:
        base.put((key,), None, None, None, {})
    combinations = list(product(*axes)) if axes or not included else []
    made = [_apply(base, document, choices, mistakes) for choices in [*combinations, *map(tuple, included)]]
    # One value given with a flag in place of several makes settings equal: each is kept once.
    kept: dict[str, Setting] = {}
    for setting in made:
        if not _matches(setting, excluded):
            kept.setdefault(repr(setting.document.data), setting)
    if not kept:
        mistakes.add(document, ("exclude",), "it leaves no setting")
    return list(kept.values())


def swept(document: Document) -> set[str]:
    """Return the keys that `matrix` and `include` set."""
    matrix = document.data.get("matrix")
    include = document.data.get("include")
    keys = set(matrix) if isinstance(matrix, dict) else set()
    for item in include if isinstance(include, list) else []:
        keys |= set(item) if isinstance(item, dict) else set()
    return keys


def key_path(key: str) -> KeyPath:
    """Return the path that a dotted key stands for."""
    return tuple(key.split("."))


def _matrix(document: Document, mistakes: Mistakes) -> list[list[_Choice]] | None:
    matrix = document.data.get("matrix", {})
    if not isinstance(matrix, dict):
        mistakes.add(document, ("matrix",), f"{quoted(matrix)} is not a mapping of keys to lists: {{nodes: [3, 5]}}")
        return None
    axes = []
    for key, values in matrix.items():
        path: KeyPath = ("matrix", key)
        if not _sweepable(document, key, path, mistakes):
            return None
        if not isinstance(values, list) or not values:
            mistakes.add(document, path, f"{quoted(values)} is not a list of values: [{quoted(values)[1:-1]}]")
            return None
        for index, value in enumerate(values):
            if value in values[:index]:
                mistakes.add(document, (*path, index), f"{quoted(value)} is given twice; repeats are 'repeat: N'")
        axes.append([_Choice(key, value, (*path, index)) for index, value in enumerate(values)])
    return axes


def _items(document: Document, name: str, mistakes: Mistakes) -> list[list[_Choice]] | None:
    items = document.data.get(name, [])
    if not isinstance(items, list):
        mistakes.add(document, (name,), f"{quoted(items)} is not a list of mappings: [{{nodes: 9}}]")
        return None
    found = []
    for index, item in enumerate(items):
        if not isinstance(item, dict) or not item:
            mistakes.add(document, (name, index), f"{quoted(item)} is not a mapping of keys to values: {{nodes: 9}}")
            return None
        if not all(_sweepable(document, key, (name, index, key), mistakes) for key in item):
            return None
        found.append([_Choice(key, value, (name, index, key)) for key, value in item.items()])
    return found


def _sweepable(document: Document, key: str, path: KeyPath, mistakes: Mistakes) -> bool:
    if key.split(".")[0] in FIXED or not all(key.split(".")):
        mistakes.add(document, path, f"'{key}' cannot be swept; it is the same in all settings")
        return False
    return True


def _apply(base: Document, source: Document, choices: tuple[_Choice, ...], mistakes: Mistakes) -> Setting:
    document = base.copy()
    for key, value, at in choices:
        written = source.known(at)
        try:
            document.put(key_path(key), value, source.lines.get(written), source.flags.get(written), source.below(at))
        except ValueError as error:
            mistakes.add(source, at, str(error))
    return Setting(document, {choice.key: choice.value for choice in choices})


def _matches(setting: Setting, excluded: list[list[_Choice]]) -> bool:
    return any(all(setting.document.get(key_path(key)) == value for key, value, _ in item) for item in excluded)
