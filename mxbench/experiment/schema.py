"""What an experiment file may say: its keys, their types and their bounds.

Each key's type says what it wants in words ('a whole number from 1 to 10000'), and `validate` puts the value given,
its place, and a guess at what was meant around them. Keys that concern each other, and names that need the registry,
are the business of load.py and planning.py.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from mxbench.core.distributions import ZERO, Distribution, parse_distribution, parse_duration
from mxbench.core.topologies import TOPOLOGIES
from mxbench.experiment.document import Document, KeyPath, Mistakes, dotted, flow, quoted, suggestion
from mxbench.experiment.network import parse_bandwidth, parse_delay
from mxbench.experiment.source import explain, scalar

MAX_NODES = 10_000
MAX_ENTRIES = 100_000_000
RANDOM = "random"  # for a node that the seed chooses
SWEEP_KEYS = ("matrix", "include", "exclude")  # taken out by sweep.py before a setting is validated
TAKEN = ("latest", "index.html", "scenarios", "benchmarks", "grades")  # by what else stands in a folder of results
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


class Unwanted(ValueError):
    """A value that is not what a key wants; the message says only what that is."""


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unwanted(f"a whole number from {low} to {high}")
        return value

    return BeforeValidator(check)


def _number(low: float, high: float, above: bool) -> BeforeValidator:
    def check(value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not fits or (above and value == low):
            raise Unwanted(f"a number above {low} and up to {high:g}" if above else f"a number from {low} to {high}")
        return float(value)

    return BeforeValidator(check)


def _one_of(*words: str) -> BeforeValidator:
    def check(value: Any) -> str:
        if value not in words:
            raise Unwanted(f"one of {', '.join(words)}{suggestion(value, words)}")
        return str(value)

    return BeforeValidator(check)


def _holder(value: Any) -> int | str:
    if value != RANDOM and (isinstance(value, bool) or not isinstance(value, int)):
        raise Unwanted(f"a node, or {RANDOM}")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unwanted("true or false")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool | int | float):
        raise Unwanted("text; put it in quotes if it is meant as text")
    if not isinstance(value, str) or not value.strip():
        raise Unwanted("text")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not _NAME.fullmatch(text) or ".." in text:
        raise Unwanted("a name that a folder can have: up to 80 letters, digits, '_', '-' and '.', no '..'")
    if text in TAKEN:
        raise Unwanted(f"a name of its own; in a folder of results these are taken: {', '.join(TAKEN)}")
    return text


def _algorithm(value: Any) -> Any:
    if value is None or isinstance(value, list):
        raise Unwanted("a name, or {name: NAME, quorums: NAME}")
    return value if isinstance(value, dict) else {"name": value}


def _workload(value: Any) -> Any:
    if not isinstance(value, dict):
        kind = f"{{type: {value}, ...}}" if isinstance(value, str) else "{type: NAME, ...}"
        raise Unwanted(f"a mapping of keys: {kind}")
    return value


def _mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Unwanted("a mapping of keys")
    return value


def _hot(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Unwanted("a mapping of keys: {node: 0, factor: 10}")
    return value


def _links(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Unwanted("a list of links: [{from: 0, to: 1, delay: 30ms}]")
    return tuple(value)


def _files(value: Any) -> list[str]:
    files = [value] if isinstance(value, str) else value
    if not isinstance(files, list) or not all(isinstance(file, str) and file.endswith(".py") for file in files):
        raise Unwanted("a list of Python files: [FILE.py]")
    return files


def _positive(value: Any) -> float:
    seconds = parse_duration(value)
    if seconds <= 0:
        raise ValueError("it must be longer than nothing")
    return seconds


Count = Annotated[int, _whole(1, MAX_ENTRIES)]
Text = Annotated[str, BeforeValidator(_text)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Seconds = Annotated[float, BeforeValidator(_positive)]
Time = Annotated[Distribution, BeforeValidator(parse_distribution)]
Share = Annotated[float, _number(0, 1, above=False)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class AlgorithmChoice(_Keys):
    """`algorithm: lamport` or `algorithm: {name: maekawa, quorums: grid}`; placement.py says who takes which keys."""

    name: Text
    quorums: Text | None = None
    k: Annotated[int, _whole(1, MAX_NODES)] | None = None
    topology: Annotated[str, _one_of(*TOPOLOGIES)] | None = None
    holder: Annotated[Any, BeforeValidator(_holder)] = None
    server: Truth | None = None


class NetworkKeys(_Keys):
    """What the channels do to messages, beyond what the engine's own do: network.py says how each is written."""

    delay: Annotated[Any, BeforeValidator(parse_delay)] = None  # not given: the engine's own
    jitter: Time = ZERO
    fifo: Truth = True
    loss: Share = 0.0
    duplicate: Share = 0.0
    bandwidth: Annotated[float, BeforeValidator(parse_bandwidth)] | None = None
    links: Annotated[tuple[Any, ...], BeforeValidator(_links)] = ()
    sites: Annotated[Literal["in-order", "random"], _one_of("in-order", RANDOM)] = "in-order"


class HotKeys(_Keys):
    """`hot: {node: 0, factor: 10}`: one node asks so many times as often as each other one."""

    node: Annotated[Any, BeforeValidator(_holder)]
    factor: Annotated[float, _number(0, 1e6, above=True)]


