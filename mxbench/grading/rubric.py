"""A rubric: what a course's submissions are asked, how many points each answer is worth, and what they are held to.

    name: mutual exclusion
    seed: 20                                  # hidden from the submissions; drawn anew for each grading if left out
    properties:                               # judged in every schedule within a bound, as 'mxbench check' does
      - {property: mutual exclusion, points: 30, nodes: 3, requests: 1}
    runs:                                     # simulated, as 'mxbench run --engine sim' does
      - name: cost under load
        points: 20
        nodes: 5
        workload: {type: counter, entries_per_node: 20}
        expect: {messages_per_entry: "<= 2 * (n - 1)"}
    limits: {step: 2s, memory: 512MB}

Seconds are own time (own_time.py): what is computed and slept counts, what others keep from a submission does not. A
machine that is slower or busier changes no count of states or steps, so let those be what ends a search or a run.

A run is an experiment without its name, algorithm, engine and seed; each of its repeats must come to what it expects.
"""

import copy
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from mxbench.check.memory import parse_bytes
from mxbench.check.question import MAX_NODES
from mxbench.core.adversary import parse_adversary
from mxbench.core.distributions import parse_duration
from mxbench.core.property import ALWAYS_JUDGED
from mxbench.errors import ExperimentError
from mxbench.experiment.document import Document, KeyPath, Mistakes, suggestion
from mxbench.experiment.planning import plan_settings
from mxbench.experiment.schema import Unwanted, told_value
from mxbench.experiment.source import read
from mxbench.registry import Registry

RUN_KEYS = ("nodes", "workload", "network", "faults", "repeat", "expect")  # those of an experiment
MAX_ITEMS = 50
MAX_REPEAT = 20
STAND_IN = "ricart-agrawala"  # whose place a submission takes while a rubric is checked
SHORTEST_MEMORY = 128_000_000  # Python and mxbench take about half of it


class Item(msgspec.Struct, frozen=True):
    """One thing that brings points. Of a property: its name, requests and network; of a run: its experiment's keys."""

    name: str
    points: float
    nodes: int
    property: str | None = None
    requests: list[int] = []
    network: str = "fifo"
    experiment: dict[str, Any] = {}
    repeat: int = 1


class RubricLimits(msgspec.Struct, frozen=True):
    """What each submission is held to. item_s: one search or run; submission_s: all of them; states: of a search."""

    step_s: float = 2.0
    item_s: float = 20.0
    submission_s: float = 90.0
    memory_bytes: int = 512_000_000
    output_bytes: int = 64_000
    states: int = 200_000
    steps: int = 500_000


class Rubric(msgspec.Struct, frozen=True):
    """A rubric in which nothing is wrong."""

    name: str
    items: list[Item]
    limits: RubricLimits
    seed: int | None = None

    @property
    def points(self) -> float:
        """Return how many points there are in all."""
        return sum(item.points for item in self.items)


def _number(low: float, high: float) -> BeforeValidator:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Unwanted(f"a number from {low:g} to {high:g}")
        return value

    return BeforeValidator(check)


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Unwanted(f"a whole number from {low} to {high}")
        return value

    return BeforeValidator(check)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise Unwanted("text of up to 200 characters")
    return value


def _property(value: Any) -> str:
    if value not in ALWAYS_JUDGED:
        raise Unwanted(f"one of {', '.join(ALWAYS_JUDGED)}{suggestion(value, ALWAYS_JUDGED)}")
    return str(value)


def _requests(value: Any) -> Any:
    counts = value if isinstance(value, list) else [value]
    if not counts or any(type(count) is not int or not 0 <= count <= 100 for count in counts):
        raise Unwanted("a number of requests, or a list with one for each node: [1, 1, 0]")
    return value


def _network(value: Any) -> str:
    return str(parse_adversary(_text(value)))


def _bytes(value: Any) -> int:
    try:
        return parse_bytes(_text(value))
    except ExperimentError:
        raise Unwanted("a size above 0 with a unit, like 512MB or 64kB") from None


def _memory(value: Any) -> int:
    size = _bytes(value)
    if size < SHORTEST_MEMORY:
        raise Unwanted(f"at least {SHORTEST_MEMORY // 10**6}MB, of which Python itself takes half")
    return size


def _seconds(value: Any) -> float:
    seconds = parse_duration(value)
    if not 0 < seconds <= 3600:
        raise ValueError("from above 0 to 1 h")
    return seconds


def _items(value: Any) -> Any:
    if not isinstance(value, list) or not value or len(value) > MAX_ITEMS:
        raise Unwanted(f"a list of 1 to {MAX_ITEMS} items")
    return value


