"""Keys that flags give in place of the file: `--set workload.dwell=2ms`, `--engine`, `--repeat`, `--seed`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mxbench.errors import ExperimentError
from mxbench.experiment.document import Document, KeyPath, quoted
from mxbench.experiment.schema import KEYS, unknown_key
from mxbench.experiment.source import parse_value
from mxbench.experiment.sweep import swept

GROUPS = ("algorithm", "workload", "network", "expect", "matrix")  # keys whose value is a mapping of keys


def apply_sets(document: Document, sets: Iterable[str]) -> None:
    """Change a document by 'KEY=VALUE' texts; a value is YAML, an empty one or null removes the key.

    A key that the file sweeps is set to the one value in all settings.
    """
    for text in sets:
        flag = f"--set {text}" if len(text) <= 80 and text.isprintable() else f"--set {quoted(text)[1:-1]}"
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ExperimentError(f"{flag}: write KEY=VALUE, such as --set workload.dwell=2ms")
        parsed, texts = parse_value(value, flag)
        put(document, key.strip(), parsed, flag, texts)


def apply_smoke(document: Document) -> None:
    """Change a document by the overrides that it names under `smoke`, by dotted or nested keys."""
    smoke = document.data.get("smoke")
    for key, value in _flat(smoke) if isinstance(smoke, dict) else ():
        path = ("smoke", *key) if ("smoke", *key) in document.lines else ("smoke", ".".join(key))
        put(document, ".".join(key), value, f"{document.where(path)}: smoke.{'.'.join(key)}", document.below(path))


def _flat(smoke: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in smoke.items():
        if key in GROUPS and isinstance(value, dict):
            yield from (((key, inner), given) for inner, given in value.items())
        else:
            yield (key,), value


def put(document: Document, key: str, value: Any, flag: str, texts: dict[KeyPath, str]) -> None:
    """Set one dotted key; raise ExperimentError that names the flag if there is no such key."""
    parts = key.split(".")
    path: KeyPath = tuple(parts)
    if not all(parts):
        raise ExperimentError(f"{flag}: '{key}' is not a key like workload.dwell")
    known = KEYS.get(path[:1]) if len(path) > 1 else None
    if parts[0] not in KEYS[()]:
        raise ExperimentError(f"{flag}: {unknown_key(parts[0], KEYS[()])}")
    if known and parts[0] != "workload" and parts[1] not in known:
        raise ExperimentError(f"{flag}: {unknown_key(parts[1], known)}")
    if parts[0] == "matrix" and len(parts) > 2:  # the keys of matrix are themselves dotted
        path = ("matrix", ".".join(parts[1:]))
    _unsweep(document, key)
    try:
        document.put(path, value, None, flag, texts)
    except ValueError as error:
        raise ExperimentError(f"{flag}: {error}") from None


def _unsweep(document: Document, key: str) -> None:
    """Take a key out of the sweep, so that the value given holds for all settings."""
    if key not in swept(document):
        return
    matrix, include = document.data.get("matrix"), document.data.get("include")
    if isinstance(matrix, dict):
        matrix.pop(key, None)
    for item in include if isinstance(include, list) else []:
        if isinstance(item, dict):
            item.pop(key, None)
    if isinstance(include, list) and not all(include):
        document.data["include"] = [item for item in include if item]
