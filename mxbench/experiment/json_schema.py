"""The JSON Schema of an experiment file, from which editors complete keys and names and mark mistakes.

It knows every plugin that the registry has. It promises less than the check before a run (schema.py, planning.py): what
it marks is a mistake, but what concerns several keys, and what only a workload or a quorum system can judge, it does
not see. A file that names `plugins` may use names of its own. Only keywords that editors know well are used.
"""

import re
from typing import Any

import msgspec

from mxbench.core.distributions import UNITS
from mxbench.core.faults import RANDOM_KINDS
from mxbench.core.topologies import TOPOLOGIES
from mxbench.core.workload import Workload
from mxbench.experiment.network import LINK_KEYS, PROFILES, RATES
from mxbench.experiment.schema import (
    MAX_ENTRIES,
    MAX_NODES,
    RANDOM,
    TAKEN,
    AlgorithmChoice,
    Experiment,
    NetworkKeys,
    WorkloadKeys,
)
from mxbench.experiment.sweep import FIXED
from mxbench.registry import Registry

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"\d+(\.\d+)?"
DURATION: Schema = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({'|'.join(UNITS)})\s*$", "examples": ["2ms"]}
TIME: Schema = {"$ref": "#/$defs/distribution"}
TEXT: Schema = {"type": "string", "pattern": r"\S"}
TRUTH: Schema = {"type": "boolean"}
NODE: Schema = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_NODES - 1}, {"const": RANDOM}]}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
NAME = rf"^(?!.*\.\.)(?!({'|'.join(map(re.escape, TAKEN))})$)[A-Za-z0-9][A-Za-z0-9_.\-]{{0,79}}$"
UNTOLD = r"^(workload|expect)\..|^[a-z]+\.[^.]+\..+$"  # swept keys of a plugin's workload, or deep ones
FILES: Schema = {"type": "string", "pattern": r"\.py$"}


def json_schema(registry: Registry) -> Schema:
    """Return the schema of experiment files for what this registry knows, as plain data."""
    properties = {key: _key(key, registry) for key in Experiment.model_fields}
    swept: Schema = {key: {"$ref": f"#/properties/{key}"} for key in properties if key not in FIXED}
    for group, inner, where in (
        ("workload", _workload_keys(registry), ""), ("network", _network_keys(), ""),
        ("algorithm", _algorithm_keys(registry), "anyOf/1/"),
    ):  # fmt: skip
        swept |= {f"{group}.{key}": {"$ref": f"#/properties/{group}/{where}properties/{key}"} for key in inner}
    item = {"type": "object", "minProperties": 1, "properties": swept, "patternProperties": {UNTOLD: True}}
    lists = {key: _list_of(value, least=1) for key, value in swept.items()}
    settings = _list_of({"$ref": "#/$defs/setting"})
    return {
        "$schema": DIALECT,
        "title": "An experiment of mxbench",
        "description": "'mxbench run FILE' carries it out; 'mxbench list' shows every name that it can use.",
        "type": "object",
        "properties": properties
        | {
            "matrix": {
                "description": "Every combination of these values, by dotted key, is one setting.",
                "type": "object",
                "properties": lists,
                "patternProperties": {UNTOLD: _list_of({}, least=1)},
                "additionalProperties": False,
            },
            "include": {"description": "Settings beside those of 'matrix'.", **settings},
            "exclude": {"description": "Settings of 'matrix' that are left out.", **settings},
        },
        "additionalProperties": False,
        "required": ["name"],
        # A key that every setting needs may come from the sweep.
        "anyOf": [{"required": keys} for keys in (["algorithm", "nodes", "workload"], ["matrix"], ["include"])],
        "if": {"not": {"required": ["plugins"]}},
        "then": {"properties": _known_names(registry, list(swept))},
        "$defs": {
            "duration": DURATION,
            "distribution": _distribution(),
            "setting": item | {"additionalProperties": False},
        },
    }