def _mapping(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Unwanted("a mapping of keys")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Points = Annotated[float, _number(0, 10_000)]
Time = Annotated[float, BeforeValidator(_seconds)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PropertyKeys(_Keys):
    property: Annotated[str, BeforeValidator(_property)]
    points: Points
    name: Text | None = None
    nodes: Annotated[int, _whole(1, MAX_NODES)] = 3
    requests: Annotated[Any, BeforeValidator(_requests)] = 1
    network: Annotated[str, BeforeValidator(_network)] = "fifo"


class _RunKeys(_Keys):
    name: Text
    points: Points
    nodes: Annotated[int, _whole(1, 100)]
    workload: Annotated[Any, BeforeValidator(_mapping)]
    network: Annotated[Any, BeforeValidator(_mapping)] = {}
    faults: Any = None
    repeat: Annotated[int, _whole(1, MAX_REPEAT)] = 1
    expect: Annotated[Any, BeforeValidator(_mapping)] = {}


class _LimitKeys(_Keys):
    step: Time = 2.0
    item: Time = 20.0
    submission: Time = 90.0
    memory: Annotated[int, BeforeValidator(_memory)] = 512_000_000
    output: Annotated[int, BeforeValidator(_bytes)] = 64_000
    states: Annotated[int, _whole(100, 5_000_000)] = 200_000
    steps: Annotated[int, _whole(100, 100_000_000)] = 500_000


class _RubricKeys(_Keys):
    name: Text
    seed: Annotated[int, _whole(0, 10**18 - 1)] | None = None
    properties: Annotated[list[_PropertyKeys], BeforeValidator(_items)] = []
    runs: Annotated[list[_RunKeys], BeforeValidator(_items)] = []
    limits: Annotated[_LimitKeys, BeforeValidator(_mapping)] = _LimitKeys()


def find_rubric(given: Path) -> Path:
    """Return the file that was given, or the shipped rubric of that name."""
    shipped = Path(str(files("mxbench_experiments"))) / "rubrics" / f"{given.name}.yaml"
    return shipped if not given.exists() and given.name == str(given) and shipped.is_file() else given


def read_rubric(file: Path) -> Rubric:
    """Return the rubric in a YAML file; raise ExperimentError that tells all mistakes, each with file, line and key."""
    document, mistakes = read(file), Mistakes()
    try:
        keys = _RubricKeys.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path: KeyPath = tuple(detail["loc"])
            mistakes.add(document, path, _told(document, path, detail), path if detail["type"] == "missing" else None)
        mistakes.check()
        raise
    if not keys.properties and not keys.runs:
        mistakes.add(document, (), "there is nothing to grade; write 'properties' or 'runs', a list of items")
    items = [_of_property(document, place, asked, mistakes) for place, asked in enumerate(keys.properties)]
    items += [_of_run(document, place, asked, mistakes) for place, asked in enumerate(keys.runs)]
    for name in sorted({item.name for item in items if [other.name for other in items].count(item.name) > 1}):
        mistakes.add(document, (), f"two items are named '{name}'; give one of them a name of its own")
    mistakes.check()
    given = keys.limits
    limits = RubricLimits(given.step, given.item, given.submission, given.memory, given.output, given.states,
                          given.steps)  # fmt: skip
    return Rubric(keys.name, items, limits, keys.seed)


def _of_property(document: Document, place: int, asked: _PropertyKeys, mistakes: Mistakes) -> Item:
    requests = asked.requests if isinstance(asked.requests, list) else [asked.requests] * asked.nodes
    if len(requests) != asked.nodes:
        what = f"{len(requests)} numbers for {asked.nodes} nodes"
        mistakes.add(document, ("properties", place, "requests"), what)
    told = requests[0] if len(set(requests)) == 1 else ",".join(map(str, requests))
    name = asked.name or f"{asked.property} ({asked.nodes} nodes, requests {told}, {asked.network})"
    return Item(name, asked.points, asked.nodes, asked.property, requests, asked.network)


def _of_run(document: Document, place: int, asked: _RunKeys, mistakes: Mistakes) -> Item:
    """Return a run, after it was planned as an experiment with another algorithm in the place of a submission's."""
    path: KeyPath = ("runs", place)
    written = document.get(path)
    experiment = {key: copy.deepcopy(written[key]) for key in RUN_KEYS if key in written}
    experiment |= {"name": "grading", "engine": "sim", "break_assumptions": True}
    lines = {known[2:]: line for known, line in document.lines.items() if known[:2] == path and len(known) > 2}
    own = Document(
        document.name, {**copy.deepcopy(experiment), "algorithm": STAND_IN}, lines, document.below(path)
    )  # fmt: skip
    try:
        plan_settings(own, Registry(), Path(document.name).resolve().parent)
    except ExperimentError as error:
        for line in str(error).splitlines():
            mistakes.found.setdefault(line, document.lines.get(path, 0))
    return Item(asked.name, asked.points, asked.nodes, experiment=experiment, repeat=asked.repeat)


def _told(document: Document, path: KeyPath, detail: Any) -> str:
    if detail["type"] == "missing":
        return "the key is missing; write it"
    if detail["type"] == "extra_forbidden":
        parts: dict[Any, type[BaseModel]] = {"properties": _PropertyKeys, "runs": _RunKeys, "limits": _LimitKeys}
        known = tuple((parts.get(path[0], _RubricKeys) if len(path) > 1 else _RubricKeys).model_fields)
        return "there is no such key" + (suggestion(str(path[-1]), known) or f"; the keys here are {', '.join(known)}")
    error = detail.get("ctx", {}).get("error")
    if not isinstance(error, ValueError):
        error = Unwanted("a mapping of keys") if "model" in detail["type"] else ValueError(detail["msg"])
    return told_value(document, path, detail["input"], error)