class WorkloadKeys(_Keys):
    """The keys that all workloads share; those of one workload are in `own`."""

    model_config = ConfigDict(extra="allow", frozen=True, arbitrary_types_allowed=True)

    type: Text
    entries_per_node: Count | None = None
    entries: Count | None = None
    duration: Seconds | None = None
    warmup_entries: Annotated[int, _whole(0, MAX_ENTRIES)] = 0
    dwell: Time = ZERO
    think: Time | None = None
    rate: Annotated[float, _number(0, 1e6, above=True)] | None = None
    hot: Annotated[HotKeys, BeforeValidator(_hot)] | None = None
    arrivals: (
        Annotated[Literal["closed", "open", "one-at-a-time"], _one_of("closed", "open", "one-at-a-time")] | None
    ) = None

    @property
    def own(self) -> dict[str, Any]:
        """The keys of this workload alone, as they were given."""
        return dict(self.model_extra or {})


class Experiment(_Keys):
    """One setting of an experiment: everything but the seed is the same in each of its runs."""

    name: Annotated[str, BeforeValidator(_name)]
    question: Text = ""
    algorithm: Annotated[AlgorithmChoice, BeforeValidator(_algorithm)]
    nodes: Annotated[int, _whole(1, MAX_NODES)]
    engine: Text = "tcp"
    workload: Annotated[WorkloadKeys, BeforeValidator(_workload)]
    network: Annotated[NetworkKeys, BeforeValidator(_mapping)] = NetworkKeys()
    faults: Any = None
    repeat: Annotated[int, _whole(1, 100_000)] = 1
    seed: Annotated[int, _whole(0, 10**18 - 1)] = 1
    history: Annotated[Literal["full", "sections", "off"], _one_of("full", "sections", "off")] = "full"
    expect: Annotated[dict[str, Any], BeforeValidator(_mapping)] = {}
    plugins: Annotated[list[str], BeforeValidator(_files)] = []
    smoke: Annotated[dict[str, Any], BeforeValidator(_mapping)] = {}
    break_assumptions: Truth = False
    stall_limit: Seconds = 30.0
    time_limit: Seconds | None = None


KEYS: dict[KeyPath, tuple[str, ...]] = {
    (): (*Experiment.model_fields, *SWEEP_KEYS),
    ("algorithm",): tuple(AlgorithmChoice.model_fields),
    ("network",): tuple(NetworkKeys.model_fields),
    ("workload",): tuple(WorkloadKeys.model_fields),
    ("workload", "hot"): tuple(HotKeys.model_fields),
}
_MISSING = {
    "name": "write 'name: NAME', which names the folder of its results",
    "algorithm": "write 'algorithm: NAME' ('mxbench list algorithms' shows all)",
    "nodes": f"write 'nodes: N', from 1 to {MAX_NODES}",
    "workload": "write 'workload: {type: NAME, entries_per_node: 10}' ('mxbench list workloads' shows all)",
    "node": f"write 'node: 0' or 'node: {RANDOM}', which lets the seed choose",
    "factor": "write how many times as often the node asks: 'factor: 10'",
    "type": "write 'type: NAME' ('mxbench list workloads' shows all)",
}


def validate(document: Document, mistakes: Mistakes) -> Experiment | None:
    """Return the experiment that a document without sweep keys describes, or None, and note every mistake."""
    try:
        return Experiment.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path: KeyPath = tuple(detail["loc"])
            mistakes.add(document, path, *_told(document, path, detail))
        return None


def unknown_key(key: str, known: tuple[str, ...]) -> str:
    """Return what is said of a key that is not known."""
    return "there is no such key" + (suggestion(key, known) or f"; the keys here are {', '.join(known)}")


def told_value(document: Document, path: KeyPath, value: Any, error: ValueError) -> str:
    """Return the value given, as it was written, what is wrong with it, and what may have been meant."""
    written = document.texts.get(path) if not isinstance(value, dict | list) else None
    if value is None:
        wanted = f"{error}" if isinstance(error, Unwanted) else "a value"
        return f"nothing is given; {wanted} is needed"
    shown = quoted(value if written is None else written)
    what = f"{shown} is not {error}" if isinstance(error, Unwanted) else f"{shown}: {error}"
    if isinstance(value, list) and path == ("nodes",):
        what += f"; to run with each of them, write 'matrix: {{nodes: {flow(value)}}}'"
    return what + (_hint(value, written, str(error)) if written is not None else "")


def _hint(value: Any, written: str, wanted: str) -> str:
    hint = explain(written)
    if isinstance(value, str) and not isinstance(scalar(value), str) and "text" not in wanted:
        hint = "write it without quotes"
    elif hint in ("write true", "write false") and "true or false" not in wanted:
        hint = ""
    if hint == "write a number" and "a number and a unit" in wanted:  # which says more
        hint = ""
    return f"; {hint}" if hint and "in quotes" not in wanted else ""


def _told(document: Document, path: KeyPath, detail: Any) -> tuple[str, KeyPath | None]:
    """Return what to say of one of pydantic's errors, and the key to show with it where it was not written."""
    kind = detail["type"]
    if kind == "missing":
        return f"the key is missing; {_MISSING.get(str(path[-1]), 'write it')}", path
    if kind == "extra_forbidden":
        return unknown_key(str(path[-1]), KEYS.get(path[:-1], ())), None
    error = detail.get("ctx", {}).get("error")
    if not isinstance(error, ValueError):
        error = ValueError(detail["msg"])
    return told_value(document, path, detail["input"], error), path if dotted(path) in document.texts else None