def _key(key: str, registry: Registry) -> Schema:
    """Return the schema of one key of an experiment; KeyError for one that this module has not been told of."""
    whole = {
        "name": ("Names the folder of the results.", {"type": "string", "pattern": NAME}),
        "question": ("What the experiment is to answer.", TEXT),
        "algorithm": (
            "A name, or {name: NAME, quorums: NAME}.",
            {"anyOf": [TEXT | {"examples": _names(registry, "algorithms")},
                       _mapping(_algorithm_keys(registry), ["name"])]},
        ),
        "nodes": ("How many nodes.", _whole(1, MAX_NODES)),
        "engine": ("What carries the runs out; tcp if not given.", TEXT | {"examples": _names(registry, "engines")}),
        "workload": ("What nodes do with the critical section, and how requests arrive.", _workload(registry)),
        "network": ("What the channels do to messages.", _mapping(_network_keys())),
        "faults": ("What goes wrong, and when.", {"type": "array", "items": _fault()}),
        "repeat": ("Runs of each setting, each with a seed of its own; 1 if not given.", _whole(1, 100_000)),
        "seed": ("The seed of the first run; 1 if not given.", _whole(0, 10**18 - 1)),
        "history": ("How much is kept of a run.", {"enum": ["full", "sections", "off"]}),
        "expect": ("Fields of a row, each with a value or a bound: '<= 3 * (n - 1)'.", {"type": "object"}),
        "plugins": ("Plugins of one file.", {"anyOf": [FILES, _list_of(FILES)]}),
        "smoke": ("Overrides that make the experiment a quick test.", {"type": "object"}),
        "break_assumptions": ("Run outside what the algorithm assumes.", TRUTH),
        "stall_limit": ("Give up when nobody has asked, entered or left for so long.", {"$ref": "#/$defs/duration"}),
        "time_limit": ("Give up after so long.", {"$ref": "#/$defs/duration"}),
    }  # fmt: skip
    description, schema = whole[key]
    return {"description": description, **schema}


def _algorithm_keys(registry: Registry) -> dict[str, Schema]:
    known = {
        "name": TEXT | {"examples": _names(registry, "algorithms")},
        "quorums": TEXT | {"examples": _names(registry, "quorum_systems")},
        "k": _whole(1, MAX_NODES),
        "topology": {"enum": list(TOPOLOGIES)},
        "holder": NODE,
        "server": TRUTH,
    }
    return {key: known[key] for key in AlgorithmChoice.model_fields}


def _network_keys() -> dict[str, Schema]:
    bandwidth = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({'|'.join(RATES)})\s*$", "examples": ["10Mbit/s"]}
    some: Schema = {"anyOf": [{"const": "all"}, _whole(0, MAX_NODES), _list_of(_whole(0, MAX_NODES))]}
    link: Schema = {"from": some, "to": some, "delay": TIME, "loss": SHARE, "duplicate": SHARE, "bandwidth": bandwidth}
    known: Schema = {
        "delay": {"anyOf": [TIME, {"enum": list(PROFILES)}, _mapping({"matrix": TEXT}, ["matrix"])]},
        "jitter": TIME,
        "fifo": TRUTH,
        "loss": SHARE,
        "duplicate": SHARE,
        "bandwidth": bandwidth,
        "sites": {"enum": ["in-order", RANDOM]},
        "links": _list_of(_mapping({key: link[key] for key in LINK_KEYS}, ["from", "to"])),
    }
    return {key: known[key] for key in NetworkKeys.model_fields}


def _workload_keys(registry: Registry) -> dict[str, Schema]:
    """Return the keys that all workloads share, and those of each that is known."""
    count = _whole(1, MAX_ENTRIES)
    rate: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}
    known: Schema = {
        "type": TEXT | {"examples": _names(registry, "workloads")},
        "entries_per_node": count,
        "entries": count,
        "duration": {"$ref": "#/$defs/duration"},
        "warmup_entries": _whole(0, MAX_ENTRIES),
        "dwell": TIME,
        "think": TIME,
        "rate": rate,
        "hot": _mapping({"node": NODE, "factor": rate}, ["node", "factor"]),
        "arrivals": {"enum": ["closed", "open", "one-at-a-time"]},
    }
    keys = {key: known[key] for key in WorkloadKeys.model_fields}
    for workload in registry.all("workloads").values():
        for key in _own_keys(workload.cls):  # what each is to be stands in the rule for the type
            keys.setdefault(key, {"description": f"Of the workload '{workload.name}'."})
    return keys


def _own_keys(workload: type[Workload]) -> dict[str, Schema]:
    """Return the keys of one workload alone. One that parses its options itself takes more than their types say."""
    own: dict[str, Schema] = {}
    if workload.entries_key != "entries_per_node":
        own[workload.entries_key] = _whole(1, MAX_ENTRIES)
    parses = workload.parse_options.__func__ is not Workload.parse_options.__func__  # type: ignore[attr-defined]
    for field in msgspec.structs.fields(workload.option_type):
        own[field.name] = {} if parses else msgspec.json.schema(field.type)
    return own


def _workload(registry: Registry) -> Schema:
    rules = []
    for workload in registry.all("workloads").values():
        own = _own_keys(workload.cls)
        is_it = {"properties": {"type": {"const": workload.name}}, "required": ["type"]}
        rule = {"propertyNames": {"enum": [*WorkloadKeys.model_fields, *own]}, "properties": own}
        rules.append({"if": is_it, "then": rule})
    return {"type": "object", "properties": _workload_keys(registry), "allOf": rules}


def _known_names(registry: Registry, swept: list[str]) -> dict[str, Schema]:
    """Return what is asked of the names in a file that brings no plugins; `swept` are the keys that it can sweep."""

    def one_of(kind: str) -> Schema:
        return {"enum": _names(registry, kind)}

    algorithms, workload, engine = one_of("algorithms"), one_of("workloads"), one_of("engines")
    name: Schema = {"properties": {"name": algorithms, "quorums": one_of("quorum_systems")}}
    algorithm: Schema = {"if": {"type": "string"}, "then": algorithms, "else": name}
    return {
        "algorithm": algorithm,
        "engine": engine,
        "workload": {"properties": {"type": workload}},
        "matrix": {
            "properties": {
                "algorithm": {"items": algorithm},
                "algorithm.name": {"items": algorithms},
                "algorithm.quorums": {"items": name["properties"]["quorums"]},
                "engine": {"items": engine},
                "workload": {"items": {"properties": {"type": workload}}},
                "workload.type": {"items": workload},
            },
            "propertyNames": {"anyOf": [{"enum": swept}, {"pattern": r"^expect\..|^[a-z]+\.[^.]+\..+$"}]},
        },
    }


def _distribution() -> Schema:
    duration: Schema = {"$ref": "#/$defs/duration"}
    pair = {"type": "array", "items": duration, "minItems": 2, "maxItems": 2}
    sigma = {"type": "number", "exclusiveMinimum": 0}
    shape = {"type": "number", "exclusiveMinimum": 1}
    forms: Schema = {
        "constant": duration,
        "uniform": pair,
        "exponential": duration,
        "normal": _mapping({"mean": duration, "deviation": duration}, ["mean", "deviation"]),
        "lognormal": _mapping({"median": duration, "sigma": sigma}, ["median", "sigma"]),
        "pareto": _mapping({"least": duration, "shape": shape}, ["least", "shape"]),
    }
    written = _mapping(forms) | {"minProperties": 1, "maxProperties": 1}
    return {"description": "A duration with a unit, or how it is drawn.", "anyOf": [duration, written]}


def _fault() -> Schema:
    node, duration = _whole(0, MAX_NODES), {"$ref": "#/$defs/duration"}
    group = _list_of(node, least=1)
    keys: Schema = {
        "at": duration, "crash": node, "restart": node, "pause": node, "partition": _list_of(group, least=2),
        "heal": {"examples": ["all"]}, "for": TIME, "one_way": TRUTH, "random": {"enum": list(RANDOM_KINDS)},
        "count": _whole(1, 10_000), "between": {"type": "array", "items": duration, "minItems": 2, "maxItems": 2},
    }  # fmt: skip
    return _mapping(keys) | {"anyOf": [{"required": ["at"]}, {"required": ["random"]}]}


def _names(registry: Registry, kind: str) -> list[str]:
    return list(registry.all(kind))


def _mapping(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    need = {"required": required} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **need}


def _list_of(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items} | ({"minItems": least} if least else {})


def _whole(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}
